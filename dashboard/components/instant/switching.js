// Maps that a click or a brush changes: answers and maps follow in the same frame, and the server confirms them.

let switched = []; // the changes that were made
let brushed = []; // those of maps that a mouse is being dragged over
let number = 0; // of the last message; the server says which one it has heard

/** Take the server's changes, unless this browser has made further ones since; undefined where nothing is switched. */
function takeChanges(switching) {
  if (!switching) return ([switched, brushed, number] = [[], [], 0]);
  number ||= switching.heard;
  if (!isAhead()) switched = switching.changes;
}

const isAhead = () => number > (page.switching?.heard ?? number);
const shownChanges = () => withSwitched(switched, brushed).map((one) => ({ ...one, strength: page.switching.strength }));

function toChanges({ row: stage, tiles }) {
  const { change, every } = page.switching;
  return (every && tiles.length ? [null] : tiles).map((map) => ({ stage, map, change }));
}

document.addEventListener("tiles-brushed", ({ detail }) => {
  if (!page.switching) return;
  brushed = toChanges(detail);
  show(latest);
});

// The tiles of a board were clicked or brushed.
document.addEventListener("tiles-chosen", ({ detail }) => {
  if (!page.switching) return;
  [switched, brushed] = [withSwitched(switched, toChanges(detail)), []];
  page.send("switched", { number: ++number, changed: toText(switched) }); // all: what a lost connection has swallowed comes again
  show(latest);
});

// Streamlit's slider sends its value when it is let go; until then its own element has it.
const slides = new MutationObserver(([{ target }]) => {
  if (!page.switching) return;
  page.switching.strength = target.value / 100;
  show(latest);
});

function watchSlider() {
  slides.disconnect();
  const slider = page.switching && document.querySelector(page.switching.slider);
  if (slider) slides.observe(slider, { attributeFilter: ["aria-valuetext"] });
}

/** Write the sentence above the maps as `dashboard/feature_maps/switch_views.py` does. */
function showSentence(row, { now, whole }, changes) {
  const [label, before] = [now, whole].map((shares) => elementsOf(row).names[highest(shares)]);
  const still = changes.length ? "still reads" : "reads";
  const reads = label === before ? `${still} ${label}` : `reads ${label} instead of ${before}`;
  const sure = (100 * Math.max(...now)).toFixed(0);
  setText(document.querySelector(".ns-switched"), `With ${nameChanges(changes)}, ${nameOf(row)} ${reads} (${sure}\u00a0% sure).`);
}

function nameChanges(changes) {
  const stages = changes.filter(({ map }) => map === null).map(({ stage }) => `all of ${stage}`), count = changes.length - stages.length;
  const named = count ? [...stages, `${count} ${count > 1 ? "maps" : "map"}`] : stages;
  const kind = changes.every(({ change }) => change === "off") ? "off" : "changed";
  return changes.length ? `${named.join(" and ")} ${kind}` : "nothing changed";
}
