// The card below the picture: one value as a multiplication, in numbers.

const MOST_CELLS = 49, LISTED = 6, LOW_LISTED = 5; // numbers of a grid; of a sum without a window, the largest products
const format = (value, digits = 2) => value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
const exact = (value) => format(value, 4);
const inBrackets = (value) => (value < 0 ? `(${exact(value)})` : exact(value));

/** Return what a column is called: the inverted features by their formula, which is x where nothing is inverted. */
function titleOf({ name, layer, changes }) {
  const formula = FORMULAS[layer?.inversion];
  const isTurned = changes.some(({ map, change }) => map === null && change === "1 - x");
  return (isTurned && TURNED[formula]) || formula || name;
}

/** Return what a value is called. */
function nameOf(column, place, classes) {
  if (column.isClasses) return `the score of ${classes[place]}`;
  if (!column.isSpatial) return `${column.name}, unit ${place}`;
  const [map, row, at] = unravel(place, column.shape);
  return `${titleOf(column)}, ${column.shape[0] > 1 ? `map ${map}, ` : ""}row ${row}, column ${at}`;
}

/**
 * Return the products of one map as a grid, or the largest of all.
 * @returns {{across: number, numbers: number[], labels: string[]}} `numbers` are places in the parts
 */
function toGrid(before, parts, map) {
  const all = parts.places.map((_, i) => i), count = before.isSpatial ? parts.places.length / groups(before, parts) : 0;
  const across = Math.round(Math.sqrt(count));
  if (count && count <= MOST_CELLS && across ** 2 === count) {
    const first = parts.places.length > count ? map * count : 0;
    return { across, numbers: all.slice(first, first + count), labels: [] };
  }
  const numbers = all.sort((a, b) => Math.abs(parts.products[b]) - Math.abs(parts.products[a])).slice(0, isLow() ? LOW_LISTED : LISTED);
  const labels = numbers.map((i) => String(parts.places[i]));
  return { across: numbers.length, numbers, labels };
}

// Of how many maps a sum reads: all, or one.
function groups(before, { places }) {
  const maps = new Set(places.filter((from) => from >= 0).map((from) => mapOf(before, from)));
  return maps.size > 1 ? before.shape[0] : 1;
}

/** Return the sum and what follows it as one line. */
function writeFormula({ columns, run, answers, way, chosen: { number, place } }, parts) {
  const column = columns[number], value = column.sum.values[place];
  const start = START[column.layer?.kind]?.(parts, value, column, place) ?? exact(value);
  const steps = [column, ...column.steps].flatMap((step) => [
    step === column || step.layer.kind === "same" ? "" : writeStep(step, column, run, place),
    writeChanges(step, column, run, place),
  ]);
  const last = column.isClasses ? [`softmax: ${(100 * answers.now[place]).toFixed(2)} %`] : [];
  const goesOn = column.isClasses || !GO[columns[number + 1].layer.kind] || way.on[0].products.some(Boolean);
  if (!goesOn) last.push(writeEnd(column, columns[number + 1], place));
  return [start, ...steps, ...last].filter(Boolean).join(" → ");
}

// What was changed by hand in the output of a step.
function writeChanges({ layer, at }, column, { outputs }, place) {
  const own = changesOf(column, mapOf(column, place)).filter(({ stage }) => stage === layer?.name);
  const said = own.map((one) => inversionBy(column, one) ?? `${own.length > 1 ? (one.map === null ? "stage " : "map ") : ""}${CHANGED[one.change]}`);
  return own.length ? `${said.join(", then ")}: ${exact(outputs[at].values[place])}` : "";
}

const writeEnd = ({ value }, { name, layer }, place) =>
  layer.kind === "pool" && value.values[place] ? `ends here: ${name} takes a larger value` : "ends here: it adds 0 to all";

const summed = ({ products }) => products.reduce((sum, x) => sum + x, 0);

function writeSum(parts) {
  const sum = summed(parts), { bias } = parts;
  return `${parts.products.length} products sum to ${exact(sum)} + bias ${inBrackets(bias)} = ${exact(sum + bias)}`;
}

const START = {
  conv: writeSum,
  linear: writeSum,
  pool: (parts, value) => `largest of ${parts.places.length} = ${exact(value)}`,
  mean_pool: (parts, value) => `average of ${parts.places.length} = ${exact(value)}`,
  invert(parts, value, { layer: { inversion }, given: { values } }, place) {
    const formula = inversion === "both" ? FORMULAS[place < values.length ? "identity" : "complement"] : FORMULAS[inversion];
    const x = `x = ${exact(values[parts.places[0]])}`;
    return formula === "x" ? x : `${x}, ${formula} = ${exact(value)}`;
  },
  shuffle: (parts, value, { given }) => `taken from pixel ${parts.places[0]} of ${given.values.length}: ${exact(value)}`,
  two_heads: ({ products, bias }, value, { layer: { side } }) =>
    `head ${side + 1}: ${exact(products[0])}, head ${2 - side}: ${exact(bias)}, sum ${exact(value)}`,
};
const FORMULAS = {
  identity: "x", negative: "−x", complement: "1 − x", "six complement": "6 − x", "sixth complement": "1 − x/6", both: "x, 1 − x",
  "maximum complement": "max(x) − x", "share complement": "1 − x/max(x)", "clamped complement": "max(1 − x, 0)",
};
const TURNED = { x: "1 − x", "1 − x": "x", "−x": "1 + x" }; // by 1 − x

function writeStep({ layer, weights, at }, column, { outputs, made }, place) {
  const value = exact(made[at].values[place]), given = (at ? outputs[at - 1] : column.shown).values[place];
  if (layer.kind === "relu") return `${layer.name}: max(0, ${exact(given)}) = ${value}`;
  if (layer.kind !== "scale") return `${layer.name}(${exact(given)}) = ${value}`;
  const map = made[at].shape.length > 1 ? unravel(place, made[at].shape)[0] : place;
  return `${layer.name}: ${exact(given)} · ${exact(weights[layer.weight + map])} + ${inBrackets(weights[layer.bias + map])} = ${value}`;
}

const luminance = (color) => color.reduce((sum, part, i) => sum + [0.2126, 0.7152, 0.0722][i] * (part / 255) ** 2.2, 0);

/** Return a grid of numbers as HTML; `limit` is where its colours end. */
function drawGrid(title, { across, labels }, values, limit) {
  const cells = values.map((value, i) => {
    const color = toColor(value, limit), dark = luminance(color) > 0.179 ? ` class="dark"` : ""; // black and white are as legible there
    const label = labels[i] ? `<i>${labels[i]}</i>` : "";
    return `<span style="background:rgb(${color})"${dark}>${label}${format(value)}</span>`;
  });
  return `<figure><figcaption>${title.replaceAll("<", "&lt;")}</figcaption><div class="grid" style="grid-template-columns:repeat(${across},auto)">${cells.join("")}</div></figure>`;
}

/** Paint one map large, with a frame around some of its rows and columns. */
function paintLarge(canvas, column, map, field) {
  canvas.hidden = !column?.isSpatial;
  if (canvas.hidden) return;
  const [, rows, columns] = column.shape, size = Math.max(1, Math.floor(240 / Math.max(rows, columns)));
  Object.assign(canvas, { width: columns * size, height: rows * size });
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(column.sheet, 0, map * rows, columns, rows, 0, 0, canvas.width, canvas.height);
  if (!field) return;
  Object.assign(context, { strokeStyle: ORANGE, lineWidth: 3 });
  const [top, bottom] = field.rows, [left, right] = field.columns;
  context.strokeRect(left * size, top * size, (right - left + 1) * size, (bottom - top + 1) * size);
}
