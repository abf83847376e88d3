// A canvas to draw on, or to rub parts of a picture out, that says what is on it while the stroke goes on.
//
// What people do is kept as a list of marks. The list is painted twice: sharply for the screen, and on a master of
// data.side pixels from which everything that is sent is read, so that it never depends on the screen.

const SEND_EVERY = 80; // milliseconds, during a stroke
const PATIENCE = 1000; // milliseconds, while the server has not answered the last one
const CELLS = 28; // of a digit, along a side
const MOST_MARKS = 60; // that can be undone
const NEAR = 0.4; // points closer than this add nothing to a stroke
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const RIGHT = { x: 1, y: 0 };

const memories = new Map(); // what each key's canvas holds; outlives a change of page, and so does undo
const views = new WeakMap(); // what is on the page now

export default function mount({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".live");
  const known = views.get(root);
  const view = known ?? connect(root);
  Object.assign(view, { data, setStateValue, board: recall(data) });
  view.board.ready.then(() => show(view));
  show(view);
  if (view.timer) plan(view);
  if (!known && view.board.number > data.number) sendNow(view); // the last picture was lost on the way
  return () => leave(view);
}

// ---- what is on the canvas

function recall({ key, board, number, first }) {
  const kept = memories.get(key);
  if (kept?.id === board && kept.number >= number) return kept; // an older picture never replaces a newer one
  const fresh = { id: board, marks: [], undone: [], current: null, first: null, cleared: 0, sent: 0 };
  fresh.number = Math.max(number, kept?.number ?? 0);
  fresh.ready = load(first).then((picture) => (fresh.first = picture));
  memories.set(key, fresh);
  return fresh;
}

async function load(source) {
  if (!source) return null;
  const picture = new Image();
  picture.src = source;
  await picture.decode();
  return picture;
}

function begin(view, point, kind = view.erasing ? "eraser" : view.data.tool) {
  view.board.current = { kind, width: view.data.width, points: [point] };
  changed(view);
}

function extend(view, points) {
  const mark = view.board.current;
  if (!mark) return;
  for (const point of points) if (distance(point, mark.points.at(-1)) > NEAR) mark.points.push(point);
  changed(view);
}

function finish(view) {
  const { board } = view;
  if (!board.current) return;
  add(view, board.current);
  board.current = null;
  sendNow(view);
}

function add(view, mark) {
  const { board, data } = view;
  board.marks.push(mark);
  board.undone = [];
  if (board.marks.length > MOST_MARKS) settle(board, data.side);
  show(view);
}

// The oldest mark becomes part of the picture below all marks: every mark is painted again for every point.
function settle(board, side) {
  const picture = document.createElement("canvas");
  picture.width = picture.height = side;
  drawMarks(picture.getContext("2d"), { marks: [board.marks.shift()], current: null, first: board.first }, side);
  board.first = picture;
}

function clear(view) {
  finish(view);
  const { marks, first } = view.board;
  if (marks.length ? marks.at(-1).kind !== "clear" : first) add(view, { kind: "clear" });
  view.board.cleared = view.board.number + 1; // the number under which it is sent
  sendNow(view);
}

function move(view, from, to) {
  finish(view);
  const mark = view.board[from].pop();
  if (!mark) return;
  view.board[to].push(mark);
  show(view);
  sendNow(view);
}

const undo = (view) => move(view, "marks", "undone");
const redo = (view) => move(view, "undone", "marks");

function changed(view) {
  paint(view);
  plan(view);
}

// A busy server is not asked again before it has answered: a whole class draws on one at the same time.
function plan(view) {
  const wait = view.board.sent <= view.data.heard ? SEND_EVERY : PATIENCE;
  clearTimeout(view.timer);
  view.timer = setTimeout(() => sendNow(view), view.last + wait - performance.now());
}

// ---- painting

function drawMarks(context, { marks, current, first }, side) {
  const all = current ? [...marks, current] : marks;
  const cleared = all.findLastIndex((mark) => mark.kind === "clear");
  context.clearRect(0, 0, side, side);
  context.lineCap = context.lineJoin = "round";
  context.imageSmoothingEnabled = first?.width === side; // cells have sharp edges
  if (first && cleared < 0) context.drawImage(first, 0, 0, side, side);
  for (const mark of all.slice(cleared + 1)) drawMark(context, mark);
  context.globalCompositeOperation = "source-over";
}

function drawMark(context, { kind, width, points }) {
  context.globalCompositeOperation = kind === "eraser" ? "destination-out" : "source-over";
  const [start, end] = [points[0], points.at(-1)];
  if (kind === "rectangle") return context.fillRect(start.x, start.y, end.x - start.x, end.y - start.y);
  const [first, last] = points.length < 3 ? [RIGHT, RIGHT] : [way(points[1], points[2]), way(points.at(-2), end)];
  const longer = width / 1000; // at both ends, as fabric.js has it: a single point is a dot
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(start.x - longer * first.x, start.y - longer * first.y);
  for (const [i, point] of points.slice(0, -1).entries()) {
    const next = points[i + 1]; // through the middles, bent towards the points: a fast stroke stays round
    context.quadraticCurveTo(point.x, point.y, (point.x + next.x) / 2, (point.y + next.y) / 2);
  }
  context.lineTo(end.x + longer * last.x, end.y + longer * last.y);
  context.stroke();
}

function paint({ canvas, board, data }) {
  const side = Math.round(canvas.clientWidth * devicePixelRatio) || data.side;
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  context.setTransform(side / data.side, 0, 0, side / data.side, 0, 0);
  drawMarks(context, board, data.side);
  context.globalCompositeOperation = "source-in"; // whatever is there gets the one colour
  context.fillStyle = getComputedStyle(canvas).color;
  context.fillRect(0, 0, data.side, data.side);
}

function show(view) {
  const { root, canvas, board, data, erasing } = view;
  const $ = (name) => root.querySelector(name);
  root.dataset.mode = data.mode;
  $(".sheet").style.width = `${data.side}px`;
  if (data.ground) $(".ground").src = data.ground;
  canvas.ariaLabel = data.label;
  $(".clear").textContent = data.clear;
  $(".eraser").ariaPressed = String(erasing);
  $(".undo").disabled = !board.marks.length;
  $(".redo").disabled = !board.undone.length;
  paint(view);
}

function point(view, { x, y }, seen) {
  const { cursor, data, board } = view;
  view.at = { x, y };
  const width = data.tool === "rectangle" ? data.side / CELLS : data.width;
  const share = (value) => `${(100 * value) / data.side}%`;
  Object.assign(cursor.style, { left: share(x), top: share(y), width: share(width) });
  cursor.classList.toggle("down", board.current !== null && view.pointer === null);
  cursor.hidden = !seen;
}

// ---- sending

function sendNow(view) {
  clearTimeout(view.timer);
  view.timer = null;
  view.last = performance.now();
  send(view, view.board).catch((error) => console.error("live canvas:", error));
}

async function send(view, board) {
  const number = ++board.number;
  await board.ready;
  const going = Boolean(board.current);
  const content = await read(view, board);
  if (number < board.sent) return; // packing took longer than it did for a newer one
  board.sent = number;
  view.setStateValue("sent", { board: board.id, number, going, cleared: board.cleared, content });
}

function read({ master, data }, board) {
  master.width = master.height = data.side;
  const context = master.getContext("2d", { willReadFrequently: true });
  drawMarks(context, board, data.side);
  const pixels = context.getImageData(0, 0, data.side, data.side).data;
  const alpha = new Uint8Array(data.side ** 2).map((_, i) => pixels[4 * i + 3]);
  if (!alpha.some(Boolean)) return "";
  return data.mode === "erase" ? toBase64(coveredCells(alpha, data.side)) : deflate(alpha).then(toBase64);
}

// A cell is covered when at least half of its pixels are; a pixel, when at least half of it is.
function coveredCells(alpha, side) {
  const size = side / CELLS, counts = new Uint16Array(CELLS ** 2), bits = new Uint8Array(CELLS ** 2 / 8);
  alpha.forEach((value, i) => {
    const row = Math.floor(i / side / size), column = Math.floor((i % side) / size);
    counts[row * CELLS + column] += value >= 128;
  });
  counts.forEach((count, i) => (bits[i >> 3] |= (count >= size ** 2 / 2) << (7 - (i & 7))));
  return bits;
}

async function deflate(bytes) {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

// ---- mouse, finger, pen and keyboard

function connect(root) {
  const [canvas, cursor] = [root.querySelector("canvas"), root.querySelector(".cursor")];
  const master = document.createElement("canvas");
  const view = { root, canvas, cursor, master, erasing: false, pointer: null, at: null, timer: null, last: 0 };
  const handlers = { pointerdown, pointermove, pointerup, pointercancel: pointerup, pointerleave, blur };
  for (const [name, handler] of Object.entries(handlers)) canvas.addEventListener(name, (event) => handler(view, event));
  root.addEventListener("keydown", (event) => keydown(view, event));
  for (const [name, action] of Object.entries({ undo, redo, clear, eraser }))
    root.querySelector(`.${name}`).addEventListener("click", () => action(view));
  view.observer = new ResizeObserver(() => paint(view)); // its first call comes once the canvas has a size
  view.observer.observe(canvas);
  views.set(root, view);
  return view;
}

function leave(view) {
  view.observer.disconnect();
  finish(view);
}

function eraser(view) {
  view.erasing = !view.erasing;
  show(view);
}

function place({ canvas, data }, event) {
  const box = canvas.getBoundingClientRect();
  const scale = data.side / box.width; // the column may be narrower than the canvas wants to be
  return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
}

function pointerdown(view, event) {
  const rubber = Boolean(event.buttons & 32); // the other end of a pen
  if (view.pointer !== null || (event.button !== 0 && !rubber)) return;
  finish(view); // what the keyboard had begun
  view.pointer = event.pointerId;
  view.canvas.setPointerCapture(event.pointerId);
  begin(view, place(view, event), rubber && view.data.mode === "draw" ? "eraser" : undefined);
}

function pointermove(view, event) {
  const missed = event.getCoalescedEvents?.() ?? []; // what the browser has put together into one event
  const points = (missed.length ? missed : [event]).map((each) => place(view, each));
  if (view.pointer === event.pointerId) extend(view, points);
  point(view, points.at(-1), event.pointerType !== "touch");
}

function pointerup(view, event) {
  if (view.pointer !== event.pointerId) return;
  view.pointer = null;
  finish(view);
}

function pointerleave(view) {
  if (view.pointer === null) view.cursor.hidden = true;
}

function blur(view) {
  if (view.pointer === null) finish(view);
  view.cursor.hidden = true;
}

function keydown(view, event) {
  const command = event.ctrlKey || event.metaKey;
  const action = command ? commandFor(event) : event.target === view.canvas && actionFor(event);
  if (!action) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat || event.key in ARROWS) action(view);
}

function commandFor({ key, shiftKey }) {
  return { z: shiftKey ? redo : undo, y: redo }[key.toLowerCase()];
}

function actionFor({ key, shiftKey }) {
  if (key in ARROWS) return (view) => walk(view, ARROWS[key], shiftKey ? 3 : 1);
  return { " ": press, Enter: press, Escape: finish, Delete: clear, Backspace: clear }[key];
}

function press(view) {
  if (view.board.current) finish(view);
  else begin(view, middle(view));
  walk(view, [0, 0], 0);
}

function walk(view, [right, down], cells) {
  const { side } = view.data;
  const step = (cells * side) / CELLS;
  const inside = (value) => Math.min(side, Math.max(0, value));
  const { x, y } = middle(view);
  const next = { x: inside(x + right * step), y: inside(y + down * step) };
  extend(view, [next]);
  point(view, next, true);
  const [row, column] = [next.y, next.x].map((value) => Math.round((value / side) * CELLS));
  const state = view.board.current ? "down" : "up";
  view.root.querySelector(".said").textContent = `row ${row}, column ${column}, ${view.data.tool} ${state}`;
}

const middle = ({ at, data }) => at ?? { x: data.side / 2, y: data.side / 2 };
const way = (from, to) => ({ x: Math.sign(to.x - from.x), y: Math.sign(to.y - from.y) });
const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
