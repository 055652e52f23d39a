// What is changed in LIT's client, after `records.js` or `live.js`.

// The first text is open. LIT reads the address.
const asked = new URLSearchParams(location.search);
if (!asked.has("selection")) {
  const [first] = datasets[asked.get("models")] ?? Object.values(datasets)[0];
  asked.set("selection", first.id);
  asked.set("primary", first.id);
  history.replaceState({}, "", `${location.pathname}?${asked}`);
}

/** A target that nobody has typed is none, and one that was typed is the response, too. */
function distinct(options) {
  const texts = new Set([""]);
  const some = options.filter(({ text }) => !texts.has(text) && texts.add(text));
  return some.length ? some : options.slice(0, 1);
}

// What LIT decides by the names of its own two methods is decided by the records here: which method is shown first, and
// whether its colours have a sign. The scale ends at the largest value, and not at 0.001 where all are smaller.
customElements.whenDefined("sequence-salience-module").then(() => {
  const module = customElements.get("sequence-salience-module").prototype;
  const { updateToSelection } = module;
  module.updateToSelection = async function () {
    await updateToSelection.call(this);
    if (!this.currentData) return;
    const methods = methodsOf(this.model, this.currentData.id);
    if (!methods.includes(this.selectedSalienceMethod)) this.selectedSalienceMethod = methods[0];
    if (!this.currentPreds) return;
    const options = distinct(this.salienceTargetOptions);
    if (options.length < this.salienceTargetOptions.length) this.salienceTargetOptions = options;
    if (options.length === 1) this.salienceTargetOption = 0;
  };
  const getter = (name, get) => Object.defineProperty(module, name, { get, configurable: true });
  getter("cmap", function () {
    return signed.includes(this.selectedSalienceMethod) ? this.signedSalienceCmap : this.unsignedSalienceCmap;
  });
  getter("cmapDomain", function () {
    const largest = (this.activeSalience ?? []).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return largest || 1;
  });
});

// The texts are few lines; LIT reads this setting before it has it.
customElements.whenDefined("lit-modules").then(() => {
  const modules = customElements.get("lit-modules").prototype;
  const { firstUpdated } = modules;
  modules.firstUpdated = function () {
    firstUpdated.call(this);
    this.upperHeight = `${info.layouts[info.defaultLayout].layoutSettings.mainHeight}%`;
  };
});

// LIT asks for rows when the target's text changes, which may be the same for two examples.
customElements.whenDefined("legacy-sequence-salience-module").then(() => {
  const module = customElements.get("legacy-sequence-salience-module").prototype;
  const { updateToSelection } = module;
  const { get: targets } = Object.getOwnPropertyDescriptor(module, "salienceTargetOptions");
  Object.defineProperty(module, "salienceTargetOptions", {
    get() { return distinct(targets.call(this)); },
    configurable: true,
  });
  module.updateToSelection = async function (input) {
    this.salienceTarget = undefined;
    if (input) {
      const methods = methodsOf(this.model, input.id);
      if (!methods.includes(this.selectedSalienceField)) this.selectedSalienceField = methods[0];
    }
    await updateToSelection.call(this, input);
  };
});
