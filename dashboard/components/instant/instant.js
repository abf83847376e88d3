// What networks read in every frame of a stroke. Only the rows that `core/visualization/readings.py` has drawn are changed.

const LITTLE_MEMORY = 1; // GB, of the whole device: below this the server answers

let networks = []; // those of the page that is shown
let remembered = { text: null }; // how the digit that is erased from is read whole
let installed = false;

export default function mount({ data }) {
  const shown = (networks = data.networks);
  if (!installed) document.addEventListener("stroke-frame", answer);
  installed = true;
  (window.requestIdleCallback ?? setTimeout)(() => shown === networks && prefetch());
  return () => {
    if (shown === networks) networks = [];
  };
}

const partsOf = () => networks.flatMap((network) => network.parts);

async function prefetch() {
  if (navigator.deviceMemory < LITTLE_MEMORY) return;
  for (const { path } of partsOf()) await fetchWeights(path).catch(() => {}); // the server answers, and the next visit tries again
}

// ---- computing

/** Answer a frame of a stroke, so that the canvas need not send it; leave it to the server where that is not possible. */
function answer(event) {
  const rows = [...document.querySelectorAll(".ns-readings .ns-row")];
  const known = rows.length === networks.length && rows.every((row, i) => nameOf(row) === networks[i].title);
  const parts = partsOf();
  if (!known || !parts.length || !parts.every(({ path }) => weightsOf(path))) return;
  try {
    const readings = readAll(event.detail, readScene());
    if (!readings?.some(Boolean)) return;
    showAll(rows, readings);
    event.preventDefault();
  } catch (error) {
    console.error("instant answers:", error);
  }
}

function readScene() {
  const { scene } = document.querySelector("[data-scene]").dataset;
  const [levels, bits] = scene.split(" ").map((part) => Uint8Array.from(atob(part), (one) => one.charCodeAt(0)));
  return { scene, digit: Float32Array.from(levels, (level) => level / 255), kept: (cell) => isSet(bits, cell) };
}

/** Return each network's probabilities now and for the whole digit, null for one that the server must read. */
function readAll({ mode, side, ink, covered }, { scene, digit, kept }) {
  const drawn = mode === "draw" ? prepareStrokes(ink(), side) : digit;
  if (!drawn) return null;
  const isKept = mode === "draw" ? kept : (cell) => kept(cell) && !isSet(covered, cell);
  const visible = drawn.map((level, cell) => (isKept(cell) ? level : 0));
  const erased = !drawn.every((_, cell) => isKept(cell));
  const now = startReading(visible);
  if (mode === "erase" && remembered.text !== scene) remembered = { text: scene, whole: startReading(digit) };
  const whole = !erased ? now : mode === "draw" ? startReading(drawn) : remembered.whole;
  return networks.map((network) => {
    if (!network.parts.length || (network.whole_only && erased)) return null;
    return { now: now(network), whole: whole(network) };
  });
}

/** Return a function network -> probabilities of these pixels, which computes no part of a network twice. */
function startReading(pixels) {
  const outputs = new Map();
  return ({ parts }) => {
    let value = toInput(pixels), key = "";
    for (const { path, layers } of parts) {
      key += path;
      if (!outputs.has(key)) outputs.set(key, computeLast({ layers, weights: weightsOf(path) }, value));
      value = outputs.get(key);
    }
    return softmax(value);
  };
}

function computeLast(list, input) {
  const outputs = computeLayers(list, input);
  return outputs.length ? outputs[outputs.length - 1] : input;
}

// ---- showing

const nameOf = (row) => row.querySelector(".ns-name").textContent;
const setText = (element, text) => element.textContent === text || (element.textContent = text);

function showAll(rows, readings) {
  const verdicts = document.querySelectorAll(".ns-verdicts > div"); // a phone's, at the bottom of the screen
  rows.forEach((row, i) => {
    for (const element of [row, verdicts[i]]) element.classList.toggle("ns-old", !readings[i]);
    if (readings[i]) setText(verdicts[i].querySelector("b"), showReading(row, readings[i]));
    else showOld(row.querySelector(".ns-note"));
  });
  const spoken = `${rows.map((row) => `${nameOf(row)} reads ${row.dataset.answer}`).join(", ")}.`;
  const { dataset } = document.querySelector(".ns-readings");
  if (dataset.announce !== spoken) dataset.announce = spoken;
}

// The server's last answer: how sure the network was, and that this was before.
function showOld(note) {
  setText(note, note.textContent.replace("sure", "a moment ago"));
}

/** Show probabilities in a network's row; return the name of the class that it reads. */
function showReading(row, { now, whole }) {
  const bars = [...row.querySelectorAll(".ns-bar")], label = highest(now), before = highest(whole);
  const names = bars.map((bar) => bar.querySelector("span").textContent);
  bars.forEach((bar, i) => {
    const percent = 100 * now[i], title = `${names[i]}: ${percent.toFixed(1)} %`;
    bar.classList.toggle("ns-not", i !== label);
    if (bar.title === title) return; // most bars are empty and stay so: the browser need not lay them out again
    bar.title = title;
    bar.querySelector("b").style.height = `${(0.7 * percent).toFixed(1)}%`;
  });
  row.dataset.answer = names[label];
  setText(row.querySelector(".ns-label"), names[label]);
  setText(row.querySelector(".ns-note"), `${(100 * now[label]).toFixed(0)} % sure`);
  showChange(row, before === label ? "" : `was ${names[before]} before`);
  return names[label];
}

const highest = (values) => values.indexOf(Math.max(...values));

function showChange(row, text) {
  let note = row.querySelector(".ns-changed");
  if (!text) return note?.remove();
  if (!note) {
    note = document.createElement("div");
    note.className = "ns-note ns-changed";
    row.querySelector(".ns-note").after(note);
  }
  setText(note, text);
}
