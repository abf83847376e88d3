// A canvas to draw on, or to erase parts of a picture on, that sends its content while the stroke goes on.
//
// Strokes are kept as a list of marks. The list is painted twice: sharply for the screen, and on a master of data.side
// pixels from which all that is sent is read, so that it never depends on the screen.

const SEND_EVERY = 80; // milliseconds, during a stroke, at most
const PAUSE_FACTOR = 4; // times the duration of the last answer: the pause between two messages
const LONGEST_PAUSE = 1000; // milliseconds: the longest pause, also while the last message is not answered
const REPEAT = 250; // milliseconds until the page answers again: the server's answer to the stroke before may come late
const CHECK_EVERY = 16; // milliseconds between two checks for an answer
const CELLS = 28; // of a digit, along a side
const MAX_MARKS = 60; // that can be undone
const NEAR = 0.4; // points closer than this add nothing to a stroke
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const RIGHT = { x: 1, y: 0 };

const memories = new Map(); // the board of each key's canvas, with its undo list; outlives a change of page
const views = new WeakMap(); // the canvases on the page now

export default function mount({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".live");
  const known = views.get(root);
  const view = known ?? connect(root);
  const before = known?.board;
  Object.assign(view, { data, setStateValue, board: recall(data) });
  if (before && before !== view.board) [view.board.current, before.current] = [before.current, null]; // the stroke goes on
  view.board.ready.then(() => show(view));
  show(view);
  if (!known && view.board.number > data.number) sendNow(view); // the last picture was lost on the way
  return () => leave(view);
}

// ---- the marks

function recall({ key, board, number, first }) {
  const kept = memories.get(key);
  if (kept?.id === board && kept.number >= number) return kept; // an older picture never replaces a newer one
  const fresh = { id: board, marks: [], undone: [], current: null, first: null, cleared: 0, undoneBase: 0, sent: 0 };
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
  view.begun = performance.now();
  holdPage(true);
  changed(view);
}

// A page that becomes shorter during a stroke would scroll, and so move the canvas away below the pen.
function holdPage(holds) {
  const page = document.querySelector("[data-testid=stMainBlockContainer]");
  if (page) page.style.minHeight = holds ? `${page.offsetHeight}px` : "";
}

function extend(view, points) {
  const mark = view.board.current;
  if (!mark) return;
  for (const point of points) if (distance(point, lastOf(mark.points)) > NEAR) mark.points.push(point);
  changed(view);
}

function finish(view) {
  const { board } = view;
  if (!board.current) return;
  add(view, board.current);
  board.current = null;
  sendNow(view);
  holdPage(false);
}

// Forget the stroke that goes on: a palm's.
function drop(view) {
  view.board.current = null;
  holdPage(false);
  changed(view);
}

function add(view, mark) {
  const { board, data } = view;
  board.marks.push(mark);
  board.undone = [];
  if (board.marks.length > MAX_MARKS) settle(board, data.side);
  show(view);
}

// Merge the oldest mark into the picture below all marks, because every mark is painted again for every point.
function settle(board, side) {
  const picture = document.createElement("canvas");
  picture.width = picture.height = side;
  drawMarks(picture.getContext("2d"), { marks: [board.marks.shift()], current: null, first: board.first }, side);
  board.first = picture;
}

function clear(view) {
  finish(view);
  const { marks, first } = view.board;
  if (marks.length ? lastOf(marks).kind !== "clear" : first) add(view, { kind: "clear" });
  view.board.cleared = view.board.number + 1; // the number under which it is sent
  sendNow(view);
}

function move(view, from, to) {
  finish(view);
  const mark = view.board[from].pop();
  if (!mark) return;
  view.board[to].push(mark);
  show(view);
  changed(view);
  sendNow(view);
}

function undo(view) {
  if (view.board.marks.length || !view.data.undoable) return move(view, "marks", "undone");
  view.board.undoneBase = view.board.number + 1; // Python undoes what came before the first stroke
  sendNow(view);
}

const redo = (view) => move(view, "undone", "marks");

function changed(view) {
  clearTimeout(view.again);
  view.frame ??= requestAnimationFrame(() => {
    view.frame = null;
    paint(view);
    if (!view.board.current && isAcknowledged(view)) return;
    if (offerFrame(view)) view.again = setTimeout(changed, REPEAT, view);
    else if (view.board.current) plan(view);
  });
}

// Whoever answers this frame on the page itself takes the event; then only the end of the stroke is sent. Return whether.
function offerFrame(view) {
  const { mode, side } = view.data;
  const detail = { mode, side, ink: () => readAlpha(view), covered: view.covered };
  return !view.root.dispatchEvent(new CustomEvent("stroke-frame", { bubbles: true, composed: true, cancelable: true, detail }));
}

// A whole class may draw at the same time: while the server is busy, the ends of strokes come first.
function plan(view) {
  view.timer ??= setTimeout(() => {
    view.timer = null;
    if (performance.now() < due(view)) plan(view);
    else sendNow(view);
  }, CHECK_EVERY);
}

// Return when the current stroke may be sent next; its beginning is sent at once where answers are quick.
function due(view) {
  const wait = isAcknowledged(view) ? Math.max(SEND_EVERY, PAUSE_FACTOR * view.took) : LONGEST_PAUSE;
  const since = view.took < SEND_EVERY ? view.last : Math.max(view.last, view.begun);
  return since + Math.min(wait, LONGEST_PAUSE);
}

// Measure how long the server takes to answer the last of several messages.
function measure(view, sent = view.last) {
  if (view.last !== sent) return;
  if (isAcknowledged(view)) view.took = performance.now() - sent;
  else if (performance.now() - sent < LONGEST_PAUSE) setTimeout(() => measure(view, sent), CHECK_EVERY);
  else view.took = LONGEST_PAUSE;
}

// The answer on the page contains the number of the last message of this canvas that it covers.
function isAcknowledged({ board, data }) {
  const mark = document.querySelector(`[data-heard^="${CSS.escape(data.key)} "]`);
  return mark !== null && Number(lastOf(mark.dataset.heard.split(" "))) >= board.sent;
}

// ---- sending

function sendNow(view) {
  clearTimeout(view.timer);
  clearTimeout(view.again);
  view.timer = null;
  view.again = setTimeout(changed, REPEAT, view); // nothing is left to do if the server has answered
  view.last = performance.now();
  send(view, view.board).catch((error) => console.error("live canvas:", error));
}

async function send(view, board) {
  const number = ++board.number;
  await board.ready;
  const going = Boolean(board.current);
  const content = read(view, board);
  board.sent = number;
  const { id, cleared, undoneBase: undone } = board;
  view.setStateValue("sent", { board: id, number, going, cleared, undone, content });
  measure(view);
}

function read(view, board) {
  const alpha = readAlpha(view, board);
  if (!alpha.some(Boolean)) return "";
  if (view.data.mode === "erase") return toBase64(coveredCells(alpha, view.data.side));
  return toBase64(toRuns(alpha));
}

// Draw the board's marks on the master, and return the alpha of each of its pixels, in an array that the next call fills.
function readAlpha(view, board = view.board) {
  const { master, data: { side } } = view;
  if (master.width !== side) master.width = master.height = side;
  const context = master.getContext("2d", { willReadFrequently: true });
  drawMarks(context, board, side);
  const alpha = view.alpha?.length === side ** 2 ? view.alpha.fill(0) : (view.alpha = new Uint8Array(side ** 2));
  const [left, top, right, bottom] = boundsOf(board, side);
  if (left >= right || top >= bottom) return alpha;
  const pixels = new Uint32Array(context.getImageData(left, top, right - left, bottom - top).data.buffer);
  for (let y = top, i = 0; y < bottom; y++) // loops: this runs during a stroke
    for (let at = y * side + left, end = y * side + right; at < end; at++) alpha[at] = pixels[i++] >>> 24;
  return alpha;
}

// Return a bit for each of 28×28 cells: it is covered if at least half of its pixels are, and a pixel if its alpha is one half or more.
function coveredCells(alpha, side) {
  const size = side / CELLS, counts = new Uint16Array(CELLS ** 2), bits = new Uint8Array(CELLS ** 2 / 8);
  for (let y = 0, i = 0; y < side; y++) {
    const row = CELLS * Math.floor(y / size);
    for (let column = 0; column < CELLS; column++)
      for (let end = i + size; i < end; i++) if (alpha[i] >= 128) counts[row + column]++;
  }
  counts.forEach((count, i) => (bits[i >> 3] |= (count >= size ** 2 / 2) << (7 - (i & 7))));
  return bits;
}

// Return the length of each run of equal bytes, 255 at most, before its value: ink has few of them.
function toRuns(bytes) {
  const runs = [];
  for (let start = 0, end; start < bytes.length; start = end) {
    for (end = start + 1; end < bytes.length && end < start + 255 && bytes[end] === bytes[start]; ) end++;
    runs.push(end - start, bytes[start]);
  }
  return runs;
}

const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const lastOf = (list) => list[list.length - 1]; // browsers of 2021 have no `at(-1)`
