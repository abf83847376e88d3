// Compute a network in the browser and show all of it as one picture, from the pixels to the classes.
// Streamlit calls the default export for every change, always with the same parentElement while the picture is on the page.

const pictures = new WeakMap(); // a picture's outermost element -> its state
const LEAST_WIDTH = 640; // on a phone the picture scrolls in its own box
const LONGEST_NAME = 90; // pixels of the name of a class
const BELOW = 452; // pixels that head, card and hint take of the window

const fresh = () => ({ reader: 0, flipped: false, off: new Map(), pinned: null, hovered: null, map: null });

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".picture");
  if (!pictures.has(root)) pictures.set(root, create(root));
  const picture = pictures.get(root);
  picture.inbox = picture.inbox.then(() => receive(picture, data)).catch((error) => {
    console.error(error);
    takeDown(picture, data.texts.broken);
  });
}

function create(root) {
  const part = Object.fromEntries([...root.querySelectorAll("[class]")].map((element) => [element.className, element]));
  const picture = { root, part, ...fresh(), zoomed: false, inbox: Promise.resolve() };
  new ResizeObserver(() => picture.columns && draw(picture)).observe(root);
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
  const open = async ({ layers, path }) => ({ layers, weights: await fetchWeights(path) });
  const features = await open(data.features), heads = await Promise.all(data.readers.map(({ head }) => open(head)));
  const network = JSON.stringify([data.features.path, data.readers.map(({ title, head }) => [title, head.path])]);
  if (network !== picture.name) Object.assign(picture, { name: network, ...fresh() });
  const digit = new Float32Array(decode(data.digit).buffer), mask = decode(data.mask), baseMask = decode(data.base_mask);
  Object.assign(picture, { data, features, heads, digit, baseMask });
  picture.root.classList.remove("empty");
  picture.part.hint.textContent = data.texts.hint;
  picture.part.stage.setAttribute("aria-label", data.texts.label);
  shown.add(picture);
  show(picture, digit.map((level, cell) => level * mask[cell]));
}

const decode = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

// Values

function compute(picture) {
  const { features, heads, reader, input, off } = picture, head = flip(heads[reader], picture.flipped);
  const layers = [features, head].flatMap(({ layers, weights }) => layers.map((layer) => ({ layer, weights })));
  const columns = toColumns(layers);
  const silence = (layer, output) => {
    for (const { name, from, to } of off.values()) if (layer.name === name) output.values.fill(0, from, to);
    return output;
  };
  picture.outputs = run(features, head, input, silence);
  fill(columns, input, picture.outputs);
  forgetOthers(picture, columns);
  picture.columns = columns;
  const changed = picture.flipped || off.size > 0;
  picture.answers = {
    classes: picture.data.classes,
    now: softmax(lastOf(picture.outputs)),
    before: changed ? softmax(lastOf(run(features, heads[reader], input))) : null,
  };
  draw(picture);
  say(picture);
}

// Forget what was chosen or switched off in a head that had other columns.
function forgetOthers(picture, columns) {
  const size = (name) => columns.find((column) => column.name === name)?.shown.values.length ?? 0;
  const isHere = ({ number, place = 0 }) => place < size(picture.columns[number].name) && columns[number]?.name === picture.columns[number].name;
  for (const kind of ["pinned", "hovered", "map"]) if (picture[kind] && !isHere(picture[kind])) picture[kind] = null;
  for (const [key, { name, to }] of picture.off) if (to > size(name)) picture.off.delete(key);
}

function run(features, head, input, change) {
  const body = computeLayers(features, input, change);
  return [...body, ...computeLayers(head, lastOf(body), change)];
}

function flip({ layers, weights }, flipped) {
  const turn = (layer) => ({ ...layer, inversion: layer.inversion === "identity" ? "complement" : "identity" });
  return { weights, layers: layers.map((layer) => (flipped && layer.kind === "invert" ? turn(layer) : layer)) };
}

// The whole

function draw(picture) {
  const { root, part, columns } = picture, width = Math.max(LEAST_WIDTH, root.clientWidth - 1);
  const height = Math.max(250, Math.min(520, window.innerHeight - BELOW)), nameWidth = measureNames(picture);
  const { color, fontFamily } = getComputedStyle(root);
  Object.assign(picture, { width, height, nameWidth, ink: color, font: fontFamily });
  root.style.setProperty("--wide", `${width}px`);
  root.style.setProperty("--high", `${height}px`);
  layOut(columns, width, height, nameWidth);
  picture.pinned ??= firstPlace(columns);
  paintNetwork(part.network, picture);
  showWay(picture);
  showControls(picture);
  root.dataset.drawn = picture.answers.now.join(" "); // tests and benchmarks tell by it what was computed
}

// The room for the longest name of a class; longer ones are squeezed.
function measureNames({ root, part, answers: { classes } }) {
  const context = part.network.getContext("2d");
  context.font = `700 14px ${getComputedStyle(root).fontFamily}`;
  return Math.min(LONGEST_NAME, Math.max(...classes.map((name) => context.measureText(name).width)));
}

// The strongest value of the first convolution, else of the classes.
function firstPlace(columns) {
  const found = columns.findIndex(({ layer }) => layer?.kind === "conv"), number = found < 0 ? columns.length - 1 : found;
  const { values } = columns[number].value;
  return { number, place: values.indexOf(Math.max(...values)) };
}

function say({ part, data, reader, answers: { classes, now, before }, off, flipped, columns }) {
  const read = (shares) => {
    const best = shares.indexOf(Math.max(...shares));
    return `${classes[best]} (${(100 * shares[best]).toFixed(1)} %)`;
  };
  const inverted = flipped ? `${FORMULAS[invertLayer(columns).inversion]} before the head` : "";
  const changes = [inverted, off.size ? `${off.size} ${off.size > 1 ? "parts" : "part"} switched off` : ""].filter(Boolean).join(" and ");
  const { title } = data.readers[reader];
  part.sentence.textContent = before
    ? `With ${changes}, ${title} reads ${read(now)}. Before: ${read(before)}.`
    : `${title} reads ${read(now)}.`;
}

// Buttons

function showControls(picture) {
  const { part, data, off, reader, flipped, zoomed } = picture, { inversion } = invertLayer(picture.columns), chosen = chosenMap(picture);
  const set = (changes) => () => compute(Object.assign(picture, changes));
  const heads = data.readers.length > 1 ? data.readers : [];
  const buttons = heads.map(({ title }, i) => button(`head ${i}`, title, i === reader, set({ reader: i, flipped: false })));
  if (inversion !== "both")
    buttons.push(button("flip", FORMULAS[invertedBy(picture)], inversion !== "identity", set({ flipped: !flipped })));
  if (chosen) buttons.push(button("off", `Switch ${chosen.title} ${off.has(chosen.key) ? "on" : "off"}`, null, () => switchMap(picture)));
  if (off.size) buttons.push(button("on", "Switch all on", null, set({ off: new Map() })));
  buttons.push(button("zoom", zoomed ? "Back to the whole network" : "Zoom in", null, () => zoom(picture, !zoomed)));
  const active = part.controls.getRootNode().activeElement?.dataset.name;
  part.controls.replaceChildren(...buttons);
  part.controls.querySelector(`[data-name="${active}"]`)?.focus(); // replaced while it had the focus
}

function button(name, text, pressed, act) {
  const element = document.createElement("button");
  Object.assign(element, { type: "button", textContent: text, onclick: act });
  element.dataset.name = name;
  if (pressed !== null) element.setAttribute("aria-pressed", String(pressed));
  return element;
}

const lastOf = (list) => list[list.length - 1]; // browsers of 2021 have no `at(-1)`
const invertLayer = (columns) => columns.find(({ layer }) => layer?.kind === "invert").layer;

// What the switch of the inversion is called: what the head has learned from, for an ordinary one 1 − x.
function invertedBy({ heads, reader }) {
  const own = heads[reader].layers.find(({ kind }) => kind === "invert").inversion;
  return own === "identity" ? "complement" : own;
}

function chosenMap({ columns, pinned: { number, place } }) {
  const column = columns[number];
  if (number === 0 || column.isClasses) return null;
  const map = mapOf(column, place), size = column.value.values.length / column.shape[0];
  const title = `${titleOf(column)} ${column.isSpatial ? "map" : "unit"} ${map}`;
  return { key: `${column.name} ${map}`, title, name: column.name, from: map * size, to: (map + 1) * size };
}

function switchMap(picture) {
  const chosen = chosenMap(picture);
  if (!chosen) return;
  if (!picture.off.delete(chosen.key)) picture.off.set(chosen.key, chosen);
  compute(picture);
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
  part.title.textContent = `${name} = ${exact(column.shown.values[place])}`;
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
  const listed = `the ${grid.numbers.length} largest of ${parts.places.length}`;
  const read = drawGrid(grid.labels.length ? listed : whole, grid, values, limitOf(column.given.values));
  if (!["conv", "linear"].includes(column.layer.kind)) return read;
  const weights = pick(parts.weights), sum = products.reduce((all, x) => all + x, 0);
  const sign = (one) => `<span class="sign">${one}</span>`, factors = drawGrid("weights", grid, weights, limitOf(parts.weights));
  return read + sign("×") + factors + sign("=") + drawGrid(`products, sum ${format(sum)}`, grid, products, limitOf(parts.products));
}

// What the maps before add, the largest first; a click shows its products.
function showMaps(picture, before, order, map) {
  const shown = order.length > 1 && before.isSpatial ? order.slice(0, 7) : [];
  const choose = (one) => () => showCard(Object.assign(picture, { map: { number: picture.chosen.number, map: one } }));
  const buttons = shown.map(([one, sum]) => button(`map ${one}`, `${one}: ${sum < 0 ? "" : "+"}${format(sum)}`, one === map, choose(one)));
  picture.part.maps.replaceChildren(shown.length ? `sums over ${titleOf(before)} maps` : "", ...buttons);
}
