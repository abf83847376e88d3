// Painting: the network on one canvas whenever its values change, and on a second one above it the way of one value.

const GRAY = [255, 255, 255], ORANGE = "#e69f00"; // colors.js has the others
const LINES = 24; // from or to a column, the strongest
const FAINT = 0.12;

/** Return maps as a picture, a pixel for each value, one map below another. */
const toSheet = ({ shown: { values }, shape }, gray) => toPicture(values, shape[2], [gray ? 1 : limitOf(values)], gray ? GRAY : BLUE);

function clear(canvas, width, height) {
  const scale = window.devicePixelRatio || 1, context = canvas.getContext("2d");
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  return context;
}

/** Paint all columns. `answers`: names of the classes, probabilities now and `before` anything was changed. */
function paintNetwork(canvas, { columns, width, height, nameWidth, answers, ink, font }) {
  const context = clear(canvas, width, height);
  Object.assign(context, { fillStyle: ink, strokeStyle: ink, textBaseline: "middle" });
  columns.forEach((column, number) => {
    if (column.box.y) paintHead(context, column, font);
    if (column.isClasses) return paintAnswers(context, column, answers, nameWidth, font);
    if (column.isSpatial) column.sheet = toSheet(column, number === 0);
    const limit = limitOf(column.shown.values);
    for (const [map, tile] of column.tiles) {
      if (column.isSpatial) paintMap(context, column, map, tile);
      else paintUnit(context, column.shown.values[map], limit, tile);
      mark(context, tile, column.changes.filter((one) => one.map === map));
    }
    mark(context, boundsOf([...column.tiles.values()]), column.changes.filter((one) => one.map === null));
  });
}

function paintHead(context, column, font) {
  const { name, layer, shape, tiled, box, isSpatial, isClasses } = column, functions = functionsOf(column);
  const follows = name === "pixels" || !functions.length ? "" : `→ ${functions.map(({ layer }) => layer.name).join(" → ")}`;
  const lines = [titleOf(column), isClasses ? "→ softmax" : follows];
  if (layer?.kind === "invert") lines[1] = titleOf(column) === "x" ? "not inverted" : "inverted";
  if (box.y < HEAD) lines.pop();
  lines.push(isSpatial ? shape.join(" × ") : tiled.length === shape[0] ? `${shape[0]}` : `${tiled.length} of ${shape[0]}`);
  context.textAlign = "center";
  lines.forEach((line, i) => {
    context.font = `${i ? "" : "600 "}14px ${font}`;
    const most = box.width + GAP - 14, half = Math.min(most, context.measureText(line).width) / 2; // no two run into one another
    context.fillText(line, Math.max(box.x + box.width / 2, half), 8 + 16 * i, most);
  });
}

function paintMap(context, { sheet, shape: [, rows, columns] }, map, { x, y, width, height }) {
  context.drawImage(sheet, 0, map * rows, columns, rows, x, y, width, height);
}

function paintUnit(context, value, limit, { x, y, width, height }) {
  const ink = context.fillStyle;
  context.fillStyle = `rgb(${toColor(value, limit)})`;
  context.fillRect(x, y, width, height);
  context.fillStyle = ink;
}

function boundsOf(boxes) {
  const [x, y] = ["x", "y"].map((side) => Math.min(...boxes.map((box) => box[side])));
  return { x, y, width: Math.max(...boxes.map((box) => box.x + box.width)) - x, height: Math.max(...boxes.map((box) => box.y + box.height)) - y };
}

// A cross over what is off, a corner over what is changed otherwise: of a map, or of all maps of a stage.
function mark(context, { x, y, width, height }, changes) {
  if (!changes.length) return;
  const corner = Math.min(width, height, Math.max(6, Math.min(12, 0.3 * width))), isOff = changes.every(({ change }) => change === "off");
  context.save();
  Object.assign(context, { strokeStyle: ORANGE, fillStyle: ORANGE, lineWidth: 2 });
  context.strokeRect(x + 1, y + 1, width - 2, height - 2);
  context.beginPath();
  context.moveTo(x, y);
  if (isOff) {
    context.lineTo(x + width, y + height);
    context.moveTo(x + width, y);
    context.lineTo(x, y + height);
    context.stroke();
  } else {
    context.lineTo(x + corner, y);
    context.lineTo(x, y + corner);
    context.fill();
  }
  context.restore();
}

// A row: the name, a bar, the share in percent; a line where the bar ended before anything was switched.
function paintAnswers(context, { tiles }, { classes, now, before }, nameWidth, font) {
  const best = highest(now), ink = context.fillStyle;
  for (const [label, { x, y, width, height }] of tiles) {
    const middle = y + height / 2, inset = Math.min(3, height / 8), bar = { x: x + nameWidth + 6, width: width - nameWidth - 48 };
    context.font = `${label === best ? "700 " : ""}14px ${font}`;
    context.textAlign = "right";
    context.fillText(classes[label], x + nameWidth, middle, nameWidth);
    context.fillText(`${Math.round(100 * now[label])} %`, x + width, middle);
    context.globalAlpha = 0.18;
    context.fillRect(bar.x, y + inset, bar.width, height - 2 * inset);
    context.globalAlpha = 1;
    context.fillStyle = `rgb(${BLUE})`;
    context.fillRect(bar.x, y + inset, bar.width * now[label], height - 2 * inset);
    context.fillStyle = ORANGE;
    if (before) context.fillRect(bar.x + bar.width * before[label] - 1.5, y, 3, height);
    context.fillStyle = ink;
  }
}

/** Paint the way of the value at `chosen`: what it reads, the products as lines, and where it goes. */
function paintWay(canvas, { columns, width, height, chosen, way, fields, ink }) {
  const context = clear(canvas, width, height);
  if (!chosen) return;
  paintFields(context, columns, chosen, fields);
  const paint = (side, step, parts) => paintLines(context, columns[step.number + side], columns[step.number], parts, step.place);
  way.back.forEach((step) => paint(-1, step, sumByMap(columns, step)));
  way.on.forEach((step) => paint(1, step, strongestByMap(columns, step)));
  [...way.back, ...way.on].forEach(({ number, place }) => {
    const color = number === chosen.number ? ORANGE : columns[number].isSpatial ? "white" : ink; // maps are dark in both themes
    frame(context, boxOf(columns[number], place), color);
  });
}

// What the value reads of the columns before it, on every map that it reads.
function paintFields(context, columns, chosen, fields) {
  fields.forEach((field, number) => {
    const column = columns[number];
    if (!field || number === chosen.number || !column.isSpatial) return;
    const [top, bottom] = field.rows, [left, right] = field.columns;
    for (const [map, tile] of column.tiles) {
      if (field.map !== null && field.map !== map) continue;
      const size = tile.width / column.shape[2];
      context.strokeStyle = ORANGE;
      context.strokeRect(tile.x + left * size, tile.y + top * size, (right - left + 1) * size, (bottom - top + 1) * size);
    }
  });
}

/** Return what each map or unit before adds to a value: the sum of its products. @returns {Map<number, number>} */
function sumByMap(columns, { number, places, products }) {
  const sums = new Map(), before = columns[number - 1];
  places.forEach((from, i) => {
    if (from < 0) return;
    const map = mapOf(before, from);
    sums.set(map, (sums.get(map) ?? 0) + products[i]);
  });
  return sums;
}

// What a value adds to each map after it, where it adds most.
function strongestByMap(columns, { number, places, products }) {
  const most = new Map(), next = columns[number + 1];
  places.forEach((to, i) => {
    const map = mapOf(next, to);
    if (Math.abs(products[i]) >= Math.abs(most.get(map) ?? 0)) most.set(map, products[i]);
  });
  return most;
}

function paintLines(context, other, column, parts, place) {
  const end = boxOf(column, place);
  if (!other || !end) return;
  const shown = [...parts].filter(([map]) => other.tiles.has(map)).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, LINES);
  const most = Math.max(1e-9, ...shown.map(([, part]) => Math.abs(part)));
  for (const [map, part] of shown.reverse()) {
    const size = Math.abs(part) / most;
    context.globalAlpha = FAINT + (1 - FAINT) * size;
    Object.assign(context, { strokeStyle: `rgb(${part < 0 ? RED : BLUE})`, lineWidth: 0.6 + 2.6 * size });
    connect(context, other.tiles.get(map), end);
  }
  context.globalAlpha = 1;
}

function connect(context, one, other) {
  const [left, right] = one.x < other.x ? [one, other] : [other, one];
  const [x, y, toX, toY] = [left.x + left.width, left.y + left.height / 2, right.x, right.y + right.height / 2];
  context.beginPath();
  context.moveTo(x, y);
  context.bezierCurveTo((x + toX) / 2, y, (x + toX) / 2, toY, toX, toY);
  context.stroke();
}

function frame(context, box, color) {
  if (!box) return;
  const least = 5, width = Math.max(box.width, least), height = Math.max(box.height, least);
  Object.assign(context, { strokeStyle: color, lineWidth: 1.6 });
  context.strokeRect(box.x + (box.width - width) / 2 - 0.8, box.y + (box.height - height) / 2 - 0.8, width + 1.6, height + 1.6);
}
