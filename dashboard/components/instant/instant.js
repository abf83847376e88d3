// What networks see in every frame of a stroke: their answers, and the maps of the first one. Of answers only the rows
// that `core/visualization/readings.py` has drawn are changed; a board paints the maps.

const LITTLE_MEMORY = 1; // GB, of the whole device: below this the server answers
const PALE = "0.4"; // what the server has said of other pixels
const LOOK_EVERY = 200; // milliseconds between two looks at how much of the weights is here

let page = { networks: [] }; // what Python has sent for the page that is shown
let latest = null; // the pixels that were shown last
let scene = { text: null }; // the digit that is erased from
const known = new WeakMap(); // pixels -> what unchanged networks see in them
const rowElements = new WeakMap(); // row -> its elements that change

export default function mount({ data, parentElement, setStateValue }) {
  const shown = (page = { ...data, pixels: data.pixels && new Float32Array(decode(data.pixels).buffer), send: setStateValue });
  latest = page.pixels && wholly(page.pixels);
  takeChanges(page.switching);
  watchSlider();
  fade(false);
  if (isAhead()) requestAnimationFrame(() => shown === page && show(latest)); // the server has just drawn what was before
  (window.requestIdleCallback ?? setTimeout)(() => shown === page && prefetch(parentElement.querySelector("p")));
  return () => {
    if (shown !== page) return;
    page = { networks: [] };
    takeChanges();
    fade(false);
  };
}

const partsOf = () => page.networks.flatMap((network) => network.parts);

async function prefetch(progress) {
  if (navigator.deviceMemory < LITTLE_MEMORY || !canMultiply()) return;
  const parts = partsOf();
  const watch = setInterval(() => showProgress(progress, shareOf(parts)), LOOK_EVERY); // nothing for weights that are here
  for (const part of parts) await fetchWeights(part).catch(() => {}); // the server answers, and the next visit tries again
  clearInterval(watch);
  progress.hidden = true;
}

function showProgress(progress, share) {
  const percent = Math.floor(100 * share);
  progress.hidden = false;
  progress.setAttribute("aria-valuenow", percent);
  progress.style.setProperty("--share", share);
  progress.textContent = `Loading networks into your browser: ${percent} %`;
}

// Answer a frame of a stroke, so that the canvas need not send it; leave it to the server where that is not possible.
document.addEventListener("stroke-frame", (event) => {
  if (!areReady() || !findRows()) return;
  const seen = see(event.detail, readScene());
  if (seen && show(seen)) event.preventDefault();
});

// ---- computing

const areReady = () => partsOf().length > 0 && partsOf().every(({ path }) => weightsOf(path));

function readScene() {
  const text = document.querySelector("[data-scene]").dataset.scene;
  if (scene.text === text) return scene;
  const [levels, mask, baseMask] = text.split(" ").map(decode);
  return (scene = { text, digit: Float32Array.from(levels, (level) => level / 255), mask, baseMask });
}

/** Return each network's outputs, and its probabilities now and before; null for one that the server must read. */
function readAll({ whole, visible }, changes) {
  const now = changes.length ? startReading(visible, changes) : readingOf(visible);
  const before = readingOf(page.switching ? visible : whole);
  return page.networks.map((network) => {
    if (!network.parts.length || (network.whole_only && visible !== whole)) return null;
    const outputs = now(network);
    return { outputs, now: softmax(lastOf(outputs)), whole: softmax(lastOf(before(network))) };
  });
}

function readingOf(pixels) {
  if (!known.has(pixels)) known.set(pixels, startReading(pixels, []));
  return known.get(pixels);
}

/**
 * Return a function network -> outputs of all its layers for these pixels, which computes no part twice.
 * Changes of features hold for all networks that share them, those of a head for the first network alone.
 */
function startReading(pixels, changes) {
  const computed = new Map();
  return (network) => {
    let value = toInput(pixels), key = "";
    return network.parts.flatMap(({ path, layers }, part) => {
      const own = part && network !== page.networks[0] ? [] : changes;
      key += `${path} ${own.length} `;
      if (!computed.has(key)) computed.set(key, computePart({ layers, weights: weightsOf(path) }, value, own));
      value = lastOf(computed.get(key)) ?? value;
      return computed.get(key);
    });
  };
}

const computePart = (list, input, changes) => computeLayers(list, input, (layer, output) => changeOutput(changes, layer, output));

// ---- showing

/** Show what the networks see; return whether one of them has answered. What fails here is left to the server. */
function show(seen) {
  try {
    return showSeen(seen);
  } catch (error) {
    console.error("instant answers:", error);
    return false;
  }
}

function showSeen(seen) {
  latest = seen;
  const rows = findRows(), changes = shownChanges(), readings = rows && areReady() ? readAll(seen, changes) : [];
  showMaps(readings[0]?.outputs, changes);
  if (!readings.some(Boolean)) return false;
  if (rows.length) showAll(rows, readings);
  if (page.switching && readings[0]) showSentence(rows[0], readings[0], changes);
  fade(page.pixels?.some((level, cell) => level !== seen.visible[cell]));
  return true;
}

const findReadings = () => document.querySelector(".ns-readings");

/** Return the networks' rows, none where there are only maps; null if the page shows others, or none yet. */
function findRows() {
  if (page.only_maps) return [];
  const rows = [...(findReadings()?.children ?? [])];
  return rows.length === page.networks.length && rows.every((row, i) => nameOf(row) === page.networks[i].title) ? rows : null;
}

/** Let boards show the outputs of the first network's layers, by name; none if they are not known. */
function showMaps(outputs, changes) {
  const layers = (page.networks[0]?.parts ?? []).flatMap((part) => part.layers);
  const maps = new Map(outputs?.map(({ values }, i) => [layers[i].name, values]));
  document.dispatchEvent(new CustomEvent("maps-seen", { detail: { maps, changes } }));
}

/** Make pale, or no longer, what the page says of the pixels before a stroke. */
function fade(old) {
  const { style } = document.documentElement;
  if (old) style.setProperty("--ns-old", PALE);
  else style.removeProperty("--ns-old");
}

const nameOf = (row) => row.querySelector(".ns-name").textContent.replaceAll("\u00a0", " "); // as it was before it was sent

// Change the text that an element has: another node in its place would take three times as long to lay out.
function setText(element, text) {
  if (!element.firstChild) element.textContent = text;
  else if (element.firstChild.data !== text) element.firstChild.data = text;
}

function showAll(rows, answers) {
  const readings = findReadings(), verdicts = readings.nextElementSibling.children; // a phone's, at the bottom of the screen
  rows.forEach((row, i) => {
    for (const element of [row, verdicts[i]]) element.classList.toggle("ns-old", !answers[i]);
    if (answers[i]) setText(verdicts[i].querySelector("b"), showReading(row, answers[i]));
    else showOld(elementsOf(row).note);
  });
  const answered = rows.filter((_, i) => answers[i]);
  const spoken = `${answered.map((row) => `${nameOf(row)} reads ${row.dataset.answer}`).join(", ")}.`;
  if (readings.dataset.announce !== spoken) readings.dataset.announce = spoken;
}

// The server's last answer: how sure the network was, and that this was before.
function showOld(note) {
  setText(note, note.textContent.replace("sure", "a moment ago"));
}

/** Return what changes in a row, found once. */
function elementsOf(row) {
  if (!rowElements.has(row)) {
    const bars = [...row.querySelectorAll(".ns-bar")], names = bars.map((bar) => bar.querySelector("span").textContent);
    rowElements.set(row, { bars, names, label: row.querySelector(".ns-label"), note: row.querySelector(".ns-note") });
  }
  return rowElements.get(row);
}

/** Show probabilities in a network's row; return the name of the class that it reads. */
function showReading(row, { now, whole }) {
  const { bars, names, label, note } = elementsOf(row), read = highest(now), before = highest(whole);
  bars.forEach((bar, i) => showShare(bar, names[i], (100 * now[i]).toFixed(1), i === read));
  row.dataset.answer = names[read];
  setText(label, names[read]);
  setText(note, `${(100 * now[read]).toFixed(0)}\u00a0% sure`);
  showChange(row, before === read ? "" : `was ${names[before]}`);
  return names[read];
}

function showShare(bar, name, percent, isRead) {
  const title = `${name}: ${percent}\u00a0%`;
  bar.classList.toggle("ns-not", !isRead);
  if (bar.title === title) return; // most bars are empty and stay so
  bar.title = title;
  bar.querySelector("b").style.setProperty("--share", `${percent}%`);
}

function showChange(row, text) {
  let note = row.querySelector(".ns-changed");
  if (!text) return note?.remove();
  if (!note) {
    note = document.createElement("div");
    note.className = "ns-note ns-changed";
    elementsOf(row).note.after(note);
  }
  setText(note, text);
}
