// Ink -> the digit that core/digits/drawing.py makes of it, to the last level: `prepareStrokes` is its `prepare_strokes`.

/** @typedef {{values: Float32Array, rows: number, columns: number}} Ink levels from 0 to 1; background is exactly 0 */

const BOX = 20, FRAME = 28; // pixels
const THIN_STROKE = 1.3, USUAL_STROKE = 1.9; // pixels of the box
const MIN_PIECE = 0.04; // share of the heaviest piece of ink

/**
 * Return a digit of 28×28 levels; null where Python shows a sentence instead: no ink, or nearly all ink.
 * @param {Uint8Array} alpha ink of side×side pixels, 0 to 255
 * @param {number} side
 * @returns {Float32Array | null}
 */
function prepareStrokes(alpha, side) {
  const reduced = reduceInk(alpha, side, Math.max(1, Math.floor(side / 140)));
  const drawn = cropToInk(reduced, 2), most = largest(drawn.values); // at once, because this runs in every frame
  if (!most) return null;
  let inked = 0;
  for (let i = 0; i < drawn.values.length; i++) if ((drawn.values[i] = drawn.values[i] / most), drawn.values[i] > 0.5) inked++;
  if (inked > 0.9 * reduced.values.length) return null;
  return centre(fit(cropToInk(withoutSpecks(drawn))));
}

/**
 * Return the whole digit of a frame of a stroke, and what is visible of it: the same array if nothing is erased. Null
 * where there is no digit.
 * @param {{mode: string, side: number, ink: () => Uint8Array, covered: Uint8Array}} frame of the event `stroke-frame`
 * @param {{digit: Float32Array, mask: Uint8Array, baseMask: Uint8Array}} scene the digit before the stroke, and what is
 *   kept, a bit for each cell; strokes of erasing are added to `baseMask`
 */
function see({ mode, side, ink, covered }, { digit, mask, baseMask }) {
  const whole = mode === "draw" ? prepareStrokes(ink(), side) : digit;
  if (!whole) return null;
  const isKept = (cell) => (mode === "draw" ? isSet(mask, cell) : isSet(baseMask, cell) && !isSet(covered, cell));
  const erased = !whole.every((_, cell) => isKept(cell));
  return erased ? { whole, visible: whole.map((level, cell) => (isKept(cell) ? level : 0)) } : wholly(whole);
}

const wholly = (digit) => ({ whole: digit, visible: digit });

/** Return whether a cell's bit is set. @param {Uint8Array} bits of masks and of erased cells */
const isSet = (bits, cell) => Boolean(bits[cell >> 3] & (128 >> (cell & 7)));

const newInk = (rows, columns) => ({ values: new Float32Array(rows * columns), rows, columns });

// A loop, as others here: it takes a fifth of the time of `reduce`.
function largest(values) {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (values[i] > most) most = values[i];
  return most;
}

// As Python's round: a half goes to the even number.
function roundEven(x) {
  const low = Math.floor(x);
  return x - low === 0.5 ? low + (low & 1) : Math.round(x);
}

// Means of factor×factor whole levels, rounded as Pillow's `reduce` does.
function reduceInk(alpha, side, factor) {
  const small = Math.ceil(side / factor), reduced = newInk(small, small), sums = new Uint32Array(small * small);
  const cellOf = (at) => Math.floor(Math.floor(at / side) / factor) * small + Math.floor((at % side) / factor);
  const fours = new Uint32Array(alpha.buffer); // looked at together, as most levels are 0
  for (let i = 0; i < fours.length; i++)
    if (fours[i]) for (let at = 4 * i; at < 4 * i + 4; at++) sums[cellOf(at)] += alpha[at];
  const sizeOf = (cell) => Math.min(factor, side - cell * factor);
  for (let at = 0; at < sums.length; at++) {
    if (!sums[at]) continue; // as most are
    const count = sizeOf(Math.floor(at / small)) * sizeOf(at % small);
    reduced.values[at] = Math.floor((sums[at] + (count >> 1)) / count) / 255;
  }
  return reduced;
}

// Remove small touches made by mistake; they are found at half the resolution.
function withoutSpecks(ink) {
  const half = halve(ink), labels = labelPieces(half);
  const weights = [];
  labels.forEach((label, i) => label && (weights[label] = (weights[label] ?? 0) + half.values[i]));
  if (weights.length < 3) return ink; // label 0 is the background
  const enough = MIN_PIECE * weights.reduce((a, b) => Math.max(a, b), 0);
  const values = ink.values.map((level, i) => {
    const row = Math.floor(i / ink.columns) >> 1, column = (i % ink.columns) >> 1;
    const label = labels[row * half.columns + column];
    return label && weights[label] < enough ? 0 : level;
  });
  return { ...ink, values };
}

function halve({ values, rows, columns }) {
  const half = newInk(Math.ceil(rows / 2), Math.ceil(columns / 2));
  const counts = new Uint8Array(half.values.length);
  for (let row = 0, i = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, i++) {
      const at = (row >> 1) * half.columns + (column >> 1);
      half.values[at] += values[i];
      counts[at]++;
    }
  half.values.forEach((sum, at) => (half.values[at] = sum / counts[at]));
  return half;
}

// Number the pieces of ink from 1; pixels that touch by a corner are one piece.
function labelPieces({ values, rows, columns }) {
  const labels = new Uint16Array(values.length);
  let count = 0;
  for (let start = 0; start < values.length; start++) {
    if (!values[start] || labels[start]) continue;
    labels[start] = ++count;
    for (const open = [start]; open.length; ) {
      const at = open.pop(), row = Math.floor(at / columns), column = at % columns;
      for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, rows - 1); y++)
        for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, columns - 1); x++) {
          const next = y * columns + x;
          if (values[next] && !labels[next]) open.push(next), (labels[next] = count);
        }
    }
  }
  return labels;
}

// Cut away what is empty; the first and last rows and columns that stay are whole cells of a grid.
function cropToInk({ values, rows, columns }, grid = 1) {
  let [top, left, bottom, right] = [rows, columns, 0, 0];
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++)
      if (values[at]) {
        if (row < top) top = row;
        if (column < left) left = column;
        if (column >= right) right = column + 1;
        bottom = row + 1;
      }
  const [up, back] = [top, left].map((first) => first - (first % grid));
  const [height, width] = [Math.min(Math.ceil(bottom / grid) * grid, rows) - up, Math.min(Math.ceil(right / grid) * grid, columns) - back];
  return cut(values, columns, up, back, Math.max(height, 0), Math.max(width, 0));
}

// Part of a picture; what lies outside of it is 0.
function cut(values, width, top, left, rows, columns) {
  const part = newInk(rows, columns), height = values.length / width;
  for (let y = Math.max(0, -top); y < Math.min(rows, height - top); y++)
    for (let x = Math.max(0, -left); x < Math.min(columns, width - left); x++)
      part.values[y * columns + x] = values[(y + top) * width + x + left];
  return part;
}

// Scale to a long side of 20 pixels; strokes that are too thin are thickened first. Levels are whole 255ths.
function fit(cropped) {
  const width = strokeWidth(scaled(cropped, 4 * BOX)) / 4;
  const solid = width < THIN_STROKE ? cropToInk(thickened(cropped, 2 * (USUAL_STROKE - width))) : cropped;
  const fitted = scaled(solid, BOX), most = largest(fitted.values);
  fitted.values = fitted.values.map((level) => roundEven(Math.fround(Math.fround(level / most) * 255)) / 255);
  return fitted;
}

// The mean width of strokes in pixels: twice their area over the length of their outline.
function strokeWidth({ values, rows, columns }) {
  const padded = cut(values, columns, -1, -1, rows + 2, columns + 2).values;
  let outline = 0;
  for (let y = 0; y <= rows; y++)
    for (let x = 0; x <= columns; x++) {
      const at = y * (columns + 2) + x;
      const down = padded[at + columns + 2] - padded[at], right = padded[at + 1] - padded[at];
      outline += Math.sqrt(down * down + right * right); // Math.hypot takes twenty times as long
    }
  return (2 * values.reduce((a, b) => a + b, 0)) / Math.max(outline, 1e-6);
}

// Widen strokes by `by` pixels on each side of a grid four times finer than the box.
function thickened(ink, by) {
  const step = Math.ceil(Math.max(ink.rows, ink.columns) / (4 * BOX)), edge = Math.floor(by) + 2;
  const fine = scaled(widened(cut(ink.values, ink.columns, -step, -step, ink.rows + 2 * step, ink.columns + 2 * step), step), 4 * BOX);
  const thick = newInk(fine.rows + 2 * edge, fine.columns + 2 * edge), reach = Math.ceil(by);
  fine.values.forEach((level, i) => {
    if (level <= 0.5) return;
    const row = Math.floor(i / fine.columns) + edge, column = (i % fine.columns) + edge;
    for (let y = -reach; y <= reach; y++)
      for (let x = -reach; x <= reach; x++) {
        const at = (row + y) * thick.columns + column + x;
        thick.values[at] = Math.max(thick.values[at], Math.min(by + 1 - Math.sqrt(x * x + y * y), 1));
      }
  });
  return thick;
}

// The highest of the size×size levels around each pixel, so that a thin stroke survives being made smaller.
function widened({ values, rows, columns }, size) {
  const wide = newInk(rows, columns), first = -(size >> 1);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      for (let i = first; i < first + size; i++)
        for (let j = first; j < first + size; j++)
          if (y + i >= 0 && y + i < rows && x + j >= 0 && x + j < columns)
            wide.values[y * columns + x] = Math.max(wide.values[y * columns + x], values[(y + i) * columns + x + j]);
  return wide;
}

function scaled(ink, longSide) {
  const scale = longSide / Math.max(ink.rows, ink.columns);
  const [rows, columns] = [ink.rows, ink.columns].map((side) => Math.max(1, roundEven(side * scale)));
  return resize(resize(ink, columns, true), rows, false);
}

// As Pillow resizes mode F with its Hamming filter, along one side: across or down.
function resize(ink, size, isAcross) {
  const [length, step, lines, line] = isAcross ? [ink.columns, 1, ink.rows, ink.columns] : [ink.rows, ink.columns, ink.columns, 1];
  if (size === length) return ink;
  const resized = isAcross ? newInk(lines, size) : newInk(size, lines), resizedLine = isAcross ? size : 1;
  for (let place = 0; place < size; place++) {
    const [first, weights] = weightsAt(place, length, size);
    for (let i = 0; i < lines; i++) {
      let sum = 0;
      for (let j = 0, at = first * step + i * line; j < weights.length; j++, at += step) sum += ink.values[at] * weights[j];
      resized.values[place * step + i * resizedLine] = sum;
    }
  }
  return resized;
}

// The first of the levels that count for a place of the resized side, and what each of them counts.
function weightsAt(place, length, size) {
  const scale = length / size, support = Math.max(scale, 1), middle = (place + 0.5) * scale;
  const first = Math.max(Math.trunc(middle - support + 0.5), 0), end = Math.min(Math.trunc(middle + support + 0.5), length);
  const weights = new Float64Array(end - first);
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i] = hamming((i + first - middle + 0.5) / support);
  for (let i = 0; i < weights.length; i++) weights[i] /= total;
  return [first, weights];
}

function hamming(x) {
  const turn = Math.abs(x) * Math.PI;
  if (!turn) return 1;
  return Math.abs(x) >= 1 ? 0 : (Math.sin(turn) / turn) * (Math.fround(0.54) + Math.fround(0.46) * Math.cos(turn));
}

// Put the digit into 28×28 so that its centre of mass falls on pixel (14, 14), by whole pixels.
function centre({ values, rows, columns }) {
  const mass = sumAsNumPy(values);
  let [down, across] = [0, 0];
  values.forEach((level, i) => {
    down += level * Math.floor(i / columns);
    across += level * (i % columns);
  });
  const shift = (moment, size) => Math.min(Math.max(roundEven(FRAME / 2 - moment / mass), 0), FRAME - size);
  return cut(values, columns, -shift(down, rows), -shift(across, columns), FRAME, FRAME).values;
}

// NumPy's sum of float32: eight sums side by side, in parts of 128. Another order would move a digit that is symmetrical.
function sumAsNumPy(values) {
  const { length } = values, add = (a, b) => Math.fround(a + b);
  if (length < 8) return values.reduce(add, 0);
  if (length > 128) {
    const half = (length >> 1) - ((length >> 1) % 8);
    return add(sumAsNumPy(values.subarray(0, half)), sumAsNumPy(values.subarray(half)));
  }
  const sums = values.slice(0, 8), whole = length - (length % 8);
  for (let i = 8; i < whole; i++) sums[i % 8] += values[i];
  const [a, b, c, d] = [0, 2, 4, 6].map((i) => add(sums[i], sums[i + 1]));
  return values.subarray(whole).reduce(add, add(add(a, b), add(c, d)));
}
