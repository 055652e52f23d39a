// The page's script: it redraws the live parts of the charts from the records' values, when the reader hovers, locks,
// searches, or chooses colours. One state, kept in the address; everything on the page is drawn from it.
// Types are checked with `tsc --checkJs`; nothing here is compiled or bundled.
"use strict";
(() => {
  /** @typedef {{inputs: number, labels: string[], name: string, method: string, target: string, signed: boolean | null,
   *   rows?: string[], titles?: string[], whole?: string, aligned?: number[][][], kind?: number, unit?: string, axis?: string,
   *   positions?: number[], outside?: string[], inside?: (number | null)[], partners: Map<number, Int32Array>, totals: Map<number, number>,
   *   scales: number[], values: string, codes: Int16Array, starts: number[]}} Rec */
  /** @typedef {number | null | undefined} Value a number; null for a missing one; undefined: not comparable */
  /** @typedef {{ground: string, panel: string, ink: string, muted: string, apart: string, mark: string}} Theme */
  /** @typedef {{kind: string, panel?: number, only?: number[], at: number[], [more: string]: any}} Part */
  /** @typedef {{records: number[], switched: boolean, theme: string, parts: Part[]}} FigureData */
  /** @typedef {{record: number, row: number}} Row */
  /** @typedef {{end: number, clipped: number, diverging: boolean, colors: string[], inks: string[]}} Scale */
  /** @typedef {{data: FigureData, section: HTMLElement, svg: SVGSVGElement, groups: SVGGElement[], keys: string[],
   *   box: HTMLElement, seen: boolean, drawn: boolean, still: boolean, prefix: string}} Figure */

  const SVG = "http://www.w3.org/2000/svg";
  const LEVELS = 31, UNITS = 32760, ADVANCE = 1233 / 2048, AS_PATHS = 12000, REST = 60;
  /** @type {<T extends HTMLElement = any>(id: string) => T} */
  const id = name => /** @type {any} */ (document.getElementById("saliency-" + name));
  const data = JSON.parse(id("data").textContent || "");
  /** @type {Rec[]} */
  const records = data.records;
  /** @type {Record<string, Theme>} */
  const themes = data.themes;
  /** @type {Record<string, {diverging: boolean, light: string, dark: string}>} */
  const palettes = data.palettes;

  // Values: 16 bits each, in units of the row's largest; four codes say what is no number.
  for (const record of records) {
    const bytes = Uint8Array.from(atob(record.values), c => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    record.codes = Int16Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true));
    record.starts = [0];
    record.partners = new Map();
    record.totals = new Map();
    record.scales.forEach((_, row) => record.starts.push(record.starts[row] + record.inputs + row));
  }

  const state = {
    record: 0, row: 0, lock: /** @type {Row | null} */ (null), token: /** @type {number | null} */ (null),
    theme: "", palette: "", clip: data.clip, max: data.max,
  };
  const clips = [0.9, 0.95, 0.99, 1].includes(data.clip) ? [0.9, 0.95, 0.99, 1] : [data.clip, 0.9, 0.95, 0.99, 1];

  // ---- what the numbers are ----

  /** @param {Rec} record @param {number} row @param {number} token @returns {Value} */
  function plain(record, row, token) {
    if (token >= record.inputs + row) return undefined;
    const code = record.codes[record.starts[row] + token];
    if (code === -32768) return null;
    if (code === -32767) return NaN;
    if (code === 32767) return Infinity;
    if (code === -32766) return -Infinity;
    return code / UNITS * record.scales[row];
  }

  /** Whether a record is compared with the locked row by shares: that is of another unit or sign. @param {Rec} record */
  const inShares = record => !!state.lock && records[state.lock.record].kind !== record.kind;

  /** A row's sum of sizes, over what is finite. @param {Rec} record @param {number} row */
  function total(record, row) {
    let sum = record.totals.get(row);
    if (sum === undefined) {
      sum = 0;
      for (let token = 0; token < record.inputs + row; token++) {
        const value = plain(record, row, token);
        if (finite(value)) sum += Math.abs(Number(value));
      }
      sum /= record.inside?.[row] || 1;
      record.totals.set(row, sum);
    }
    return sum;
  }

  /** A value as a record is compared: as it is, or its size as a share of the row.
   * @param {Rec} as @param {Rec} record @param {number} row @param {number} token @returns {Value} */
  function compared(as, record, row, token) {
    const value = plain(record, row, token);
    if (!inShares(as) || value === undefined || value === null) return value;
    return Math.abs(value) / (total(record, row) || 1);
  }

  /** A row's value as it is compared. @param {Rec} record @param {number} row @param {number} token */
  const own = (record, row, token) => compared(record, record, row, token);

  /** The counterparts of a record's tokens in another; −1 where there is none. @param {Rec} record @param {number} other */
  function partners(record, other) {
    let found = record.partners.get(other);
    if (!found) {
      found = new Int32Array(record.labels.length).fill(-1);
      for (const [from, to, length] of record.aligned?.[other] ?? []) for (let i = 0; i < length; i++) found[from + i] = to + i;
      record.partners.set(other, found);
    }
    return found;
  }

  /** The locked row's value at a token of a record, as it is compared; another record's row compares where both hold the
   * same piece of text. @param {Rec} record @param {number} token @returns {Value} */
  function locked(record, token) {
    const lock = /** @type {Row} */ (state.lock), other = records[lock.record];
    if (other === record) return plain(record, lock.row, token);
    const at = partners(record, lock.record)[token];
    return at >= 0 ? compared(record, other, lock.row, at) : undefined;
  }

  /** What a row shows at a token: its own value, or its difference from the locked row's.
   * @param {Rec} record @param {number} row @param {number} token @returns {Value} */
  function shown(record, row, token) {
    if (!state.lock) return plain(record, row, token);
    const mine = own(record, row, token), other = locked(record, token);
    if (mine === undefined || other === undefined) return undefined;
    return mine === null || other === null ? null : mine - other;
  }

  const finite = (/** @type {Value} */ value) => typeof value === "number" && Number.isFinite(value);
  const theme = () => themes[themeName()];
  const themeName = () => state.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

  /** @type {Map<string, Scale>} */
  const scales = new Map();

  /** The colour scale over all rows of some records, or over one of them, in the state.
   * @param {number[]} numbers @param {number} [only] @returns {Scale} */
  function scaleOf(numbers, only) {
    const key = JSON.stringify([numbers, only, state.lock, themeName(), state.palette, state.clip, state.max]);
    const known = scales.get(key);
    if (known) return known;
    /** @type {number[]} */
    const sizes = [];
    let diverging = !!state.lock || numbers.some(k => records[k].signed === true);
    for (const k of numbers) {
      const record = records[k];
      record.scales.forEach((_, row) => {
        if (only !== undefined && row !== only) return;
        for (let token = 0; token < record.inputs + row; token++) {
          const value = shown(record, row, token);
          if (!finite(value)) continue;
          if (/** @type {number} */ (value) < 0) diverging = true;
          sizes.push(Math.abs(/** @type {number} */ (value)));
        }
      });
    }
    const sorted = Float64Array.from(sizes).sort(), n = sorted.length;
    const largest = n ? sorted[n - 1] : 0;
    let end = state.max || (n ? sorted[Math.min(Math.max(Math.ceil(n * state.clip), 1), n) - 1] : 0);
    if (!(end > 0)) end = largest > 0 ? largest : 1;
    const fits = palettes[state.palette]?.diverging === diverging;
    const dark = themeName() === "dark";
    const name = fits ? state.palette : diverging ? "piyg" : dark ? "viridis" : "ylgnbu";
    const colors = Array.from(atob(palettes[name][dark ? "dark" : "light"]), c => c.charCodeAt(0).toString(16).padStart(2, "0")).join("").match(/.{6}/g)?.map(hex => "#" + hex) ?? [];
    const scale = { end, clipped: largest > end ? largest : 0, diverging, colors, inks: colors.map(contrast) };
    if (scales.size > 24) scales.clear();
    scales.set(key, scale);
    return scale;
  }

  /** Those of some records that are of one unit and sign with one of them: they share a scale.
   * @param {number[]} numbers @param {number} k */
  const alike = (numbers, k) => numbers.filter(other => records[other].kind === records[k].kind);

  /** Black or white, whichever contrasts more. @param {string} color */
  function contrast(color) {
    const linear = (/** @type {number} */ at) => {
      const c = parseInt(color.slice(at, at + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    };
    const light = 0.2126 * linear(1) + 0.7152 * linear(3) + 0.0722 * linear(5);
    return (light + 0.05) ** 2 > 0.0525 ? "#000000" : "#ffffff";
  }

  /** A value's level among the scale's colours; a negative number for a pattern.
   * @param {Scale} scale @param {Value} value */
  function level(scale, value) {
    if (value === undefined) return -1;
    if (value === null) return -2;
    if (Number.isNaN(value)) return -3;
    if (!Number.isFinite(value)) return value > 0 ? -4 : -5;
    const at = Math.min(1, Math.max(-1, value / scale.end)) * LEVELS;
    return (at < 0 ? -Math.floor(0.5 - at) : Math.floor(at + 0.5)) + (scale.diverging ? LEVELS : 0);
  }
  const PATTERNS = ["", "not-comparable", "missing", "nan", "infinite", "negative-infinite"];
  const PATTERN_NAMES = ["", "not comparable", "missing", "NaN", "∞", "−∞"];

  /** @param {Figure} figure @param {Scale} scale @param {number} at */
  const fill = (figure, scale, at) => at >= 0 ? scale.colors[at]
    : at === -1 ? theme().apart : `url(#${figure.prefix}-${PATTERNS[-at]})`;
  /** @param {Scale} scale @param {number} at */
  const inkOn = (scale, at) => at >= 0 ? scale.inks[at] : contrast(theme().apart);

  /** Three significant digits. @param {Value} x */
  function short(x) {
    if (x === undefined) return "not comparable";
    if (x === null) return "missing";
    if (Number.isNaN(x)) return "NaN";
    if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
    if (x === 0) return "0";
    const power = Math.floor(Math.log10(Math.abs(x)));
    const trim = (/** @type {string} */ s) => s.includes(".") ? s.replace(/\.?0+$/, "") : s;
    const [digits, exponent] = power >= -3 && power < 5 ? [x.toFixed(Math.max(0, 2 - power)), ""]
      : x.toExponential(2).split("e");
    return (trim(digits) + (exponent ? "e" + exponent.replace("+", "") : "")).replaceAll("-", "−");
  }

  /** @param {Rec} record @param {number} row */
  const label = (record, row) => record.rows?.[row] ?? record.labels[record.inputs + row];
  /** A token's position in the whole record. @param {Rec} record @param {number} token */
  const position = (record, token) => record.positions?.[token] ?? token;
  /** @param {Row} at */
  const named = at => `“${label(records[at.record], at.row)}” (output ${at.row})`;
  const rowTitle = () => !records[state.record].scales.length ? "The record holds no output"
    : state.lock ? `${named(state)} minus ${named(state.lock)}`
      : records[state.record].titles?.[state.row] ?? `What ${named(state)} looked at`;
  /** @param {Rec} record */
  const wholeTitle = record => state.lock ? `Every output compared with ${named(state.lock)}` : record.whole ?? "What every output looked at";
  const same = (/** @type {Row | null} */ a, /** @type {number} */ record, /** @type {number} */ row) =>
    !!a && a.record === record && a.row === row;

  // ---- drawing ----

  /** @param {Element} parent @param {string} name @param {Record<string, string | number>} attributes @param {string} [text] */
  function add(parent, name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const key in attributes) element.setAttribute(key, String(attributes[key]));
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  }
  /** @param {number} x */
  const short2 = x => Math.round(x * 100) / 100;
  /** How wide a text is set: two columns for wide characters. @param {string} text @param {number} size */
  const widthOf = (text, size) => [...text].reduce((n, c) => n + (/[\u1100-\u115f\u2e80-\uffdc]|[\u{1f000}-\u{3ffff}]/u.test(c) ? 2 : 1), 0) * ADVANCE * size;
  /** @param {string} text @param {number} size @param {number} room */
  function fitted(text, size, room) {
    if (widthOf(text, size) <= room) return text;
    const letters = [...text];
    while (letters.length && widthOf(letters.join("") + "…", size) > room) letters.pop();
    return letters.join("") + "…";
  }
  /** @param {Element} parent @param {string} text @param {number} x @param {number} y @param {number} size
   * @param {Record<string, string | number>} [more] */
  const write = (parent, text, x, y, size, more) => add(parent, "text",
    { x: short2(x), y: short2(y), "font-size": size, fill: theme().ink, textLength: short2(widthOf(text, size)), lengthAdjust: "spacingAndGlyphs", ...more }, text);
  /** @param {Element} parent @param {number[]} r @param {string} color @param {number} width */
  const frame = (parent, [x, y, w, h], color, width) =>
    add(parent, "rect", { x: short2(x), y: short2(y), width: short2(w), height: short2(h), fill: "none", stroke: color, "stroke-width": width });

  /** Cells as one path a colour. @param {Figure} figure @param {Element} parent @param {Scale} scale */
  function painter(figure, parent, scale) {
    /** @type {Map<number, string[]>} */
    const paths = new Map();
    return {
      /** @param {number} at @param {number} x @param {number} y @param {number} w @param {number} h */
      cell(at, x, y, w, h) {
        let path = paths.get(at);
        if (!path) paths.set(at, path = []);
        path.push(`M${short2(x)} ${short2(y)}h${short2(w)}v${short2(h)}h${-short2(w)}z`);
      },
      done() {
        for (const [at, d] of paths) add(parent, "path", { d: d.join(""), fill: fill(figure, scale, at) });
      },
    };
  }

  /** How wide a text runs in the canvas' font. @type {Map<string, number>} */
  const runs = new Map();
  /** A paragraph on its canvas. @param {HTMLCanvasElement} canvas @param {Part} part
   * @param {{fills: string[], inks: string[], marked: [number, string, number][], panel: string, mark: string}} look */
  function paragraph(canvas, part, { fills, inks, marked, panel, mark }) {
    const [width, height] = part.area, ratio = devicePixelRatio || 1, context = canvas.getContext("2d");
    if (!context) return;
    if (canvas.width !== Math.ceil(width * ratio) || canvas.height !== Math.ceil(height * ratio)) {
      canvas.width = Math.ceil(width * ratio);
      canvas.height = Math.ceil(height * ratio);
      Object.assign(canvas.style, { left: part.at[0] + "px", top: part.at[1] + "px", width: canvas.width / ratio + "px", height: canvas.height / ratio + "px" });
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = panel;
    context.fillRect(0, 0, width, height);
    part.boxes.forEach((/** @type {number[]} */ [, x, y, w, h], /** @type {number} */ i) => {
      if (fills[i] === "none") return;
      const name = /-(missing|nan|infinite|negative-infinite)\)$/.exec(fills[i])?.[1];
      context.fillStyle = name ? hatched(context, name) : fills[i];
      context.fillRect(x, y, w, h);
    });
    context.font = `${part.size}px "DejaVu Sans Mono", Menlo, Consolas, monospace`;
    part.texts.forEach((/** @type {any[]} */ [, x, y, w, text], /** @type {number} */ i) => {
      context.fillStyle = inks[i];
      const key = part.size + text;
      let run = runs.get(key);
      if (run === undefined) runs.set(key, run = context.measureText(text).width);
      // Another font's glyphs are squeezed into the places that were laid out.
      if (Math.abs(run - w) < 0.5 || !run) context.fillText(text, x, y);
      else {
        context.save();
        context.translate(x, y);
        context.scale(w / run, 1);
        context.fillText(text, 0, 0);
        context.restore();
      }
    });
    if (part.rule) {
      context.fillStyle = mark;
      context.fillRect(part.rule[0] - 1, part.rule[1], 2, part.rule[2]);
    }
    for (const [token, color, line] of marked) {
      context.strokeStyle = color;
      context.lineWidth = line;
      for (const [own, x, y, w, h] of part.boxes) if (own === token) context.strokeRect(x, y, w, h);
    }
  }
  /** What says that a value is no number, as the pictures hatch it. @param {CanvasRenderingContext2D} context @param {string} name */
  function hatched(context, name) {
    const tile = document.createElement("canvas"), { apart, ink } = theme();
    tile.width = tile.height = 4;
    const on = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
    on.fillStyle = apart;
    on.fillRect(0, 0, 4, 4);
    on.strokeStyle = ink;
    on.lineWidth = 0.8;
    on.stroke(new Path2D({ missing: "M-1 1l2 -2M0 4l4 -4M3 5l2 -2", nan: "M0 4l4 -4M0 0l4 4", infinite: "M1 0v4M3 0v4" }[name] ?? "M0 1h4M0 3h4"));
    return context.createPattern(tile, "repeat") ?? apart;
  }

  /** The record that a part shows. @param {Figure} figure @param {Part} part */
  const recordOf = (figure, part) => part.panel !== undefined ? figure.data.records[part.panel]
    : figure.data.records.includes(state.record) ? state.record : figure.data.records[0];

  /** What a part shows depends on this; where it has not changed, the part stays.
   * @type {Record<string, (figure: Figure, part: Part) => unknown>} */
  const depends = {
    tokens: () => [state.record, state.row, state.token],
    grid: () => 0, thumbnails: () => 0, marks: () => 0,
    legend: (_, part) => [state.record, part.rows && state.row],
    pair: () => [state.record, state.row, state.token],
    table: () => [state.record, state.row],
  };

  /** @type {Record<string, (figure: Figure, part: Part, group: SVGGElement, scale: Scale) => void>} */
  const draw = {
    /** Boxes of tokens, painted by what the hovered row took from them. A paragraph, which changes most and holds most,
     * is painted on a canvas over its place; for a file or for paper it is drawn here like the rest. */
    tokens(figure, part, group, scale) {
      const k = recordOf(figure, part), record = records[k], { panel, ink, muted, mark } = theme();
      const row = k === state.record && record.scales.length ? state.row : -1;
      const hidden = !!part.only && !part.only.includes(k);
      group.toggleAttribute("hidden", hidden);
      /** @type {Map<number, number>} */
      const levels = new Map();
      const at = (/** @type {number} */ token) => {
        if (row < 0 || token >= record.inputs + row) return undefined;
        let found = levels.get(token);
        if (found === undefined) levels.set(token, found = level(scale, shown(record, row, token)));
        return found;
      };
      /** @type {number[][]} */
      const boxes = part.boxes;
      const fills = boxes.map(([token]) => {
        const found = at(token);
        return found !== undefined ? fill(figure, scale, found) : part.ground ? panel : "none";
      });
      const inks = part.texts.map((/** @type {any[]} */ [token]) => {
        const found = at(token), later = part.later && token >= record.inputs && token !== record.inputs + row;
        return found !== undefined ? inkOn(scale, found) : later ? muted : ink;
      });
      const mine = (/** @type {Row | null} */ at) => at && at.record === k ? record.inputs + at.row : -1;
      const marked = /** @type {[number, string, number][]} */ ([[row < 0 ? -1 : mine(state), mark, 2], [mine(state.lock), ink, 2.5],
        [state.token ?? -1, mark, 2.5]]).filter(([token]) => token >= 0);
      /** @type {any} */ (group).painted = { fills, inks };
      let canvas = /** @type {HTMLCanvasElement | undefined} */ (/** @type {any} */ (group).canvas);
      if (canvas) canvas.hidden = hidden || figure.still;
      if (part.area && !figure.still && !hidden) {
        if (!canvas) {
          canvas = /** @type {any} */ (group).canvas = document.createElement("canvas");
          canvas.setAttribute("aria-hidden", "true");
          figure.box.append(canvas);
        }
        paragraph(canvas, part, { fills, inks, marked, panel, mark });
        return;
      }
      // The elements are made once, and then only their colours change.
      let nodes = /** @type {any} */ (group).nodes;
      if (!nodes) {
        nodes = /** @type {any} */ (group).nodes = { fills: [], inks: [] };
        if (part.area) nodes.area = add(group, "rect", { x: 0, y: 0, width: part.area[0], height: part.area[1] });
        nodes.boxes = boxes.map(([, x, y, width, height]) => add(group, "rect", { x, y, width, height }));
        nodes.texts = part.texts.map((/** @type {any[]} */ [, x, y, width, text, anchor]) =>
          add(group, "text", { x, y, "font-size": part.size, textLength: width, lengthAdjust: "spacingAndGlyphs", ...(anchor ? { "text-anchor": anchor } : {}) }, text));
        if (part.rule) nodes.rule = add(group, "path", { d: `M${part.rule[0]} ${part.rule[1]}v${part.rule[2]}`, "stroke-width": 2 });
        nodes.marks = add(group, "g", {});
      }
      nodes.area?.setAttribute("fill", panel);
      nodes.rule?.setAttribute("stroke", mark);
      fills.forEach((color, i) => { if (nodes.fills[i] !== color) nodes.boxes[i].setAttribute("fill", nodes.fills[i] = color); });
      inks.forEach((/** @type {string} */ color, /** @type {number} */ i) => {
        if (nodes.inks[i] !== color) nodes.texts[i].setAttribute("fill", nodes.inks[i] = color);
        if (part.bold) nodes.texts[i].setAttribute("font-weight", part.texts[i][0] === mine(state.lock) ? "bold" : "normal");
      });
      nodes.marks.replaceChildren();
      for (const [token, color, width] of marked) {
        for (const [own, ...rect] of boxes) if (own === token) frame(nodes.marks, rect, color, width);
      }
    },

    /** Many cells: one for each output and token. */
    grid(figure, part, group, scale) {
      const record = records[recordOf(figure, part)], n = record.scales.length;
      const tokens = record.inputs + Math.max(0, n - 1), { ground, panel } = theme();
      const end = n && tokens ? start(part, record, tokens - 1) + part.cell[0] : 0;
      if (part.panelled) {
        const [width, height] = part.turned ? [n * part.cell[1], end] : [end, n * part.cell[1]];
        add(group, "rect", { x: 0, y: 0, width, height, fill: panel });
      }
      const paint = painter(figure, group, scale);
      const small = tokens * n <= AS_PATHS;
      // Above a number of cells inputs and earlier outputs are a picture each; patterns lie over it as paths.
      for (const [from, to] of [[0, record.inputs], [record.inputs, tokens]]) {
        if (to <= from || !n) continue;
        const [columns, lines] = part.turned ? [n, to - from] : [to - from, n];
        const pixels = small ? null : new Uint32Array(columns * lines);
        const packed = scale.colors.map(c => parseInt(c.slice(5, 7) + c.slice(3, 5) + c.slice(1, 3), 16) + 0xff000000);
        for (let row = 0; row < n; row++) {
          const last = Math.min(to, record.inputs + row);
          for (let token = from; token < last; token++) {
            const found = level(scale, shown(record, row, token));
            if (pixels && found >= 0) {
              pixels[part.turned ? (token - from) * columns + row : row * columns + token - from] = packed[found];
            } else paint.cell(found, ...cellOf(part, record, row, token));
          }
        }
        if (!pixels) continue;
        const canvas = document.createElement("canvas");
        canvas.width = columns;
        canvas.height = lines;
        canvas.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), columns, lines), 0, 0);
        const x = start(part, record, from), along = (to - from) * part.cell[0], across = n * part.cell[1];
        add(group, "image", {
          x: part.turned ? 0 : x, y: part.turned ? x : 0, width: part.turned ? across : along, height: part.turned ? along : across,
          preserveAspectRatio: "none", "image-rendering": "pixelated", href: canvas.toDataURL(),
        });
      }
      paint.done();
      if (!small && part.free) {
        const d = Array.from({ length: n }, (_, row) => part.turned
          ? `M${short2((row + 1) * part.cell[1] - part.free / 2)} 0v${short2(end)}` : `M0 ${short2((row + 1) * part.cell[1] - part.free / 2)}h${short2(end)}`);
        add(group, "path", { d: d.join(""), stroke: ground, "stroke-width": part.free });
      }
    },

    /** Small copies of the paragraph. */
    thumbnails(figure, part, group, scale) {
      const record = records[recordOf(figure, part)];
      const paint = painter(figure, group, scale);
      part.places.forEach((/** @type {number[]} */ [x, y], /** @type {number} */ row) => {
        for (const [token, left, top, w, h] of part.boxes) {
          if (token < record.inputs + row) paint.cell(level(scale, shown(record, row, token)), x + left, y + top, w, h);
        }
      });
      paint.done();
    },

    /** Title, colour bar with its ends, and what they mean. */
    legend(figure, part, group, scale) {
      const { ink, muted } = theme(), [x, y, width] = part.bar, record = records[recordOf(figure, part)];
      const against = part.against && record.scales.length && state.lock;
      const title = part.titled ?? (against ? `${named(state)} against ${named(against)}` : part.rows ? rowTitle() : wholeTitle(record));
      if (part.title) write(group, fitted(title, 15, part.title[2]), part.title[0], part.title[1], 15, { "font-weight": "bold" });
      if (part.heading) {
        const panels = alike(figure.data.records, recordOf(figure, part)).map(k => figure.data.records.indexOf(k));
        const unit = inShares(record) ? "sizes as shares of the row, less the locked row’s" : record.unit;
        const heading = `panel${panels.length > 1 ? "s" : ""} ${panels.join(", ")}: ${unit}`;
        write(group, fitted(heading, 11, part.heading[2]), part.heading[0], part.heading[1], 11, { "font-weight": "bold" });
      }
      const n = scale.colors.length, cell = width / n;
      scale.colors.forEach((color, i) => add(group, "rect", { x: short2(x + i * cell), y, width: short2(cell + (i < n - 1 ? 0.3 : 0)), height: 10, fill: color }));
      const clipped = !!scale.clipped;
      write(group, scale.diverging ? (clipped ? "≤ " : "") + short(-scale.end) : "0", x, y + 23, 11);
      write(group, (clipped ? "≥ " : "") + short(scale.end), x + width, y + 23, 11, { "text-anchor": "end" });
      if (scale.diverging) write(group, "0", x + width / 2, y + 23, 11, { "text-anchor": "middle" });
      const more = (/** @type {Row} */ at) => `more to “${label(records[at.record], at.row)}”`;
      const [low, high] = against ? [more(against), more(state)] : inShares(record) && state.lock ? [`larger share of the locked ${named(state.lock)}`, "larger share of the row itself"]
        : state.lock ? [`more to the locked ${named(state.lock)}`, "more to the row itself"]
        : record.signed === true ? ["lowers the target", "raises the target"]
          : record.signed === false ? ["no attribution", "most (no sign)"] : ["least", "most"];
      const lines = [`left: ${low}`, `right: ${high}`];
      if (clipped) lines.push(state.max ? "ends where the caller says" : `ends at the ${state.clip} quantile of |value|`, `largest: ${short(scale.clipped)}`);
      if (part.rows && record.outside) {
        lines.push(`outside: ${record.outside[state.row]} of the row's Σ|value|`);
        const locked = state.lock && records[state.lock.record].outside?.[state.lock.row];
        if (locked) lines.push(`outside: ${locked} of the locked row's`);
      }
      const [left, top, room] = part.lines;
      lines.forEach((line, i) => write(group, fitted(line, 11, room), left, top + 15 * i, 11, { fill: muted }));
      // What the colours cannot say.
      if (!part.patterns) return;
      let at = part.patterns[0];
      for (const k of patternsOf(figure, part, scale)) {
        add(group, "rect", { x: short2(at), y: part.patterns[1], width: 14, height: 12, fill: fill(figure, scale, -k) });
        write(group, PATTERN_NAMES[k], at + 20, part.patterns[1] + 9, 11, { fill: ink });
        at += 36 + widthOf(PATTERN_NAMES[k], 11);
      }
    },

    /** The hovered row against the locked one: right and up. */
    pair(figure, part, group, scale) {
      const { ground, panel, ink, muted, apart, mark } = theme(), side = part.side, record = records[state.record];
      /** @type {any} */ (group).dots = [];
      if (!figure.data.records.includes(state.record) || !record.scales.length) return;
      const lock = state.lock ?? { record: state.record, row: state.row }, other = records[lock.record];
      const across = (/** @type {number} */ token) => state.lock ? locked(record, token) : plain(record, state.row, token);
      const [ours, theirs] = state.lock && other !== record ? [` · ${record.axis}`, ` · ${other.axis}`] : ["", ""];
      let low = 0, high = 0;
      for (const [from, row] of /** @type {[Rec, number][]} */ ([[record, state.row], [other, lock.row]])) {
        for (let token = 0; token < from.inputs + row; token++) {
          const value = compared(record, from, row, token);
          if (finite(value)) [low, high] = [Math.min(low, Number(value)), Math.max(high, Number(value))];
        }
      }
      if (!(high > low && Number.isFinite(high - low))) [low, high] = [-1, 1];
      const rough = (high - low) / Math.max(1, Math.floor(side / 80)), power = 10 ** Math.floor(Math.log10(rough));
      const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= rough) ?? rough;
      const decimals = Math.max(0, -Math.floor(Math.log10(step)));
      const ticks = [];
      for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i++) ticks.push(i * step);
      const texts = ticks.map(v => decimals > 6 || Math.abs(v) >= 1e6 ? short(v) : v.toFixed(decimals).replace("-", "−"));
      const X = 40 + Math.max(24, ...texts.map(t => widthOf(t, 10))), Y = 16;
      const place = (/** @type {number} */ a, /** @type {number} */ b) =>
        [X + (a - low) / (high - low) * side, Y + (1 - (b - low) / (high - low)) * side];
      add(group, "rect", { x: X, y: Y, width: side, height: side, fill: panel });
      const grid = ground === panel ? apart : ground;
      ticks.forEach((v, i) => {
        const [x, y] = place(v, v).map(short2);
        add(group, "path", { d: `M${x} ${Y}v${side}M${X} ${y}h${side}`, stroke: grid });
        write(group, texts[i], x, Y + side + 28, 10, { "text-anchor": "middle" });
        write(group, texts[i], X - 18, y + 3.5, 10, { "text-anchor": "end" });
      });
      add(group, "path", { d: `M${X} ${Y + side}L${X + side} ${Y}`, stroke: grid, "stroke-width": 1.5 });
      const role = (/** @type {Row} */ at) => `${label(records[at.record], at.row)} (${same(state.lock, at.record, at.row) ? "locked" : "shown"}, output ${at.row})${at.record !== state.record ? theirs : ours}${inShares(record) ? " · shares" : ""}`;
      const bold = { "font-weight": "bold", "text-anchor": "middle" };
      write(group, fitted(role(lock), 12, side), X + side / 2, Y + side + 48, 12, bold);
      write(group, fitted(role(state), 12, side), 12, Y + side / 2, 12, { ...bold, transform: `rotate(-90 12 ${Y + side / 2})` });
      // A token that only the other record has is -1 among this one's.
      /** @type {{token: number, label: string, x: number, y: number, weight: number, at: number}[]} */
      const dots = [];
      let hidden = 0;
      for (let token = 0; token < record.inputs + Math.max(state.row, lock.record === state.record ? lock.row : 0); token++) {
        const a = across(token), b = own(record, state.row, token), label = record.labels[token];
        if (finite(a) && finite(b)) {
          const [x, y] = place(Number(a), Number(b)), gap = Math.abs(Number(b) - Number(a));
          dots.push({ token, label, x, y, weight: state.lock ? Math.max(gap, Math.abs(Number(b)) / 2) : Math.abs(Number(b)), at: level(scale, shown(record, state.row, token)) });
        } else if (a === undefined && finite(b)) dots.push({ token, label, x: X - 10, y: place(low, Number(b))[1], weight: Math.abs(Number(b)), at: -1 });
        else if (finite(a) && b === undefined) dots.push({ token, label, x: place(Number(a), low)[0], y: Y + side + 10, weight: Math.abs(Number(a)), at: -1 });
        else hidden++;
      }
      // What only the other record's locked row holds.
      if (other !== record) {
        const partnered = new Set(partners(record, lock.record).subarray(0, record.inputs + state.row));
        for (let token = 0; token < other.inputs + lock.row; token++) {
          const a = compared(record, other, lock.row, token);
          if (!partnered.has(token) && finite(a)) dots.push({ token: -1, label: other.labels[token], x: place(Number(a), low)[0], y: Y + side + 10, weight: Math.abs(Number(a)), at: -1 });
        }
      }
      // What labels may not cover: left, top, right, bottom.
      /** @type {number[][]} */
      const taken = [];
      if (hidden) {
        const note = `${hidden} of ${dots.length + hidden} tokens have no finite pair of values and are not drawn`;
        write(group, note, X, Y - 4, 10, { fill: muted });
        taken.push([X, Y - 11.6, X + widthOf(note, 10), Y - 1.6]);
      }
      dots.sort((a, b) => a.weight - b.weight || b.token - a.token);
      /** @type {any} */ (group).dots = dots;
      // One path for as long as the colour stays: the most telling on top.
      for (let i = 0; i < dots.length;) {
        const { at } = dots[i];
        let d = "";
        for (; i < dots.length && dots[i].at === at; i++) d += `M${short2(dots[i].x - 3)} ${short2(dots[i].y)}a3 3 0 1 0 6 0a3 3 0 1 0-6 0z`;
        add(group, "path", { class: "dots", d, fill: fill(figure, scale, at), stroke: ink });
      }
      const marked = dots.find(dot => dot.token >= 0 && dot.token === state.token);
      if (marked) frame(group, [marked.x - 6, marked.y - 6, 12, 12], mark, 2);
      // Labels of the most telling, where there is room; the first few may stand on other dots.
      const covers = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
        a[0] < b[2] - 0.01 && b[0] < a[2] - 0.01 && a[1] < b[3] - 0.01 && b[1] < a[3] - 0.01;
      let labels = 0;
      for (const dot of dots.filter(d => d.weight > 0).slice(-42).reverse()) {
        if (labels === 14) break;
        const text = fitted(dot.label, 11, Math.min(120, side / 3)), w = widthOf(text, 11);
        const free = [[6, 4], [-6 - w, 4], [3, -5], [3, 13], [-3 - w, -5], [-3 - w, 13]].map(([dx, dy]) => {
          const [x, y] = [dot.x + dx, dot.y + dy];
          return [x, y - 8.36, x + w, y + 2.64, y];
        }).filter(box => box[0] >= X - 16 && box[2] <= X + side + 16 && box[3] <= Y + side + 18 && !taken.some(other => covers(box, other)));
        const box = free.find(box => !dots.some(d => covers([d.x - 2, d.y - 2, d.x + 2, d.y + 2], box))) ?? (labels < 7 ? free[0] : undefined);
        if (!box) continue;
        labels++;
        taken.push(box);
        write(group, text, box[0], box[4], 11);
      }
    },

    /** The marks lie over everything, in a layer of their own. */
    marks() {},

    /** The table is the page's own ranked list. */
    table(figure) {
      figure.svg.classList.add("covered");
      let table = figure.box.querySelector("table");
      if (!table) figure.box.append(table = document.createElement("table"));
      fillTable(table, data.top);
    },
  };

  /** What patterns a figure's values need, in the state. @param {Figure} figure @param {Part} part its legend
   * @param {Scale} scale */
  function patternsOf(figure, part, scale) {
    const found = new Set(), { lock } = state;
    if (part.against) {
      if (lock && (lock.record !== state.record || lock.row !== state.row)) found.add(1);
    } else if (part.rows) {
      const table = figure.data.parts.some(part => part.kind === "table");
      for (const { value } of ranked().slice(0, table ? data.top : Infinity)) found.add(Math.max(0, -level(scale, value)));
      found.delete(0);
    } else for (const k of figure.data.records) {
      const record = records[k];
      for (const [code, name] of [[-32768, 2], [-32767, 3], [32767, 4], [-32766, 5]]) if (record.codes.includes(code)) found.add(name);
      if (lock && (lock.record !== k || lock.row < record.scales.length - 1)) found.add(1);
    }
    return [...found].sort();
  }

  /** Where a token's cells begin. @param {Part} part @param {Rec} record @param {number} token */
  const start = (part, record, token) => token * part.cell[0] + (token >= record.inputs ? part.gap : 0);
  /** @param {Part} part @param {Rec} record @param {number} row @param {number} token
   * @returns {[number, number, number, number]} */
  function cellOf(part, record, row, token) {
    const [along, across, size] = [start(part, record, token), row * part.cell[1], part.cell[1] - part.free];
    return part.turned ? [across, along, size, part.cell[0]] : [along, across, part.cell[0], size];
  }

  // ---- the page ----

  const live = id("live"), readout = id("readout"), search = id("search"), help = id("help"), dialog = /** @type {HTMLDialogElement} */ (help);
  /** @type {Figure[]} */
  const figures = data.figures.map((/** @type {FigureData} */ figure, /** @type {number} */ k) => {
    const section = /** @type {HTMLElement} */ (document.querySelector(`[data-figure="${k}"]`));
    const svg = /** @type {SVGSVGElement} */ (section.querySelector("svg"));
    return {
      data: figure, section, svg, groups: [...svg.querySelectorAll("[data-live]")], keys: [], seen: false, drawn: false, still: false,
      box: section.querySelector(".chart"), prefix: "saliency-" + k,
    };
  });

  /** Frames of the hovered and the locked row and of the token, over the grids. @param {Figure} figure */
  function marks(figure) {
    const old = figure.svg.querySelector(".marks");
    const layer = old || add(figure.svg, "g", { class: "marks" });
    layer.replaceChildren();
    const { ink, mark } = theme();
    for (const part of figure.data.parts) {
      const k = recordOf(figure, part), record = records[k], n = record.scales.length, [x, y] = part.at;
      const around = (/** @type {number[]} */ [left, top, w, h], /** @type {string} */ color, /** @type {number} */ width) =>
        frame(layer, [x + left, y + top, w, h], color, width);
      for (const [at, color, width] of /** @type {[Row | null, string, number][]} */ ([[n ? state : null, mark, 1.5], [state.lock, ink, 2]])) {
        if (!at || at.record !== k) continue;
        if (part.kind === "grid") {
          const [a, b, w, h] = cellOf(part, record, at.row, 0), end = start(part, record, record.inputs + at.row - 1) + part.cell[0];
          around(part.turned ? [a - 0.5, b, w + 1, end] : [a, b - 0.5, end, h + 1], color, width);
        }
        if (part.kind === "thumbnails") {
          const [left, top, w, h] = part.places[at.row];
          around([left - 3, top - 3, w + 6, h + 3], color, width);
        }
      }
      if (part.kind === "grid" && n && state.token !== null && state.token < record.inputs + n - 1) {
        const from = Math.max(0, state.token - record.inputs + 1);
        const [a, b, w, h] = cellOf(part, record, from, state.token), all = (n - from) * part.cell[1];
        around(part.turned ? [a, b - 0.5, all, h + 1] : [a - 0.5, b, w + 1, all], mark, 1);
      }
    }
  }

  /** Draws what has changed in a figure: at once what the pointer looks at; when it rests, what stands beside it.
   * @param {Figure} figure @param {boolean} beside */
  function redraw(figure, beside) {
    const hides = figure.data.switched && figure.data.records[0] !== state.record;
    figure.section.hidden = hides;
    if (hides || !figure.seen) return;
    // A chart of two rows against each other takes the first where none is locked.
    const { lock } = state, against = figure.data.parts.some(part => part.against);
    if (against && records[state.record].scales.length) state.lock ??= { record: state.record, row: 0 };
    const shared = JSON.stringify([state.lock, themeName(), state.palette, state.clip, state.max]);
    if (!figure.drawn || figure.svg.dataset.theme !== themeName()) repaint(figure);
    figure.data.parts.forEach((part, i) => {
      if (beside !== (part.kind === "pair" || part.kind === "table")) return;
      const key = shared + JSON.stringify(depends[part.kind](figure, part));
      // The picture as it came is the state at rest.
      const rests = data.rests && figure.keys[i] === undefined && !state.lock && themeName() === figure.data.theme && !state.palette
        && state.clip === data.clip && (part.kind === "grid" || part.kind === "thumbnails");
      if (!rests && figure.keys[i] !== key) {
        const group = figure.groups[i];
        if (!/** @type {any} */ (group).nodes) group.replaceChildren();
        group.setAttribute("transform", String(group.dataset.live));
        draw[part.kind](figure, part, group, scaleOf(alike(figure.data.records, recordOf(figure, part)), against ? state.row : undefined));
      }
      figure.keys[i] = key;
    });
    state.lock = lock;
    figure.drawn = true;
    if (!beside) marks(figure);
  }

  /** Forgets what paragraphs look like, so that they are drawn again. @param {Figure} figure */
  const again = figure => figure.data.parts.forEach((part, i) => { if (part.area && figure.keys[i]) figure.keys[i] = "again"; });
  /** Draws all of a figure as elements, for a file or for paper; or goes back to canvases. @param {Figure} figure @param {boolean} is */
  function still(figure, is) {
    figure.still = is;
    again(figure);
    if (!is) {
      for (const group of figure.groups) {
        if (!/** @type {any} */ (group).canvas) continue;
        group.replaceChildren();
        delete (/** @type {any} */ (group).nodes);
      }
      return;
    }
    figure.seen = true;
    redraw(figure, false);
    redraw(figure, true);
  }

  /** Gives what no part draws the theme's colours. @param {Figure} figure */
  function repaint(figure) {
    const from = themes[figure.svg.dataset.theme || figure.data.theme], to = theme();
    figure.svg.dataset.theme = themeName();
    for (const element of figure.svg.querySelectorAll("[fill],[stroke]")) {
      if (element.closest("[data-live],.marks")) continue;
      for (const name of ["fill", "stroke"]) {
        const color = element.getAttribute(name);
        const role = /** @type {(keyof Theme)[]} */ (Object.keys(from)).find(role => from[role] === color);
        if (role) element.setAttribute(name, to[role]);
      }
    }
  }

  /** Tokens of the current row, the largest first. */
  function ranked() {
    const record = records[state.record];
    if (!record.scales.length) return [];
    const rows = Array.from({ length: record.inputs + state.row }, (_, token) => ({ token, value: shown(record, state.row, token) }));
    const size = (/** @type {Value} */ v) => finite(v) ? Math.abs(Number(v)) : v === null || v === undefined ? -1 : Infinity;
    return rows.sort((a, b) => size(b.value) - size(a.value) || a.token - b.token);
  }

  /** Fills a table; cells that are there keep their places. @param {Element} table @param {number} top */
  function fillTable(table, top) {
    const record = records[state.record], compares = !!state.lock;
    const head = ["#", "token", ...(compares ? ["shown", "locked", "difference"] : ["value"])];
    const all = ranked();
    const lines = all.slice(0, top).map(({ token, value }) => [String(position(record, token)), record.labels[token],
      ...(compares ? [short(own(record, state.row, token)), short(locked(record, token))] : []), short(value)]);
    let [caption, thead, tbody] = table.children;
    if (!caption) {
      [caption, thead, tbody] = ["caption", "thead", "tbody"].map(name => table.appendChild(document.createElement(name)));
      thead.append(document.createElement("tr"));
    }
    /** @param {Element} tr @param {string} name @param {string[]} texts */
    const line = (tr, name, texts) => {
      while (tr.children.length > texts.length) tr.lastChild?.remove();
      texts.forEach((text, i) => {
        const cell = tr.children[i] ?? tr.appendChild(document.createElement(name));
        if (cell.textContent !== text) cell.textContent = text;
        if (name === "th") cell.setAttribute("scope", "col");
      });
    };
    caption.textContent = rowTitle() + (all.length > top ? `: the ${top} largest of ${all.length}` : "");
    line(thead.children[0], "th", head);
    while (tbody.children.length > lines.length) tbody.lastChild?.remove();
    lines.forEach((texts, i) => {
      const tr = /** @type {HTMLElement} */ (tbody.children[i] ?? tbody.appendChild(document.createElement("tr")));
      tr.dataset.token = String(all[i].token);
      tr.classList.toggle("current", all[i].token === state.token);
      line(tr, "td", texts);
    });
  }

  /** The current cell in words. */
  function words() {
    const record = records[state.record];
    if (!record.scales.length) return "The record holds no output.";
    let text = `Output ${state.row} “${label(record, state.row)}”`;
    if (records.length > 1) text = `${record.name}. ${text}`;
    if (state.token !== null && state.token < record.labels.length) {
      const token = state.token;
      const value = own(record, state.row, token);
      text += `, token ${position(record, token)} “${record.labels[token]}”: ${value === undefined ? "not read by it" : short(value)}`;
      if (inShares(record)) text += " as a share of the row’s sizes";
      if (state.lock) text += `; locked ${named(state.lock)}${inShares(record) ? ` of ${records[state.lock.record].name}` : ""}: ${short(locked(record, token))}; difference ${short(shown(record, state.row, token))}`;
    } else if (state.lock) text += `, compared with ${named(state.lock)}`;
    return text + ".";
  }

  let waiting = 0, following = 0, addressing = 0;
  /** Draws the state, at the next frame. @param {boolean} [aloud] whether a screen reader says it */
  function changed(aloud) {
    if (aloud) live.textContent = words();
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      document.documentElement.dataset.theme = themeName();
      for (const figure of figures) redraw(figure, false);
      readout.textContent = words();
      clearTimeout(following);
      following = setTimeout(() => {
        for (const figure of figures) redraw(figure, true);
        fillTable(id("table"), id("all").getAttribute("aria-pressed") === "true" ? Infinity : 12);
        controls();
      }, REST);
    });
    clearTimeout(addressing);
    addressing = setTimeout(() => {
      // A frame without an address of its own keeps its state to itself.
      try { history.replaceState(null, "", "#" + address()); } catch { }
    }, 250);
  }

  // ---- the state in the address ----

  const at = (/** @type {Row} */ row) => records.length > 1 ? `${row.record}:${row.row}` : String(row.row);
  function address() {
    const parts = new URLSearchParams();
    parts.set("hover", at(state));
    if (state.lock) parts.set("lock", at(state.lock));
    if (state.token !== null) parts.set("token", String(state.token));
    if (state.theme) parts.set("theme", state.theme);
    if (state.palette) parts.set("palette", state.palette);
    if (state.clip !== data.clip) parts.set("clip", String(state.clip));
    return parts.toString().replaceAll("%3A", ":");
  }
  /** Takes what is right in an address; the rest is left as it is. @param {string} text */
  function read(text) {
    const parts = new URLSearchParams(text);
    const row = (/** @type {string} */ name) => {
      const [, record = "0", row] = /^(?:(\d+):)?(\d+)$/.exec(parts.get(name) || "") || [];
      return row !== undefined && records[+record]?.scales[+row] !== undefined ? { record: +record, row: +row } : null;
    };
    Object.assign(state, row("hover"));
    state.lock = row("lock");
    const token = parts.get("token") || "";
    state.token = /^\d+$/.test(token) && +token < records[state.record].labels.length ? +token : null;
    state.theme = themes[parts.get("theme") || ""] ? String(parts.get("theme")) : data.theme;
    state.palette = palettes[parts.get("palette") || ""] ? String(parts.get("palette")) : data.palette;
    state.clip = clips.find(c => String(c) === parts.get("clip")) ?? data.clip;
  }

  // ---- what a reader does ----

  /** Shows a row. @param {number} record @param {number} row */
  function hover(record, row) {
    const n = records[record].scales.length;
    state.record = record;
    state.row = Math.max(0, Math.min(n - 1, row));
    if (state.token !== null && state.token >= records[record].labels.length) state.token = null;
  }
  /** Locks a row, or releases it. @param {Row} row */
  function lock(row) {
    if (!records[row.record].scales.length) return;
    state.lock = same(state.lock, row.record, row.row) ? null : { record: row.record, row: row.row };
  }

  /** What lies under a point of a figure. @param {Figure} figure @param {{clientX: number, clientY: number}} event
   * @returns {{record: number, row?: number, token?: number} | null} */
  function under(figure, event) {
    const box = figure.svg.getBoundingClientRect(), view = figure.svg.viewBox.baseVal;
    const [px, py] = [(event.clientX - box.left) / box.width * view.width, (event.clientY - box.top) / box.height * view.height];
    for (let i = 0; i < figure.data.parts.length; i++) {
      const part = figure.data.parts[i], k = recordOf(figure, part), record = records[k];
      const [x, y] = [px - part.at[0], py - part.at[1]];
      const inside = (/** @type {number[]} */ [left, top, w, h]) => x >= left && x < left + w && y >= top && y < top + h;
      const hit = (/** @type {number} */ token) => token < record.inputs ? { record: k, token } : { record: k, row: token - record.inputs };
      if (part.kind === "tokens") {
        if (part.only && !part.only.includes(k)) continue;
        const found = part.boxes.find((/** @type {number[]} */ [, ...rect]) => inside(rect));
        if (found) return hit(found[0]);
      } else if (part.kind === "grid") {
        const [along, across] = part.turned ? [y, x] : [x, y], row = Math.floor(across / part.cell[1]);
        if (row < 0 || row >= record.scales.length) continue;
        const later = along >= start(part, record, record.inputs);
        const token = Math.floor((along - (later ? part.gap : 0)) / part.cell[0]);
        if (token >= 0 && token < record.inputs + record.scales.length - 1) return token < record.inputs + row ? { record: k, row, token } : { record: k, row };
      } else if (part.kind === "thumbnails") {
        const row = part.places.findIndex(inside);
        if (row < 0) continue;
        const [left, top] = part.places[row];
        const found = part.boxes.find((/** @type {number[]} */ [, a, b, w, h]) => inside([left + a, top + b, w, h]));
        return found && found[0] < record.inputs + row ? { record: k, row, token: found[0] } : { record: k, row };
      } else if (part.kind === "pair") {
        const dot = (/** @type {any} */ (figure.groups[i]).dots || []).find((/** @type {any} */ d) => d.token >= 0 && Math.hypot(d.x - x, d.y - y) < 6);
        if (dot) return { record: state.record, token: dot.token };
      }
    }
    return null;
  }

  for (const figure of figures) {
    const { box, svg } = figure;
    /** @param {PointerEvent | MouseEvent} event @param {boolean} locks */
    const point = (event, locks) => {
      const found = under(figure, event);
      if (!found) return;
      const before = JSON.stringify([state.record, state.row, state.lock, state.token]);
      const touched = /** @type {PointerEvent} */ (event).pointerType === "touch";
      if (found.row !== undefined) {
        // A finger's first tap hovers, its second locks.
        const again = state.record === found.record && state.row === found.row;
        if (locks && (!touched || again)) lock({ record: found.record, row: found.row });
        hover(found.record, found.row);
      }
      if (found.token !== undefined) state.token = found.token;
      if (before !== JSON.stringify([state.record, state.row, state.lock, state.token])) changed(locks);
    };
    svg.addEventListener("pointermove", event => { if (event.pointerType !== "touch") point(event, false); });
    svg.addEventListener("click", event => point(event, true));
    box.addEventListener("keydown", event => keys(event, figure));
  }

  /** @param {KeyboardEvent} event @param {Figure | null} figure */
  function keys(event, figure) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const record = records[state.record], turned = figure?.data.parts.some(part => part.turned);
    const many = record.inputs + state.row;
    const step = (/** @type {number} */ by) => { state.token = Math.max(0, Math.min(many - 1, (state.token ?? (by > 0 ? -1 : many)) + by)); };
    const other = (/** @type {number} */ by) => hover((state.record + by + records.length) % records.length, state.row);
    const rows = (/** @type {number} */ by) => hover(state.record, state.row + by);
    const [across, down] = turned ? [rows, step] : [step, rows];
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => across(-1), ArrowRight: () => across(1), ArrowUp: () => down(-1), ArrowDown: () => down(1),
      PageUp: () => rows(-10), PageDown: () => rows(10), Home: () => { state.token = 0; }, End: () => { state.token = many - 1; },
      "[": () => other(-1), "]": () => other(1), Enter: () => lock(state), " ": () => lock(state),
      Escape: () => { if (state.lock) state.lock = null; else state.token = null; },
    };
    const action = actions[event.key];
    if (action && figure) {
      if (!record.scales.length && event.key !== "[" && event.key !== "]") return;
      event.preventDefault();
      action();
      changed(true);
    }
  }

  document.addEventListener("keydown", event => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
    if (event.key === "?") dialog.showModal();
    else if (event.key === "/") search.focus();
    else return;
    event.preventDefault();
  });
  id("keys").addEventListener("click", () => dialog.showModal());
  id("close").addEventListener("click", () => dialog.close());

  // ---- the controls ----

  const record = id("record"), method = id("method"), target = id("target"), palette = id("palette"), clip = id("clip"), themed = id("theme");
  /** @param {HTMLSelectElement} select @param {[string, string][]} choices */
  function choices(select, choices) {
    select.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
    /** @type {HTMLElement} */ (select.closest("label")).hidden = choices.length < 2;
  }
  const distinct = (/** @type {"method" | "target"} */ key) => /** @type {[string, string][]} */ ([...new Set(records.map(r => r[key]))].map(v => [v, v]));
  choices(method, distinct("method"));
  choices(target, distinct("target"));
  choices(clip, clips.map(c => [String(c), c === 1 ? "the largest value" : `the ${c} quantile`]));

  let controlled = "";
  /** Puts the state into the controls. */
  function controls() {
    const own = records[state.record];
    const key = JSON.stringify([state.record, !!state.lock, state.theme, state.palette, state.clip]);
    if (controlled === key) return;
    controlled = key;
    method.value = own.method;
    target.value = own.target;
    const siblings = records.map((r, k) => /** @type {[string, string]} */ ([String(k), r.name])).filter(([k]) => records[+k].method === own.method && records[+k].target === own.target);
    choices(record, siblings);
    record.value = String(state.record);
    const { diverging } = scaleOf(alike(figures.find(f => f.data.records.includes(state.record))?.data.records ?? [state.record], state.record));
    const fitting = Object.keys(palettes).filter(name => palettes[name].diverging === diverging);
    choices(palette, [["", "default"], .../** @type {[string, string][]} */ (fitting.map(name => [name, name]))]);
    palette.value = fitting.includes(state.palette) ? state.palette : "";
    clip.value = String(state.clip);
    clip.closest("label").hidden = !!state.max;
    themed.value = state.theme;
  }
  /** @param {HTMLSelectElement} select @param {(value: string) => void} set */
  const on = (select, set) => select.addEventListener("change", () => { set(select.value); changed(); });
  on(record, value => hover(+value, state.row));
  /** The record that differs least. @param {"method" | "target"} key @param {string} value */
  const facet = (key, value) => {
    const other = key === "method" ? "target" : "method", own = records[state.record];
    const fitting = records.map((_, k) => k).filter(k => records[k][key] === value);
    hover(fitting.find(k => records[k][other] === own[other]) ?? fitting[0], state.row);
  };
  on(method, value => facet("method", value));
  on(target, value => facet("target", value));
  on(palette, value => { state.palette = value; });
  on(clip, value => { state.clip = +value; });
  on(themed, value => { state.theme = value; });

  /** @param {number} by */
  function find(by) {
    const text = search.value.trim().toLowerCase(), own = records[state.record], note = id("found");
    const hits = text ? own.labels.map((_, k) => k).filter(k => own.labels[k].toLowerCase().includes(text)) : [];
    note.textContent = text ? hits.length ? "" : "not in the text" : "";
    if (!hits.length) return;
    const from = state.token ?? -1;
    const next = by > 0 ? hits.find(k => k > from) ?? hits[0] : hits.findLast(k => k < from) ?? hits[hits.length - 1];
    state.token = next;
    note.textContent = `${hits.indexOf(next) + 1} of ${hits.length}`;
    changed(true);
  }
  search.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") find(event.shiftKey ? -1 : 1); });
  id("next").addEventListener("click", () => find(1));

  id("all").addEventListener("click", () => {
    id("all").setAttribute("aria-pressed", String(id("all").getAttribute("aria-pressed") !== "true"));
    changed();
  });
  id("table").addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const row = /** @type {HTMLElement} */ (event.target).closest("tr");
    if (row?.dataset.token) { state.token = +row.dataset.token; changed(); }
  });

  id("copy").addEventListener("click", async () => {
    const own = records[state.record], exact = (/** @type {Value} */ v) => finite(v) ? String(+Number(v).toPrecision(5)) : short(v);
    const lines = ranked().map(({ token, value }) => [token, own.labels[token], ...(state.lock ? [exact(compared(own, own, state.row, token)), exact(locked(own, token))] : []), exact(value)].join("\t"));
    const text = [["position", "token", ...(state.lock ? ["shown", "locked", "difference"] : ["value"])].join("\t"), ...lines].join("\n") + "\n";
    try {
      // Asking where it is forbidden would be a complaint in the console.
      if (/** @type {any} */ (document).featurePolicy?.allowsFeature("clipboard-write") === false) throw 0;
      await navigator.clipboard.writeText(text);
    } catch {
      // Where a frame may not ask: select the text and copy it.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    live.textContent = `${lines.length} rows copied.`;
  });

  for (const figure of figures) {
    figure.section.querySelector(".save")?.addEventListener("click", () => {
      still(figure, true);
      const copy = /** @type {SVGSVGElement} */ (figure.svg.cloneNode(true));
      still(figure, false);
      changed();
      copy.setAttribute("xmlns", SVG);
      for (const element of [copy, ...copy.querySelectorAll("[class],[data-live]")]) {
        for (const name of ["class", "data-live", "data-theme"]) element.removeAttribute(name);
      }
      copy.insertBefore(add(copy, "title", {}, words()), copy.firstChild);
      for (const element of copy.querySelectorAll("[hidden]")) element.remove();
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }));
      link.download = figure.section.dataset.chart + ".svg";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  // On paper the theme is light.
  let before = "";
  addEventListener("beforeprint", () => {
    before = state.theme;
    state.theme = "light";
    for (const figure of figures) still(figure, true);
  });
  addEventListener("afterprint", () => {
    state.theme = before;
    for (const figure of figures) still(figure, false);
    changed();
  });
  // A window that is enlarged needs finer canvases.
  let ratio = devicePixelRatio;
  addEventListener("resize", () => {
    if (ratio === devicePixelRatio) return;
    ratio = devicePixelRatio;
    for (const figure of figures) again(figure);
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => changed());
  addEventListener("hashchange", () => { read(location.hash.slice(1)); changed(); });

  // Figures are drawn when they come into sight.
  const watcher = new IntersectionObserver(entries => {
    for (const entry of entries) {
      const figure = figures.find(f => f.section === entry.target);
      if (figure) figure.seen = entry.isIntersecting;
    }
    changed();
  }, { rootMargin: "200px" });
  read(location.hash.slice(1) || data.state);
  document.documentElement.classList.add("live");
  document.documentElement.dataset.theme = themeName();
  // The picture as it came is the state at rest: it is painted before anything is drawn anew.
  const begin = () => {
    for (const figure of figures) watcher.observe(figure.section);
    changed();
  };
  if (state.lock || themeName() !== figures[0]?.data.theme) begin();
  else requestAnimationFrame(() => setTimeout(begin));
  for (const element of document.querySelectorAll("[data-needs-script]")) element.removeAttribute("hidden");
  for (const figure of figures) {
    figure.box.tabIndex = 0;
    figure.box.setAttribute("role", "application");
    figure.box.setAttribute("aria-label", `${figure.svg.querySelector("title")?.textContent} Arrow keys move, Enter locks, Escape releases, question mark lists the keys.`);
    // As an element it would be a tool tip over the whole picture.
    figure.svg.querySelector("title")?.remove();
    figure.svg.removeAttribute("aria-labelledby");
    figure.svg.setAttribute("aria-label", figure.section.querySelector("h2")?.textContent ?? "");
  }
  performance.mark("saliency-ready");
})();
