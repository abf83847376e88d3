// Compute a network in the browser and show all of it as one picture, from the pixels to the classes.
// Streamlit calls the default export for every change, always with the same parentElement while the picture is on the page.

const pictures = new WeakMap(); // a picture's outermost element -> its state
const LEAST_WIDTH = 640; // on a phone the picture scrolls in its own box
const LONGEST_NAME = 90; // pixels of the name of a class
const LOW = 620; // pixels of a window in which the card is smaller and the head is short: as in the style sheet
const CARD = 13.5, LOW_CARD = 9; // below the picture, in heights of letters: those of a projector are larger
const LEAST_HEIGHT = 250, LEAST_LOW = 112, MOST_HEIGHT = 520;

const fresh = () => ({ pinned: null, hovered: null, map: null });

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".picture");
  if (!pictures.has(root)) pictures.set(root, create(root));
  const picture = pictures.get(root);
  picture.send = setStateValue; // unlike a trigger, it is sent again if the connection was lost
  picture.inbox = picture.inbox.then(() => receive(picture, data)).catch((error) => {
    console.error(error);
    takeDown(picture, data.texts.broken);
  });
}

function create(root) {
  const part = Object.fromEntries([...root.querySelectorAll("[class]")].map((element) => [element.className, element]));
  const picture = { root, part, ...fresh(), act: "", side: 0, zoomed: false, number: 0, heard: 0, inbox: Promise.resolve() };
  const observer = new ResizeObserver(() => {
    if (!root.isConnected) observer.disconnect(); // the page that is around it is still there
    else if (picture.columns) draw(measure(picture));
  });
  for (const one of [root, document.querySelector("[data-testid=stMainBlockContainer]")]) if (one) observer.observe(one);
  listen(picture);
  return picture;
}

// Without its weights nothing of a network is shown, also not the one before it.
function takeDown(picture, reason) {
  shown.delete(picture);
  Object.assign(picture, fresh(), { name: null, columns: undefined });
  picture.root.classList.add("empty");
  picture.part.controls.replaceChildren();
  picture.part.sentence.textContent = reason;
}

async function receive(picture, data) {
  const open = async (part) => ({ layers: part.layers, weights: await fetchWeights(part) });
  const [features, ...heads] = await Promise.all([data.features, ...data.readers.map(({ head }) => head)].map(open));
  if (data.features.path !== picture.name) Object.assign(picture, { name: data.features.path, ...fresh() });
  const digit = new Float32Array(decode(data.digit).buffer), mask = decode(data.mask), baseMask = decode(data.base_mask);
  Object.assign(picture, { data, features, heads, digit, mask, baseMask });
  takeChoices(picture, data);
  picture.root.classList.remove("empty");
  picture.part.hint.textContent = data.texts.hint;
  picture.part.keys.textContent = data.texts.keys;
  picture.part.stage.setAttribute("aria-label", data.texts.label);
  shown.add(picture);
  measure(picture);
  show(picture, digit.map((level, cell) => (isSet(mask, cell) ? level : 0)));
}

// Values

function compute(picture) {
  const { features, heads, reader, side, input } = picture;
  const columns = toColumns([features, takeApart(heads[reader], side)].flatMap(toSteps));
  const plain = runAll(picture, []);
  fill(columns, input, plain[reader]);
  const changes = picture.changes.filter((change) => isKnown(columns, change));
  const now = changes.length ? runAll(picture, changes) : plain;
  fill(columns, input, now[reader], changes);
  forgetOthers(picture, columns);
  const answersOf = (runs) => runs.map(({ outputs }) => softmax(lastOf(outputs)));
  const [all, before] = [answersOf(now), answersOf(plain)];
  const answers = { classes: picture.data.classes, all, allBefore: before, now: all[reader], before: changes.length ? before[reader] : null };
  Object.assign(picture, { columns, applied: changes, run: now[reader], answers });
  draw(picture);
  say(picture);
}

const toSteps = ({ layers, weights }) => layers.map((layer) => ({ layer, weights }));

/** Run every head on the features; changes after the features are those of the chosen head alone. */
function runAll({ features, heads, reader, side, input }, changes) {
  const body = runApart(features, input, side, changes);
  return heads.map((head, i) => {
    const top = runApart(head, lastOf(body.outputs), side, i === reader ? changes : []);
    return { outputs: [...body.outputs, ...top.outputs], made: [...body.made, ...top.made] };
  });
}

// Forget what was chosen in a head that had other columns.
function forgetOthers(picture, columns) {
  const size = (name) => columns.find((column) => column.name === name)?.shown.values.length ?? 0;
  const isHere = ({ number, place = 0 }) => place < size(picture.columns[number].name) && columns[number]?.name === picture.columns[number].name;
  for (const kind of ["pinned", "hovered", "map"]) if (picture[kind] && !isHere(picture[kind])) picture[kind] = null;
}

// The whole

// Ask for sizes and colours: not in every frame, because to know them the browser lays out the page.
function measure(picture) {
  const { root } = picture, width = Math.max(LEAST_WIDTH, root.clientWidth - 1), height = findHeight(picture);
  const { color, fontFamily } = getComputedStyle(root);
  Object.assign(picture, { width, height, nameWidth: measureNames(picture), ink: color, font: fontFamily });
  root.style.setProperty("--wide", `${width}px`);
  root.style.setProperty("--high", `${height}px`);
  return picture;
}

function draw(picture) {
  const { root, part, columns, width, height, nameWidth } = picture;
  layOut(columns, width, height, nameWidth, isLow());
  picture.pinned ??= firstPlace(columns);
  paintNetwork(part.network, picture);
  showWay(picture);
  showControls(picture);
  root.dataset.drawn = picture.answers.now.join(" "); // tests and benchmarks tell by it what was computed
}

const isLow = () => window.innerHeight < LOW;

// Picture and card end where the window does, unless the page is scrolled.
function findHeight({ part }) {
  const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0;
  const top = part.stage.getBoundingClientRect().top + scrolled, letter = parseFloat(getComputedStyle(part.stage).fontSize);
  const room = window.innerHeight - top - letter * (isLow() ? LOW_CARD : CARD);
  return Math.round(Math.max(isLow() ? LEAST_LOW : LEAST_HEIGHT, Math.min(MOST_HEIGHT, room)));
}

// The room for the longest name of a class; longer ones are squeezed.
function measureNames({ root, part, data: { classes } }) {
  const context = part.network.getContext("2d");
  context.font = `700 14px ${getComputedStyle(root).fontFamily}`;
  return Math.min(LONGEST_NAME, Math.max(...classes.map((name) => context.measureText(name).width)));
}

// The strongest value of the first convolution, else of the classes.
function firstPlace(columns) {
  const found = columns.findIndex(({ layer }) => layer?.kind === "conv"), number = found < 0 ? columns.length - 1 : found;
  const { values } = columns[number].value;
  return { number, place: highest(values) };
}

// One value

function showWay(picture) {
  const { columns, part } = picture, chosen = (picture.chosen = picture.hovered ?? picture.pinned);
  picture.way = trace(columns, chosen.number, chosen.place, (number, place) => isShown(columns[number], place));
  picture.fields = readFields(columns, chosen.number, chosen.place);
  paintWay(part.way, picture);
  showCard(picture);
}

function showCard(picture) {
  const { columns, part, chosen: { number, place }, answers } = picture, column = columns[number], before = columns[number - 1];
  const parts = picture.way.back[0];
  const name = nameOf(column, place, answers.classes);
  part.sign.hidden = !before || !column.isSpatial; // an arrow from a picture to another one
  part.title.textContent = name;
  part.value.textContent = `= ${exact(column.shown.values[place])}`;
  part.formula.textContent = writeFormula(picture, parts);
  paintLarge(part.target, column, mapOf(column, place), column.isSpatial ? ownField(column, place) : null);
  const sums = before ? sumByMap(columns, { number, ...parts }) : new Map();
  const order = [...sums].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const map = picture.map?.number === number && sums.has(picture.map.map) ? picture.map.map : order[0]?.[0] ?? 0;
  paintLarge(part.source, before, map, picture.fields[number - 1]);
  part.grids.innerHTML = before ? drawGrids(column, before, parts, map) : "";
  showMaps(picture, before, order, map);
}

function ownField({ shape }, place) {
  const [map, y, x] = unravel(place, shape);
  return { map, rows: [y, y], columns: [x, x] };
}

function drawGrids(column, before, parts, map) {
  const grid = toGrid(before, parts, map), pick = (all) => grid.numbers.map((i) => all[i]);
  if (!grid.numbers.length) return "";
  const values = pick(parts.places).map((from) => (from < 0 ? 0 : column.given.values[from])), products = pick(parts.products);
  const normalised = before.steps.length && before.name === "pixels" ? ", normalised" : "";
  const whole = `window on ${titleOf(before)}${before.shape[0] > 1 ? ` map ${map}` : ""}${normalised}`;
  const listed = `the ${grid.numbers.length} largest of ${parts.places.length} ${before.isSpatial ? "values" : "units"}`;
  const read = drawGrid(grid.labels.length ? listed : whole, grid, values, limitOf(column.given.values));
  if (!["conv", "linear"].includes(column.layer.kind)) return read;
  const weights = pick(parts.weights), sum = products.reduce((all, x) => all + x, 0);
  const sign = (one) => `<span class="sign">${one}</span>`, factors = drawGrid("weights", grid, weights, limitOf(parts.weights));
  return read + sign("×") + factors + sign("=") + drawGrid(`products, sum ${format(sum)}`, grid, products, limitOf(parts.products));
}

// What the maps before add, the largest first; a click shows its products.
function showMaps(picture, before, order, map) {
  const shown = order.length > 1 && before.isSpatial ? order.slice(0, 7) : [];
  const explain = (one) => () => showCard(Object.assign(picture, { map: { number: picture.chosen.number, map: one } }));
  const buttons = shown.map(([one, sum], rank) => button(`map ${rank}`, `${one}: ${sum < 0 ? "" : "+"}${format(sum)}`, one === map, explain(one)));
  picture.part.summed.textContent = shown.length ? `sums over ${titleOf(before)} maps` : "";
  renewButtons(picture.part.maps, buttons);
}
