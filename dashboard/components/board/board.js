// Lay out sheets of small pictures (tiles) for the space that there is, and send which one was chosen. On a switchable
// board the page is told which ones were, by the event `tiles-chosen`, and of those under a drag that goes on by
// `tiles-brushed`; maps that the page has computed come by `maps-seen`.
// Streamlit calls the default export for every change, always with the same parentElement while the board is on the page.

const boards = new WeakMap(); // a board's outermost element -> its state
const following = new Set(); // boards on the page whose maps follow
const EDGES = { 1: "#444", 3: "#666" }; // of tiles with a gap of so many pixels: black tiles are visible on a dark page too
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".board");
  if (!boards.has(root)) boards.set(root, create(root));
  const board = boards.get(root);
  board.switchable = data.switchable;
  board.send = (row, tiles) => {
    if (data.switchable) tell(root, "tiles-chosen", row, tiles);
    else if (data.choosable) setTriggerValue("chosen", [row, tiles[0]]);
  };
  board.inbox = board.inbox.then(() => receive(board, data)).catch(console.error);
}

const tell = (root, event, row, tiles) => root.dispatchEvent(new CustomEvent(event, { bubbles: true, composed: true, detail: { row, tiles } }));

function create(root) {
  const board = { root, rows: root.querySelector(".rows"), tip: root.querySelector(".tip"), said: root.querySelector(".said"), sheets: [], form: "" };
  board.inbox = Promise.resolve();
  new ResizeObserver(() => board.sheets.forEach((sheet) => draw(board, sheet))).observe(root);
  return board;
}

async function receive(board, data) {
  const pictures = await Promise.all(data.rows.flatMap((row) => row.sheets.map((sheet) => load(sheet.picture))));
  const form = JSON.stringify(data.rows.map((row) => [row.name, row.sheets.length]));
  if (form !== board.form) build(board, data.rows); // else the same elements are painted again, and nothing jumps
  board.form = form;
  board.chosen = data.chosen;
  board.root.setAttribute("aria-label", data.label);
  board.root.classList.toggle("choosable", data.choosable || data.switchable);
  data.rows.forEach((row, at) => describe(board.rows.children[at], row));
  const sheets = data.rows.flatMap((row) => row.sheets.map((sheet) => ({ row: row.name, marked: row.marked, follows: row.follows, ...sheet })));
  board.sheets.forEach((sheet, at) => {
    Object.assign(sheet, sheets[at], { picture: pictures[at] });
    draw(board, sheet);
    if (sheet.at !== null) point(board, sheet, sheet.at < sheet.names.length ? sheet.at : null); // its values are others now
  });
  if (sheets.some((sheet) => sheet.follows)) following.add(board);
  board.root.dataset.drawn = data.mark;
}

async function load(source) {
  const picture = new Image();
  picture.src = source;
  await picture.decode();
  return picture;
}

// Following what the page computes; the server's next answer replaces it

document.addEventListener("maps-seen", ({ detail: { maps, changes } }) => {
  for (const board of following) {
    if (!board.root.isConnected) following.delete(board); // of a page that was left
    else board.sheets.filter((sheet) => sheet.follows).forEach((sheet) => follow(board, sheet, maps, changes));
  }
});

function follow(board, sheet, maps, changes) {
  const { stage, map, each } = sheet.follows, values = maps.get(stage), count = sheet.names.length;
  if (map === null) sheet.marked = changedTiles(changes.filter((one) => one.stage === stage), count);
  if (values) sheet.picture = paintTiles(map === null ? values : values.slice(map * count, (map + 1) * count), sheet.width, each ? count : 1);
  draw(board, sheet);
}

const changedTiles = (changes, count) => Array.from({ length: count }, (_, tile) => tile).filter((tile) => changes.some(({ map }) => map === null || map === tile));

// As `draw_tiles` of core/visualization/feature_maps.py, with so many colour scales; all tiles below one another.
function paintTiles(values, width, scales) {
  const share = values.length / scales;
  const limits = Array.from({ length: scales }, (_, scale) => limitOf(values.subarray(scale * share, (scale + 1) * share)));
  return toPicture(values, width, limits);
}

// Elements

function build(board, rows) {
  board.sheets = [];
  board.rows.replaceChildren(...rows.map((row) => {
    const about = make("div", "about", make("div", "name"), make("div", "note"));
    return make("div", "row", about, make("div", "sheets", ...row.sheets.map(() => buildSheet(board))));
  }));
}

function buildSheet(board) {
  const canvas = make("canvas"), here = make("div", "frame here"), chosen = make("div", "frame chosen");
  const heading = make("div", "title"), tiles = make("div", "tiles", canvas, chosen, here);
  const sheet = { canvas, here, chosen, heading, element: make("div", "sheet", heading, tiles), at: null };
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.onpointermove = (event) => {
    point(board, sheet, hit(sheet, event));
    brush(board, sheet, event);
  };
  canvas.onpointerleave = canvas.onblur = () => point(board, sheet, null);
  canvas.onpointerdown = (event) => beginBrush(board, sheet, event);
  canvas.onpointerup = canvas.onpointercancel = (event) => endBrush(board, sheet, event);
  canvas.onclick = (event) => sheet.brushed || choose(board, sheet, hit(sheet, event));
  canvas.onkeydown = (event) => press(board, sheet, event);
  board.sheets.push(sheet);
  here.hidden = chosen.hidden = true;
  return sheet.element;
}

function make(tag, name, ...children) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...children);
  return element;
}

function describe(element, { name, note }) {
  element.querySelector(".name").textContent = name;
  element.querySelector(".note").replaceChildren(...note.split("\n").map((line) => make("span", "", line)));
}

// Laying out and painting

// Tiles are as large as fits in two rows, within limits; in fixed columns, as large as fits.
function measure({ element, names, least, most, columns, apart }) {
  const room = element.clientWidth, gap = !apart ? 0 : least >= 16 ? 3 : 1;
  const wanted = Math.floor((room + gap) / (columns || Math.ceil(names.length / 2))) - gap;
  const side = Math.max(columns ? 1 : Math.min(least, room), Math.min(most, wanted)), step = side + gap;
  const across = columns || Math.max(1, Math.min(names.length, Math.floor((room + gap) / step)));
  return { across, side, step, rows: Math.ceil(names.length / across), gap };
}

function draw(board, sheet) {
  const { canvas, picture, heading, title, names, width, height } = sheet;
  if (!picture) return;
  sheet.element.style.setProperty("--least", `${sheet.columns ? sheet.columns * sheet.least : 90}px`);
  heading.hidden = !title;
  heading.textContent = title;
  canvas.setAttribute("aria-label", `${sheet.row}, ${title || "tiles"}: ${names.length}; arrow keys, then Enter`);
  const { across, side, step, rows, gap } = (sheet.layout = measure(sheet)), scale = window.devicePixelRatio || 1;
  const [wide, high] = [across * step - gap, rows * step - gap];
  Object.assign(canvas, { width: Math.round(wide * scale), height: Math.round(high * scale) });
  Object.assign(canvas.style, { width: `${wide}px`, height: `${high}px` });
  const context = canvas.getContext("2d"), stored = Math.round(picture.width / width);
  context.scale(scale, scale);
  context.imageSmoothingEnabled = false;
  context.fillStyle = EDGES[gap];
  names.forEach((_, tile) => {
    const from = [(tile % stored) * width, Math.floor(tile / stored) * height];
    const [left, top] = place(sheet, tile);
    if (gap) context.fillRect(left - 1, top - 1, side + 2, side + 2);
    context.drawImage(picture, ...from, width, height, left, top, side, side);
  });
  for (const tile of sheet.marked) mark(sheet, tile);
  const [row, tile] = board.chosen ?? [];
  frame(sheet, sheet.chosen, row === sheet.row && tile < names.length ? tile : null);
}

const place = ({ layout: { across, step } }, tile) => [(tile % across) * step, Math.floor(tile / across) * step];

function frame(sheet, element, tile) {
  element.hidden = tile === null;
  if (tile === null) return;
  const [left, top] = place(sheet, tile), { side } = sheet.layout;
  Object.assign(element.style, { left: `${left}px`, top: `${top}px`, width: `${side}px`, height: `${side}px` });
}

// Pointing and choosing

function hit({ layout: { across, step }, names }, { offsetX, offsetY }) {
  const column = Math.floor(offsetX / step), tile = Math.floor(offsetY / step) * across + column;
  return column >= 0 && column < across && tile >= 0 && tile < names.length ? tile : null;
}

// Frame the same tile on all sheets of the row: they show the same map for different digits or networks.
function point(board, sheet, tile) {
  for (const one of board.sheets) {
    if (one.row === sheet.row) frame(one, one.here, tile !== null && tile < one.names.length ? tile : null);
  }
  sheet.at = tile;
  board.tip.hidden = tile === null;
  if (tile === null) return;
  board.tip.textContent = sheet.names[tile];
  const [left, top] = place(sheet, tile), { side } = sheet.layout, tip = board.tip.style;
  const outer = board.root.getBoundingClientRect(), inner = sheet.canvas.getBoundingClientRect();
  tip.left = `${Math.max(0, Math.min(inner.left - outer.left + left, outer.width - board.tip.offsetWidth - 4))}px`;
  tip.top = `${inner.top - outer.top + top + side + 5}px`;
}

// What the keys point to is also read aloud.
function say(board, sheet, tile) {
  point(board, sheet, tile);
  board.said.textContent = `${sheet.row}: ${sheet.names[tile]}`;
}

function choose(board, sheet, tile) {
  if (tile === null) return;
  point(board, sheet, tile);
  board.send(sheet.row, [tile]);
}

// Dragging a mouse over tiles; a finger scrolls the page.

function beginBrush(board, sheet, { pointerType, button, pointerId, offsetX, offsetY }) {
  sheet.brushed = false;
  if (!board.switchable || pointerType !== "mouse" || button !== 0) return;
  sheet.canvas.setPointerCapture(pointerId);
  sheet.brush = { tiles: new Set(), x: offsetX, y: offsetY };
}

// A quick mouse reports few places: those between them are brushed too.
function brush(board, sheet, { offsetX, offsetY }) {
  const from = sheet.brush;
  if (!from) return;
  const count = from.tiles.size;
  const [right, down] = [offsetX - from.x, offsetY - from.y], steps = Math.ceil((2 * Math.hypot(right, down)) / sheet.layout.step);
  for (let at = 0; at <= steps; at++) {
    const share = steps ? at / steps : 0;
    const tile = hit(sheet, { offsetX: from.x + share * right, offsetY: from.y + share * down });
    if (tile !== null) from.tiles.add(tile);
  }
  Object.assign(from, { x: offsetX, y: offsetY });
  if (from.tiles.size > Math.max(1, count)) tell(board.root, "tiles-brushed", sheet.row, [...from.tiles]);
}

function mark(sheet, tile) {
  const [left, top] = place(sheet, tile), { side } = sheet.layout, context = sheet.canvas.getContext("2d");
  Object.assign(context, { strokeStyle: "#e69f00", lineWidth: 2 });
  context.strokeRect(left + 1, top + 1, side - 2, side - 2);
}

function endBrush(board, sheet, { type }) {
  const tiles = [...(sheet.brush?.tiles ?? [])];
  sheet.brush = null;
  sheet.brushed = tiles.length > 1; // else it was a click
  if (sheet.brushed && type === "pointerup") board.send(sheet.row, tiles);
  else if (sheet.brushed) tell(board.root, "tiles-brushed", sheet.row, []);
}

function press(board, sheet, event) {
  if (event.key === "Enter" || event.key === " ") choose(board, sheet, sheet.at ?? 0);
  else if (ARROWS[event.key]) {
    const [x, y] = ARROWS[event.key], next = (sheet.at ?? 0) + x + y * sheet.layout.across;
    if (next >= 0 && next < sheet.names.length) say(board, sheet, sheet.at === null ? 0 : next);
  } else return;
  event.preventDefault();
  event.stopPropagation(); // the page turns its slides by the same keys
}
