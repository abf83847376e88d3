// Sums of products in WebAssembly (multiply.wat): a whole answer takes a third of the time that loops in JavaScript take.

const ROOM = 2 ** 20; // numbers: windows that are multiplied at a time, and their sums

/** @type {WeakMap<Float32Array, Function>} what multiplies, by weights, for all components of a tab; both in one memory */
const multipliers = (globalThis.negativeSpaceMultipliers ??= new WeakMap());
let compiled = null;

/** Return whether this browser has the instructions: Safari has them since 16.4, the others since 2021. */
const canMultiply = () => globalThis.WebAssembly?.validate(decode(MULTIPLY)) ?? false;

/**
 * Hold weights where `multiply` reads them. Throws where a browser lacks its instructions or the memory.
 * @param {ArrayBuffer} buffer float32
 * @returns {Float32Array} the same numbers
 */
function holdWeights(buffer) {
  const count = buffer.byteLength / 4;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * (count + ROOM + 3)) / 2 ** 16) });
  compiled ??= new WebAssembly.Module(decode(MULTIPLY));
  const { exports } = new WebAssembly.Instance(compiled, { page: { memory } });
  const weights = new Float32Array(memory.buffer, 0, count);
  weights.set(new Float32Array(buffer));
  multipliers.set(weights, exports.multiply);
  return weights;
}

/**
 * Compute the sum of products of each of `outputs` rows of weights with each of `count` windows of `length` numbers, plus biases.
 * @param {(windows: Float32Array, step: number, first: number) => void} fill writes windows from the first on, one every `step` numbers
 * @param {Float32Array} sums where they are written: those of a row side by side
 * @param {(row: number) => number} startOf the place in `sums` of a row's first window
 */
function multiply(layer, weights, count, length, fill, sums, startOf) {
  const step = 4 * Math.ceil(length / 4), most = Math.floor(ROOM / (step + 4));
  for (let first = 0; first < count; first += most)
    multiplySome(layer, weights, Math.min(most, count - first), [length, step], (windows) => fill(windows, step, first), sums, (row) => startOf(row) + first);
}

function multiplySome({ outputs, weight, bias }, weights, count, [length, step], fill, sums, startOf) {
  const add = multipliers.get(weights), { buffer } = weights;
  const room = 4 * Math.ceil(weights.length / 4), end = room + count * step;
  const windows = new Float32Array(buffer, 4 * room, count * step);
  const found = new Float32Array(buffer, 4 * end, 4 * count);
  fill(windows);
  for (let first = 0; first < count * step; first += step) windows.fill(0, first + length, first + step); // times what follows a row
  for (let row = 0; row < outputs; row += 4) {
    const rowAt = (i) => 4 * (weight + Math.min(row + i, outputs - 1) * length);
    add(rowAt(0), rowAt(1), rowAt(2), rowAt(3), 4 * room, 4 * end, 4 * step, 4 * end);
    for (let i = 0; i < 4 && row + i < outputs; i++) {
      const start = startOf(row + i), added = weights[bias + row + i];
      for (let window = 0; window < count; window++) sums[start + window] = found[4 * window + i] + added;
    }
  }
}
