// The forward pass of a classifier, layer by layer, as core/zoo/browser_layers.py describes the layers.

/**
 * @typedef {{name: string, kind: string, [setting: string]: any}} Layer `weight` and `bias` are places in the weights
 * @typedef {{layers: Layer[], weights: Float32Array}} LayerList
 * @typedef {{values: Float32Array, shape: number[]}} Value maps, rows and columns; or units
 */

const FUNCTIONS = {
  relu: (x) => Math.max(x, 0),
  leaky_relu: (x, { slope }) => (x > 0 ? x : slope * x),
  silu: (x) => x / (1 + Math.exp(-x)),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  relu6: (x) => Math.min(Math.max(x, 0), 6),
};

const INVERSIONS = {
  identity: (x) => x,
  negative: (x) => -x,
  complement: (x) => 1 - x,
  "six complement": (x) => 6 - x,
  "sixth complement": (x) => 1 - x / 6,
  "maximum complement": (x, most) => most - x,
  "share complement": (x, most) => 1 - x / Math.max(most, 1e-6),
  "clamped complement": (x) => Math.max(1 - x, 0),
};

const LAYERS = {
  same: (_layer, _weights, value) => value,
  scale, shuffle, conv, linear, invert,
  pool: (layer, _weights, value) => pool(layer, value, false),
  mean_pool: (layer, _weights, value) => pool(layer, value, true),
  two_heads: twoHeads,
};

/**
 * Compute every layer's output, first to last.
 * @param {LayerList} list
 * @param {Value} input
 * @param {(layer: Layer, output: Value) => Value} [change] what a layer's output becomes before the next one reads it
 * @returns {Value[]}
 */
function computeLayers({ layers, weights }, input, change = (_layer, output) => output) {
  let value = input;
  return layers.map((layer) => {
    const compute = LAYERS[layer.kind] ?? activate;
    return (value = change(layer, compute(layer, weights, value)));
  });
}

/** Return probabilities. @param {Value} logits @returns {Float32Array} */
function softmax({ values }) {
  const most = Math.max(...values);
  const powers = values.map((x) => Math.exp(x - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((x) => x / sum);
}

/** Return a digit of 28×28 levels from 0 to 1 as the first layer's input. @param {Float32Array} pixels @returns {Value} */
const toInput = (pixels) => ({ values: pixels, shape: [1, 28, 28] });

// ---- what the components beside it need, too

/** Return bytes that were sent as text. @param {string} text base64 @returns {Uint8Array} */
const decode = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
const highest = (values) => values.indexOf(Math.max(...values)); // the place of the highest
const lastOf = (list) => list[list.length - 1]; // browsers of 2021 have no `at(-1)`

// ---- the layers

const activate = (layer, _weights, value) => transform(value, FUNCTIONS[layer.kind], layer);

// A loop, as it takes a third of the time of `map`.
function transform({ values, shape }, compute, setting) {
  const transformed = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) transformed[i] = compute(values[i], setting);
  return { values: transformed, shape };
}

function invert({ inversion }, _weights, value) {
  const { values, shape } = value;
  if (inversion === "both") {
    const both = new Float32Array(2 * values.length);
    both.set(values);
    both.set(transform(value, INVERSIONS.complement).values, values.length);
    return { values: both, shape: [2 * shape[0], ...shape.slice(1)] };
  }
  return transform(value, INVERSIONS[inversion], values.reduce((a, b) => Math.max(a, b), -Infinity));
}

// A batch norm, or the normalisation of the pixels.
function scale({ weight, bias }, weights, { values, shape }) {
  const size = values.length / shape[0];
  const scaled = new Float32Array(values.length);
  for (let map = 0, i = 0; map < shape[0]; map++)
    for (const end = i + size; i < end; i++) scaled[i] = values[i] * weights[weight + map] + weights[bias + map];
  return { values: scaled, shape };
}

function shuffle({ weight }, weights, { values, shape }) {
  return { values: values.map((_, i) => values[weights[weight + i]]), shape };
}

function linear(layer, weights, { values }) {
  const sums = new Float32Array(layer.outputs);
  multiply(layer, weights, 1, values.length, (windows) => windows.set(values), sums, (row) => row);
  return { values: sums, shape: [layer.outputs] };
}

// One row of places after the other: their windows are soon read again, and take little room.
function conv(layer, weights, value) {
  const [down, across] = value.shape.slice(1).map((side) => outputSize(side, layer));
  const sums = new Float32Array(layer.outputs * down * across), length = value.shape[0] * layer.size * layer.size;
  const padded = layer.padding ? pad(value, layer.padding) : value;
  for (let y = 0; y < down; y++) {
    const fill = (windows, step, first) => cutWindows(layer, padded, [y, first], windows, step);
    multiply(layer, weights, across, length, fill, sums, (map) => (map * down + y) * across);
  }
  return { values: sums, shape: [layer.outputs, down, across] };
}

function outputSize(side, { size, stride, padding, dilation }) {
  return Math.floor((side + 2 * padding - dilation * (size - 1) - 1) / stride) + 1;
}

// Write the windows below the places from [y, x] on, one every `step` numbers: a convolution is their product with the filters.
function cutWindows({ size, stride, dilation }, { values, shape: [maps, rows, columns] }, [y, x0], windows, step) {
  for (let first = 0, x = x0 * stride; first < windows.length; first += step, x += stride)
    for (let map = 0, at = first; map < maps; map++)
      for (let i = 0; i < size; i++) {
        let from = (map * rows + y * stride + i * dilation) * columns + x;
        for (const end = at + size; at < end; at++, from += dilation) windows[at] = values[from];
      }
}

// Put zeros around each map.
function pad({ values, shape: [maps, rows, columns] }, padding) {
  const [down, across] = [rows + 2 * padding, columns + 2 * padding], padded = new Float32Array(maps * down * across);
  for (let map = 0; map < maps; map++)
    for (let row = 0, at = map * rows * columns; row < rows; row++, at += columns)
      padded.set(values.subarray(at, at + columns), (map * down + row + padding) * across + padding);
  return { values: padded, shape: [maps, down, across] };
}

// Windows that fit side by side; what is left at the right and at the bottom is read by none.
function pool({ size }, { values, shape: [maps, rows, columns] }, isMean) {
  const [down, across] = [Math.floor(rows / size), Math.floor(columns / size)];
  const pooled = new Float32Array(maps * down * across);
  let at = 0;
  for (let map = 0; map < maps; map++)
    for (let y = 0; y < down; y++)
      for (let x = 0; x < across; x++) {
        let joined = isMean ? 0 : -Infinity;
        for (let i = 0; i < size; i++) {
          const from = (map * rows + y * size + i) * columns + x * size;
          for (let j = 0; j < size; j++)
            if (isMean) joined += values[from + j];
            else if (values[from + j] > joined) joined = values[from + j];
        }
        pooled[at++] = isMean ? joined / size ** 2 : joined;
      }
  return { values: pooled, shape: [maps, down, across] };
}

// The logits of two heads summed.
function twoHeads(layer, weights, value) {
  const [a, b] = [layer.first, layer.second].map((layers, side) => {
    const outputs = computeLayers({ layers, weights }, headInput(layer, value, side));
    return lastOf(outputs).values;
  });
  return { values: a.map((x, i) => x + layer.omega * b[i]), shape: [a.length] };
}

/** Return what the first (`side` 0) or second of two heads reads: the vector, with `halves` its half of it. */
function headInput({ halves }, value, side) {
  const half = value.values.length / 2;
  return halves ? { values: value.values.subarray(side * half, (side + 1) * half), shape: [half] } : value;
}
