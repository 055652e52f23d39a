// LIT's client asks its server, which takes nothing but JSON; the client does not say that it sends it. `changes.js`
// follows.
const { info, datasets, signed } = JSON.parse(document.getElementById("records").textContent);

const { fetch } = window;
window.fetch = (address, options) => fetch(address, { ...options, headers: { "Content-Type": "application/json" } });

/** The methods of every text, by their labels. */
const methodsOf = model => Object.keys(info.models[`_${model}_salience`].spec.output);
