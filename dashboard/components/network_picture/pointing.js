// Pointing, keys and zooming: what they choose is shown by network_picture.js.

function listen(picture) {
  const { root, part: { whole, target } } = picture;
  whole.onpointermove = (event) => hover(picture, find(picture, event));
  whole.onpointerleave = () => hover(picture, null);
  whole.onclick = (event) => click(picture, find(picture, event));
  target.onpointermove = target.onclick = (event) => event.type === "click" || event.buttons || picture.zoomed ? slide(picture, event) : null;
  root.onkeydown = (event) => press(picture, event); // Escape goes back from the buttons, too
}

const find = ({ columns, part }, { clientX, clientY }) => {
  const { left, top } = part.whole.getBoundingClientRect();
  return columns ? placeAt(columns, clientX - left, clientY - top) : null;
};

const isSame = (one, other) => one?.number === other?.number && one?.place === other?.place;

// At most one way is painted for each frame.
function hover(picture, found) {
  const at = found?.place === undefined ? null : found, head = at ? undefined : picture.columns?.[found?.number];
  picture.part.whole.title = head ? describeStage(head) : "";
  if (!picture.columns || isSame(at, picture.hovered)) return;
  picture.hovered = at;
  picture.frame ??= requestAnimationFrame(() => {
    picture.frame = undefined;
    showWay(picture);
  });
}

function click(picture, found) {
  if (!found) return;
  const { part, act, pinned, columns } = picture;
  part.stage.focus({ preventScroll: true }); // so that its keys work
  if (act && found.place === undefined) return changeMap(picture, columns[found.number], null);
  if (found.place === undefined) return;
  if (!isSame(found, pinned)) pin(picture, found);
  else if (!act) zoom(picture, true);
  if (act) changeMap(picture, columns[found.number], mapOf(columns[found.number], found.place));
}

function pin(picture, found) {
  Object.assign(picture, { pinned: found, hovered: null });
  showWay(picture);
  showControls(picture);
  const { columns, way, data } = picture, column = columns[found.number], count = way.back[0].places.length;
  const parts = count ? `, sum ${exact(column.sum.values[found.place])} from ${count} values` : "";
  picture.part.said.textContent = `${nameOf(column, found.place, data.classes)}: ${exact(column.shown.values[found.place])}${parts}`;
}

// The window moves with the pointer on the large map.
function slide(picture, { offsetX, offsetY }) {
  const { columns, chosen, part: { target } } = picture, { shape } = columns[chosen.number];
  const at = (share, most) => Math.max(0, Math.min(most - 1, Math.floor(share * most)));
  const map = mapOf(columns[chosen.number], chosen.place);
  const row = at(offsetY / target.clientHeight, shape[1]), column = at(offsetX / target.clientWidth, shape[2]);
  pin(picture, { number: chosen.number, place: (map * shape[1] + row) * shape[2] + column });
}

function press(picture, event) {
  if (!picture.columns) return;
  const own = event.target === picture.part.stage, step = own ? MOVES[`${event.shiftKey ? "Shift+" : ""}${event.key}`] : undefined;
  if (event.key === "Escape" && picture.zoomed) zoom(picture, false);
  else if (own && event.key === "Enter") zoom(picture, !picture.zoomed);
  else if (own && event.key === "Delete") changePinned(picture, event.shiftKey);
  else if (step) move(picture, step);
  else return;
  event.preventDefault();
  event.stopPropagation(); // the page turns its slides by the same keys
}

/** @type {Record<string, {x?: number, y?: number, map?: number, stage?: number}>} */
const MOVES = {
  ArrowLeft: { x: -1 }, ArrowRight: { x: 1 }, ArrowUp: { y: -1 }, ArrowDown: { y: 1 },
  "Shift+ArrowUp": { map: -1 }, "Shift+ArrowDown": { map: 1 }, "Shift+ArrowLeft": { stage: -1 }, "Shift+ArrowRight": { stage: 1 },
};

function move(picture, { x = 0, y = 0, map = 0, stage = 0 }) {
  const { columns, way, pinned } = picture, column = columns[pinned.number];
  if (stage) {
    const next = (stage < 0 ? way.back : way.on)[1];
    return next && pin(picture, { number: next.number, place: next.place });
  }
  const maps = column.tiled, at = maps.indexOf(mapOf(column, pinned.place));
  const other = maps[Math.max(0, Math.min(maps.length - 1, at + (column.isSpatial ? map : map || y || x)))];
  if (!column.isSpatial) return pin(picture, { number: pinned.number, place: other });
  const [, rows, across] = column.shape, [, row, left] = unravel(pinned.place, column.shape);
  const within = (one, most) => Math.max(0, Math.min(most - 1, one));
  pin(picture, { number: pinned.number, place: (other * rows + within(row + y, rows)) * across + within(left + x, across) });
}

function zoom(picture, zoomed) {
  const { root, part, columns, pinned } = picture, box = boxOf(columns[pinned.number], pinned.place);
  if (box) part.whole.style.setProperty("--at", `${box.x}px ${box.y}px`);
  part.stage.style.minHeight = zoomed ? `${Math.min(part.stage.offsetHeight, window.innerHeight / 2)}px` : ""; // the page does not jump
  picture.zoomed = zoomed;
  root.classList.toggle("zoomed", zoomed);
  showControls(picture);
}
