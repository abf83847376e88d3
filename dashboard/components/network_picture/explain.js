// What the picture shows of a network: its columns, and how one value of a column comes from others and goes on.
// forward.js computes the layers.

/**
 * @typedef {{layer: Layer, weights: Float32Array, at: number}} Step
 * @typedef {{name: string, at: number, layer: Layer | null, weights: Float32Array, steps: Step[],
 *   given: Value, sum: Value, value: Value, shown: Value, shape: number[], changes: MapChange[]}} Column
 *   A layer that reads several values, and after it those that change each value by itself. `given` is what it reads,
 *   `sum` its output before any change, `value` that of its last step; of the pixels `shown` are those before they are
 *   normalised.
 * @typedef {{places: number[], weights: number[], products: number[], bias: number}} Parts
 *   Of one value: places in the values before it, -1 in the padding
 */

const APART = new Set(["conv", "pool", "mean_pool", "linear", "invert", "shuffle", "two_heads"]); // have a column of their own

/** Return the columns of a network, the pixels first. @param {{layer: Layer, weights: Float32Array}[]} layers @returns {Column[]} */
function toColumns(layers) {
  const columns = [{ name: "pixels", at: -1, layer: null, steps: [] }];
  layers.forEach(({ layer, weights }, at) => {
    if (APART.has(layer.kind)) columns.push({ name: layer.name, at, layer, weights, steps: [] });
    else lastOf(columns).steps.push({ layer, weights, at });
  });
  return columns;
}

/** Return the names of a column's stages that can be changed: all but those within one of two heads. */
const stagesOf = ({ layer, steps }) => [layer, ...steps.map((step) => step.layer)].filter((one) => one && !one.inner).map(({ name }) => name);

/** Return the steps that change values: their last one's output is what a column shows. */
const functionsOf = ({ steps }) => steps.filter(({ layer }) => layer.kind !== "same");

/**
 * Give every column its values.
 * @param {Column[]} columns @param {Value} input
 * @param {{outputs: Value[], made: Value[]}} run of the layers
 * @param {MapChange[]} changes
 */
function fill(columns, input, { outputs, made }, changes = []) {
  const after = (values, at) => (at < 0 ? input : values[at]);
  columns.forEach((column, number) => {
    column.given = after(outputs, column.at - 1);
    column.sum = after(made, column.at);
    column.value = after(outputs, (columns[number + 1]?.at ?? outputs.length) - 1);
    column.shown = number ? column.value : input;
    column.shape = column.shown.shape;
    column.changes = changes.filter(({ stage }) => stagesOf(column).includes(stage));
  });
}

/** Return the changes of one map of a column. */
const changesOf = ({ changes }, map) => changes.filter((one) => one.map === null || one.map === map);

// Two heads

/** Return a list of layers in which one of two heads (`side` 0 or 1) stands before their sum. @param {LayerList} list */
function takeApart({ layers, weights }, side) {
  const sum = lastOf(layers), inner = innerOf(sum, side);
  const half = sum.halves ? side : undefined, before = layers.slice(0, -1);
  const [first, ...others] = inner.map((layer) => ({ ...layer, inner: true }));
  const read = before.map((layer) => (layer.kind === "invert" ? { ...layer, half } : layer));
  return { weights, layers: first ? [...read, { ...first, half }, ...others, { ...sum, side }] : layers };
}

const innerOf = ({ first, second }, side) => ([first, second][side] ?? []).filter(({ kind }) => kind !== "same");

/**
 * Run the layers of `takeApart`; no change is made within a head.
 * @returns {{outputs: Value[], made: Value[]}} with the changes, and what each layer `made` before its own
 */
function runApart({ layers, weights }, input, side, changes) {
  const made = [], sum = lastOf(layers), inner = innerOf(sum, side);
  const outputs = computeLayers({ layers, weights }, input, (layer, output) => {
    made.push(output);
    return changeOutput(changes, layer, output);
  });
  const read = inner.length ? headInput(sum, outputs[outputs.length - 2] ?? input, side) : input;
  const within = computeLayers({ layers: inner, weights }, read);
  const withHead = (list) => [...list.slice(0, -1), ...within, lastOf(list)];
  return { outputs: withHead(outputs), made: withHead(made) };
}

// What a linear layer reads of the vector: where it begins, and how many numbers.
const partOf = ({ half }, { values }) => (half === undefined ? [0, values.length] : [(half * values.length) / 2, values.length / 2]);
const factorOf = ({ side, omega }) => (side ? omega : 1);

/** Return map, row and column of a place. */
function unravel(place, [, rows, columns]) {
  const row = Math.floor(place / columns);
  return [Math.floor(row / rows), row % rows, place % columns];
}

/** Return from what a value is computed. @param {Column} column @param {number} place @returns {Parts} */
function explain({ layer, weights, given, sum }, place) {
  const read = READ[layer.kind];
  const { places, factors, bias = 0 } = read ? read(layer, weights, given, sum, place) : { places: [], factors: [] };
  const products = places.map((from, i) => (from < 0 ? 0 : factors[i] * given.values[from]));
  if (layer.kind === "invert") products[0] = sum.values[place]; // 1 − x is no product
  return { places, weights: factors, products, bias };
}

const READ = {
  conv(layer, weights, { shape: [maps, rows, columns] }, { shape }, place) {
    const { size, stride, padding, dilation } = layer, [filter, y, x] = unravel(place, shape);
    const first = layer.weight + filter * maps * size ** 2, places = [], factors = [];
    for (let map = 0; map < maps; map++)
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          const row = y * stride - padding + i * dilation, column = x * stride - padding + j * dilation;
          const inside = row >= 0 && row < rows && column >= 0 && column < columns;
          factors.push(weights[first + places.length]);
          places.push(inside ? (map * rows + row) * columns + column : -1);
        }
    return { places, factors, bias: weights[layer.bias + filter] };
  },
  linear(layer, weights, given, _sum, unit) {
    const [start, count] = partOf(layer, given), first = layer.weight + unit * count;
    const factors = Array.from(weights.subarray(first, first + count));
    return { places: factors.map((_, i) => start + i), factors, bias: weights[layer.bias + unit] };
  },
  pool(layer, _weights, given, sum, place) {
    const places = pooled(layer, given, sum, place);
    const largest = places.findIndex((from) => given.values[from] === sum.values[place]);
    return { places, factors: places.map((_, i) => Number(i === largest)) };
  },
  mean_pool(layer, _weights, given, sum, place) {
    const places = pooled(layer, given, sum, place);
    return { places, factors: places.map(() => 1 / places.length) };
  },
  invert: (_layer, _weights, { values }, _sum, place) => ({ places: [place % values.length], factors: [1] }),
  shuffle: (layer, weights, _given, _sum, place) => ({ places: [weights[layer.weight + place]], factors: [1] }),
  two_heads(layer, _weights, given, sum, place) {
    const factor = factorOf(layer); // what the other head adds is the bias here
    return { places: [place], factors: [factor], bias: sum.values[place] - factor * given.values[place] };
  },
};

function pooled({ size }, { shape: [, rows, columns] }, { shape }, place) {
  const [map, y, x] = unravel(place, shape), places = [];
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) places.push((map * rows + y * size + i) * columns + x * size + j);
  return places;
}

/**
 * Return what a value adds to each value of the next column that reads it.
 * @param {Column} next @param {number} place @returns {{places: number[], products: number[]}}
 */
function readersOf(next, place) {
  const places = GO[next.layer.kind]?.(next, place) ?? [];
  return { places, products: places.map((to) => share(next, to, place)) };
}

const GO = {
  conv({ layer: { size, stride, padding, dilation }, given, sum: { shape } }, place) {
    const [, y, x] = unravel(place, given.shape), [filters, down, across] = shape, places = [];
    const reach = (at, most) => [...Array(size).keys()].map((i) => (at + padding - i * dilation) / stride)
      .filter((to) => Number.isInteger(to) && to >= 0 && to < most);
    const rows = reach(y, down), columns = reach(x, across);
    for (let filter = 0; filter < filters; filter++)
      for (const row of rows) for (const column of columns) places.push((filter * down + row) * across + column);
    return places;
  },
  linear({ layer, given, sum }, place) {
    const [start, count] = partOf(layer, given);
    return place >= start && place < start + count ? Array.from(sum.values.keys()) : [];
  },
  two_heads: (_next, place) => [place],
  pool: goPooled,
  mean_pool: goPooled,
  invert({ layer: { half }, given, sum }, place) {
    const places = sum.values.length > given.values.length ? [place, place + given.values.length] : [place];
    return half === undefined ? places : [places[half]];
  },
  shuffle: ({ layer, weights, given }, place) =>
    [weights.subarray(layer.weight, layer.weight + given.values.length).indexOf(place)],
};

function goPooled({ layer: { size }, given, sum: { shape } }, place) {
  const [map, y, x] = unravel(place, given.shape), [row, column] = [Math.floor(y / size), Math.floor(x / size)];
  return row < shape[1] && column < shape[2] ? [(map * shape[1] + row) * shape[2] + column] : [];
}

// What one value adds to another, without listing all that the other reads.
function share({ layer, weights, given, sum }, to, from) {
  const value = given.values[from];
  if (layer.kind === "linear") {
    const [start, count] = partOf(layer, given);
    return value * weights[layer.weight + to * count + from - start];
  }
  if (layer.kind === "two_heads") return value * factorOf(layer);
  if (layer.kind === "conv") {
    const { size, stride, padding, dilation } = layer;
    const [map, y, x] = unravel(from, given.shape), [filter, row, column] = unravel(to, sum.shape);
    const i = (y + padding - row * stride) / dilation, j = (x + padding - column * stride) / dilation;
    return value * weights[layer.weight + ((filter * given.shape[0] + map) * size + i) * size + j];
  }
  if (layer.kind === "pool") return pooled(layer, given, sum, to).find((place) => given.values[place] === sum.values[to]) === from ? value : 0;
  return layer.kind === "mean_pool" ? value / layer.size ** 2 : sum.values[to];
}

/** Return the number of the largest by size, -1 where all are 0. @param {number[]} values */
function strongest(values) {
  return values.reduce((best, x, i) => (Math.abs(x) > Math.abs(values[best] ?? 0) ? i : best), -1);
}

/**
 * Return the way of a value: back along the largest product of each sum, and on along the largest that it adds.
 * @param {Column[]} columns @param {number} number of a column @param {number} place
 * @param {(number: number, place: number) => boolean} isShown the way passes only values that are shown
 */
function trace(columns, number, place, isShown) {
  const back = [], on = [], nothing = { places: [], weights: [], products: [], bias: 0 };
  for (let k = number, at = place; k >= 0; k--) {
    const parts = k ? explain(columns[k], at) : nothing;
    back.push({ number: k, place: at, ...parts });
    const seen = parts.products.map((x, i) => (isShown(k - 1, parts.places[i]) ? x : 0));
    at = parts.places[strongest(seen)] ?? parts.places.find((from) => isShown(k - 1, from));
    if (at === undefined) break;
  }
  for (let k = number, at = place; k < columns.length; k++) {
    const parts = columns[k + 1] ? readersOf(columns[k + 1], at) : nothing;
    on.push({ number: k, place: at, ...parts });
    // What an activation function makes 0 goes no further.
    const seen = parts.products.map((x, i) => (columns[k + 1].value.values[parts.places[i]] && isShown(k + 1, parts.places[i]) ? x : 0));
    at = parts.places[strongest(seen)];
    if (at === undefined) break;
  }
  return { back, on };
}

/**
 * Return what a value reads of every column before it: rows and columns from..to of one map or (`map` null) of all;
 * null: everything.
 */
function readFields(columns, number, place) {
  const fields = Array(number + 1).fill(null), { shape } = columns[number];
  if (shape.length < 3) return fields;
  const [map, y, x] = unravel(place, shape);
  let field = { map, rows: [y, y], columns: [x, x] };
  for (let k = number; k >= 0 && field; k--) {
    fields[k] = field;
    if (k) field = widen(columns[k], columns[k - 1].shape, field);
  }
  return fields;
}

function widen({ layer }, [maps, rows, columns], field) {
  const { kind, size, stride, padding, dilation } = layer;
  const window = { conv: [stride, -padding, (size - 1) * dilation - padding], pool: [size, 0, size - 1], mean_pool: [size, 0, size - 1] };
  if (kind === "invert") return { ...field, map: field.map % maps };
  if (!window[kind]) return null;
  const [step, before, after] = window[kind];
  const reach = ([from, to], most) => [Math.max(0, from * step + before), Math.min(most - 1, to * step + after)];
  return { map: kind === "conv" ? null : field.map, rows: reach(field.rows, rows), columns: reach(field.columns, columns) };
}
