// How marks look: on the screen, sharply, and on the master from which everything is sent.

function drawMarks(context, board, side) {
  const { marks, first } = shownOf(board);
  context.clearRect(0, 0, side, side);
  context.lineCap = context.lineJoin = "round";
  context.imageSmoothingEnabled = first?.width === side; // cells have sharp edges
  if (first) context.drawImage(first, 0, 0, side, side);
  for (const mark of marks) drawMark(context, mark);
  context.globalCompositeOperation = "source-over";
}

// The marks since the board was cleared, and the picture below them.
function shownOf({ marks, current, first }) {
  const all = current ? [...marks, current] : marks;
  const cleared = all.map((mark) => mark.kind).lastIndexOf("clear");
  return { marks: all.slice(cleared + 1), first: cleared < 0 ? first : null };
}

// Outside of [left, top, right, bottom] there is no ink.
function boundsOf(board, side) {
  const { marks, first } = shownOf(board);
  if (first) return [0, 0, side, side];
  let [left, top, right, bottom] = [side, side, 0, 0];
  for (const { points, width } of marks)
    for (const { x, y } of points) {
      left = Math.min(left, x - width);
      top = Math.min(top, y - width);
      right = Math.max(right, x + width);
      bottom = Math.max(bottom, y + width);
    }
  return [Math.max(0, Math.floor(left)), Math.max(0, Math.floor(top)), Math.min(side, Math.ceil(right)), Math.min(side, Math.ceil(bottom))];
}

function drawMark(context, { kind, width, points }) {
  context.globalCompositeOperation = kind === "eraser" ? "destination-out" : "source-over";
  const [start, end] = [points[0], lastOf(points)];
  if (kind === "rectangle") return context.fillRect(start.x, start.y, end.x - start.x, end.y - start.y);
  const [first, last] = points.length < 3 ? [RIGHT, RIGHT] : [way(points[1], points[2]), way(points[points.length - 2], end)];
  const longer = width / 1000; // at both ends, as fabric.js has it: a single point is a dot
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(start.x - longer * first.x, start.y - longer * first.y);
  for (let i = 0; i + 1 < points.length; i++) {
    const { x, y } = points[i], next = points[i + 1]; // through the middles, bent towards the points: a fast stroke stays round
    context.quadraticCurveTo(x, y, (x + next.x) / 2, (y + next.y) / 2);
  }
  context.lineTo(end.x + longer * last.x, end.y + longer * last.y);
  context.stroke();
}

// Ask for the canvas's size and colour: not in every frame, because to know them the browser lays out the page.
function measureCanvas(view) {
  const { canvas, data } = view;
  const side = Math.round(canvas.clientWidth * devicePixelRatio) || data.side;
  if (canvas.width !== side) canvas.width = canvas.height = side;
  view.color = getComputedStyle(canvas).color;
}

function paint(view) {
  const { canvas, board, data } = view, side = canvas.width;
  const context = canvas.getContext("2d");
  context.setTransform(side / data.side, 0, 0, side / data.side, 0, 0);
  view.root.querySelector(".hint").hidden = data.mode === "erase" || !isEmpty(board);
  view.covered = new Uint8Array(CELLS ** 2 / 8);
  if (isEmpty(board)) return context.clearRect(0, 0, data.side, data.side); // nothing to read, as after each stroke beside it
  if (data.mode === "erase") {
    view.covered = coveredCells(readAlpha(view), data.side);
    return paintErased(context, view.covered, data.side);
  }
  drawMarks(context, board, data.side);
  context.globalCompositeOperation = "source-in"; // whatever is there gets the one colour
  context.fillStyle = view.color;
  context.fillRect(0, 0, data.side, data.side);
}

function isEmpty(board) {
  const { marks, first } = shownOf(board);
  return !marks.length && !first;
}

// Hatch whole cells, as `mark_erased` of core/visualization/arrays.py does: the screen shows exactly what networks read.
function paintErased(context, bits, side) {
  const size = side / CELLS;
  context.clearRect(0, 0, side, side);
  context.fillStyle = context.createPattern((hatchings[size] ??= hatch(size)), "repeat");
  context.beginPath();
  for (let cell = 0; cell < CELLS ** 2; cell++)
    if (bits[cell >> 3] & (128 >> (cell & 7)))
      context.rect((cell % CELLS) * size, Math.floor(cell / CELLS) * size, size, size);
  context.fill();
}

const hatchings = {}; // by the size of a cell

function hatch(size) {
  const step = 2 * size, tile = document.createElement("canvas");
  tile.width = tile.height = step;
  const context = tile.getContext("2d");
  context.fillStyle = "rgb(92 52 8)";
  context.fillRect(0, 0, step, step);
  context.fillStyle = "rgb(245 150 20)";
  for (let row = 0; row < step; row++)
    for (let column = 0; column < step; column++)
      if ((row + column) % step < Math.max(1, Math.floor(step / 5))) context.fillRect(column, row, 1, 1);
  return tile;
}

function show(view) {
  const { root, canvas, board, data, erasing } = view;
  const $ = (name) => root.querySelector(name);
  root.dataset.mode = data.mode;
  $(".sheet").style.width = `${data.side}px`;
  if (data.ground) $(".ground").src = data.ground;
  canvas.setAttribute("aria-label", data.label);
  $(".clear").textContent = data.clear;
  $(".hint").textContent = data.hint;
  $(".eraser").setAttribute("aria-pressed", erasing);
  $(".undo").disabled = !board.marks.length && !data.undoable;
  $(".redo").disabled = !board.undone.length;
  measureCanvas(view);
  paint(view);
}

function point(view, { x, y }, seen) {
  const { cursor, data, board } = view;
  view.at = { x, y };
  const width = data.tool === "rectangle" ? data.side / CELLS : data.width;
  const move = (value) => `${(100 * value) / width - 50}%`; // of the ring itself: moved so, the page is not laid out again
  Object.assign(cursor.style, { width: `${(100 * width) / data.side}%`, translate: `${move(x)} ${move(y)}` });
  cursor.classList.toggle("down", board.current !== null && view.pointer === null);
  cursor.hidden = !seen;
}
