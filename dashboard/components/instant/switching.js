// Maps that a click or a brush changes: answers and maps follow in the same frame, and the server confirms them.

let switched = []; // the changes that are shown
let texts = []; // the changes as text: what the server has said last, then what is on its way to it

/** Take the server's changes, unless this browser has made further ones since; undefined where nothing is switched. */
function takeChanges(held) {
  if (!held) return ([switched, texts] = [[], []]);
  const said = toText(held), confirmed = texts.lastIndexOf(said);
  texts = confirmed < 0 ? [said] : texts.slice(confirmed);
  if (!isAhead()) switched = held;
}

const isAhead = () => texts.length > 1;
const shownChanges = () => switched.map((one) => ({ ...one, strength: page.switching.strength }));

// The tiles of a board were clicked or brushed.
document.addEventListener("tiles-chosen", ({ detail: { row: stage, tiles } }) => {
  if (!page.switching) return;
  const { change, every } = page.switching;
  switched = withSwitched(switched, (every ? [null] : tiles).map((map) => ({ stage, map, change })));
  texts.push(toText(switched));
  page.send("switched", toText(switched));
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

const nameOfClass = (row, label) => row.querySelectorAll(".ns-bar span")[label].textContent;

/** Write the sentence above the maps as `dashboard/feature_maps/switch_views.py` does. */
function showSentence(row, { now, whole }) {
  const [label, before] = [now, whole].map((shares) => nameOfClass(row, highest(shares)));
  const count = switched.length, kind = switched.every(({ change }) => change === "off") ? "off" : "changed";
  const what = count ? `${count} ${count > 1 ? "maps" : "map"} ${kind}` : "nothing changed";
  const reads = label === before ? `still reads ${label}` : `reads ${label} instead of ${before}`;
  const sure = (100 * Math.max(...now)).toFixed(0);
  setText(document.querySelector(".ns-switched"), `With ${what}, ${nameOf(row)} ${reads} (${sure}\u00a0% sure).`);
}
