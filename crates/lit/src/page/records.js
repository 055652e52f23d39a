// Answers what LIT's client asks of its server, from the records in this page. `changes.js` follows.
const { info, datasets, models, signed } = JSON.parse(document.getElementById("records").textContent);

// The client adds fields to an example, and keeps those that it has.
function example(model, input) {
  const data = typeof input === "string" ? { example: input } : input.data;
  const found = models[model]?.[data.example];
  if (!found || "prompt" in data && data.prompt !== found.prompt) {
    throw new Error("This page shows records of other texts; it has no model that could read this one.");
  }
  return { ...found, mask: data.target_mask };
}

/** Rows of the outputs in the mask, summed; 0 for tokens that a row does not have. */
function span({ tokens, inputs, mask }, rows) {
  const sum = new Array(tokens.length).fill(0);
  rows.forEach((row, output) => {
    if (mask[inputs + output]) row.forEach((value, token) => { sum[token] += value; });
  });
  return sum.map(value => Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE));
}

const each = (object, value) => Object.fromEntries(Object.entries(object).map(([name, one]) => [name, value(one)]));

/** What one of a model's three names says of an example. */
function prediction(name, input, types) {
  const [, model, part] = /^_(.*)_(tokenizer|salience)$/.exec(name) ?? [, name, "model"];
  const found = example(model, input);
  if (part === "tokenizer") return { tokens: found.tokens };
  if (part === "salience") return found.mask ? each(found.methods, rows => span(found, rows)) : {};
  return types.includes("GeneratedText") ? { response: found.response } : {};
}

/** Source and target, with a row of the same length for each token of the target; those that nothing explains are 0. */
function sourceAndTarget(model, input) {
  const { tokens, inputs, source = null, methods } = example(model, input);
  const begin = source ?? inputs;
  const padded = row => [...row, ...new Array(tokens.length - row.length).fill(0)];
  const given = Array.from({ length: inputs - begin }, () => padded([]));
  return each(methods, rows => ({
    tokens_in: tokens.slice(0, begin), tokens_out: tokens.slice(begin), salience: [...given, ...rows.map(padded)],
  }));
}

/** All outputs together, as shares of the largest value: LIT's scale ends at 1. */
function allOutputs(model, input, label) {
  const found = example(model, input);
  if (!found.methods[label]) return {};
  const sum = span({ ...found, mask: found.tokens.map(() => 1) }, found.methods[label]);
  const largest = sum.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return { [label]: { tokens: found.tokens, salience: sum.map(value => value / largest) } };
}

const answers = {
  get_info: () => info,
  get_dataset: query => datasets[query.dataset_name],
  get_preds: (query, inputs) =>
    inputs.map(input => prediction(query.model, input, query.requested_types.split(","))),
  get_interpretations: ({ model, interpreter }, inputs) => inputs.map(input => interpreter === "sequence_salience" ?
    sourceAndTarget(model, input) : allOutputs(model, input, Object.keys(info.interpreters[interpreter].metaSpec)[0])),
};

window.fetch = async (address, { body } = {}) => {
  const [, name, search = ""] = /^\.\/(\w+)(?:\?(.*))?$/s.exec(String(address)) ?? [];
  const query = Object.fromEntries(search.split("&").filter(Boolean).map(pair => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))];
  }));
  try {
    if (!Object.hasOwn(answers, name)) throw new Error("This page shows records; it has no server that could do this.");
    return new Response(JSON.stringify(answers[name](query, JSON.parse(body ?? "{}").inputs ?? [])));
  } catch (error) {
    return new Response(`${error.message}\n\nDetails: ${name}`, { status: 500 });
  }
};

/** The methods of a text, by their labels. */
const methodsOf = (model, text) => Object.keys(example(model, text).methods);
