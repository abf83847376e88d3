// Input by mouse, finger, pen and keyboard.

const ENDS = ["pointerup", "pointercancel"];

function connect(root) {
  const [canvas, cursor] = [root.querySelector("canvas"), root.querySelector(".cursor")];
  const master = document.createElement("canvas");
  const times = { begun: 0, last: 0, took: 0 }; // milliseconds: start of this stroke, last message sent, duration of an answer
  const view = { root, canvas, cursor, master, erasing: false, pointer: null, at: null, timer: null, ...times };
  const handlers = { pointerdown, pointermove, pointerleave, blur, focus: explainKeys };
  for (const [name, handler] of Object.entries(handlers)) canvas.addEventListener(name, (event) => handler(view, event));
  view.ended = (event) => pointerup(view, event); // anywhere: without a captured pointer a stroke may end outside
  for (const name of ENDS) addEventListener(name, view.ended);
  root.addEventListener("keydown", (event) => keydown(view, event));
  for (const [name, action] of Object.entries({ undo, redo, clear, eraser }))
    root.querySelector(`.${name}`).addEventListener("click", () => action(view));
  view.observer = new ResizeObserver(() => (measureCanvas(view), paint(view))); // first called when the canvas has a size
  view.observer.observe(canvas);
  views.set(root, view);
  return view;
}

function leave(view) {
  view.observer.disconnect();
  for (const name of ENDS) removeEventListener(name, view.ended);
  finish(view);
  clearTimeout(view.again);
}

function eraser(view) {
  view.erasing = !view.erasing;
  show(view);
}

function place({ canvas, data }, event) {
  const box = canvas.getBoundingClientRect();
  const scale = data.side / box.width; // the column may be narrower than the canvas
  return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
}

function pointerdown(view, event) {
  const penEraser = Boolean(event.buttons & 32); // the other end of a pen
  const takesOver = event.pointerType === "pen" && view.pointerType === "touch"; // the palm came first
  if ((view.pointer !== null && !takesOver) || (event.button !== 0 && !penEraser)) return;
  if (view.pointer !== null) drop(view);
  else finish(view); // a stroke begun with the keyboard
  Object.assign(view, { pointer: event.pointerId, pointerType: event.pointerType });
  capture(view.canvas, event.pointerId);
  begin(view, place(view, event), penEraser && view.data.mode === "draw" ? "eraser" : undefined);
}

// Let the canvas hear of the pointer's moves outside of it, too.
function capture(canvas, pointer) {
  try {
    canvas.setPointerCapture(pointer);
  } catch { /* an old browser has no capture, and a pointer may be gone already */ }
}

function pointermove(view, event) {
  const missed = event.getCoalescedEvents?.() ?? []; // positions that the browser merged into one event
  const points = (missed.length ? missed : [event]).map((each) => place(view, each));
  if (view.pointer === event.pointerId) extend(view, points);
  point(view, lastOf(points), event.pointerType !== "touch");
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
  explainKeys(view);
}

// Say below the canvas how it is used, while it has the focus from the keyboard.
function explainKeys({ root, canvas, board, data }) {
  const keys = root.querySelector(".keys"), state = board.current ? "down" : "up";
  keys.hidden = !canvas.matches(":focus-visible");
  keys.textContent = `The ${data.tool} is ${state}. Arrow keys move it, space puts it down and lifts it, delete clears.`;
}

function keydown(view, event) {
  const command = event.ctrlKey || event.metaKey;
  const action = command ? commandFor(event) : event.target === view.canvas && actionFor(event);
  if (!action) return;
  event.preventDefault();
  event.stopPropagation(); // the page turns its slides by the same keys
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
  explainKeys(view);
  view.root.querySelector(".position").textContent = `row ${row}, column ${column}, ${view.data.tool} ${state}`;
}

const middle = ({ at, data }) => at ?? { x: data.side / 2, y: data.side / 2 };
const way = (from, to) => ({ x: Math.sign(to.x - from.x), y: Math.sign(to.y - from.y) });
const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
