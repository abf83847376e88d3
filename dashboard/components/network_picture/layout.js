// Where the columns of a network, their tiles (maps or units) and single values stand in the picture.

/** @typedef {{x: number, y: number, width: number, height: number}} Box */

const HEAD = 54, LOW_HEAD = 38; // pixels above the tiles: name, steps and shape; in a low window no steps
const GAP = 30; // between columns, for the lines
const TILE_GAP = 2; // between maps
const MOST_MAPS = 100, MOST_UNITS = 24, MOST_CLASSES = 12; // tiles of a column
const ANSWER_WIDTH = 100, UNIT_WIDTH = 30; // of a class: bar and percentage, without its name

/** Give every column its place, and a tile to each map or unit that is shown: the strongest. */
function layOut(columns, width, height, nameWidth, isLow = false) {
  const last = columns.length - 1, head = isLow ? LOW_HEAD : HEAD;
  columns.forEach((column, number) => {
    column.isClasses = number === last;
    column.isSpatial = column.shape.length === 3 && !column.isClasses;
    column.tiled = pickTiles(column);
  });
  const fixed = (column) => (column.isClasses ? ANSWER_WIDTH + nameWidth : column.isSpatial ? 0 : UNIT_WIDTH);
  const wanted = (column) => (fixed(column) ? 0 : column.shape[0] === 1 ? 1 : column.tiled.length > 30 ? 1.25 : 1);
  const sum = (count) => columns.reduce((all, column) => all + count(column), 0);
  const room = (width - sum(fixed) - last * GAP - 2) / Math.max(1, sum(wanted));
  let x = 1;
  for (const column of columns) {
    const top = column.isClasses && isLow ? 0 : head; // ten rows of bars need all of the height
    const box = { x, y: top, width: fixed(column) || room * wanted(column), height: height - top - 2 };
    column.box = box;
    column.tiles = column.isSpatial ? placeMaps(column, box) : placeRows(column, box);
    x += box.width + GAP;
  }
}

// The strongest, in their own order.
function pickTiles({ shape, value, isClasses, isSpatial }) {
  const most = isSpatial ? MOST_MAPS : isClasses ? MOST_CLASSES : MOST_UNITS, size = value.values.length / shape[0];
  const all = [...Array(shape[0]).keys()], strengthOf = (x) => (isClasses ? x : Math.abs(x));
  if (all.length <= most) return all;
  const strength = all.map((map) => value.values.subarray(map * size, (map + 1) * size).reduce((sum, x) => sum + strengthOf(x), 0));
  return all.sort((a, b) => strength[b] - strength[a]).slice(0, most).sort((a, b) => a - b);
}

function placeMaps({ tiled, shape: [, rows, columns] }, { x, y, width, height }) {
  const sizeOf = (across) => Math.min((width - TILE_GAP * (across - 1)) / across / columns, (height / Math.ceil(tiled.length / across) - TILE_GAP) / rows);
  const counts = tiled.map((_, i) => i + 1);
  const across = counts.reduce((best, one) => (sizeOf(one) > sizeOf(best) ? one : best), 1), size = sizeOf(across);
  const [wide, high] = [size * columns, size * rows], down = Math.ceil(tiled.length / across);
  const [stepX, stepY] = [wide + TILE_GAP, high + TILE_GAP];
  const left = x + (width - across * stepX + TILE_GAP) / 2, top = y + Math.max(0, (height - down * stepY) / 2);
  return new Map(tiled.map((map, i) =>
    [map, { x: left + (i % across) * stepX, y: top + Math.floor(i / across) * stepY, width: wide, height: high }]));
}

function placeRows({ tiled }, { x, y, width, height }) {
  const step = Math.min(height / tiled.length, 34), top = y + (height - step * tiled.length) / 2;
  return new Map(tiled.map((unit, i) => [unit, { x, y: top + i * step, width, height: step - Math.min(TILE_GAP, step / 6) }]));
}

/** Return the map or unit that a place of a column lies in. */
const mapOf = (column, place) => (column.isSpatial ? unravel(place, column.shape)[0] : place);

/** Return whether a value is shown: its column has a tile for its map or unit. */
const isShown = (column, place) => place >= 0 && column.tiles.has(mapOf(column, place));

/** Return where a value stands; undefined where its map or unit is not shown. @returns {Box | undefined} */
function boxOf(column, place) {
  const tile = column.tiles.get(mapOf(column, place));
  if (!tile || !column.isSpatial) return tile;
  const [, y, x] = unravel(place, column.shape), size = tile.width / column.shape[2];
  return { x: tile.x + x * size, y: tile.y + y * size, width: size, height: size };
}

/** Return the column and place at a point of the picture, the column alone at its head; null where nothing is. */
function placeAt(columns, x, y) {
  const inside = (box) => x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
  const head = columns.findIndex(({ box }) => y < box.y && x >= box.x - GAP / 2 && x < box.x + box.width + GAP / 2);
  if (head >= 0) return { number: head };
  const number = columns.findIndex(({ box }) => inside(box));
  const withGap = (tile) => ({ ...tile, width: tile.width + TILE_GAP, height: tile.height + TILE_GAP }); // nobody points at a gap
  const found = number < 0 ? undefined : [...columns[number].tiles].reverse().find(([, tile]) => inside(withGap(tile)));
  if (!found) return null;
  const [map, tile] = found, { shape, isSpatial } = columns[number];
  if (!isSpatial) return { number, place: map };
  const size = tile.width / shape[2], at = (from, most) => Math.min(most - 1, Math.floor(from / size));
  return { number, place: (map * shape[1] + at(y - tile.y, shape[1])) * shape[2] + at(x - tile.x, shape[2]) };
}
