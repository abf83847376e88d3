// Signed values as colours, as core/visualization/signed_colors.py has them: black at zero, blue above, red below.

const BLUE = [79, 168, 224], RED = [240, 82, 107];

/** Return a value as a colour: black at zero, blue up to `limit`, red down to `-limit`. */
function toColor(value, limit) {
  const size = Math.min(1, Math.abs(value) / limit) || 0;
  return (value < 0 ? RED : BLUE).map((part) => Math.round(part * size));
}

// A loop, as the one below: they run in every frame of a stroke.
function limitOf(values) {
  let most = 1e-9;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) > most) most = Math.abs(values[i]);
  return most;
}

/**
 * Return maps as a picture, a pixel for each value, one map below another.
 * @param {Float32Array} values @param {number} columns of a map
 * @param {number[]} limits of equal shares of the values, one after another
 */
function toPicture(values, columns, limits, positive = BLUE) {
  const rows = values.length / columns, share = values.length / limits.length;
  const picture = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
  const pixels = new ImageData(columns, rows), { data } = pixels; // which rounds
  for (let i = 0; i < values.length; i++) {
    const color = values[i] < 0 ? RED : positive, size = Math.min(1, Math.abs(values[i]) / limits[Math.floor(i / share)]);
    for (let part = 0; part < 3; part++) data[4 * i + part] = color[part] * size;
    data[4 * i + 3] = 255;
  }
  picture.getContext("2d").putImageData(pixels, 0, 0);
  return picture;
}
