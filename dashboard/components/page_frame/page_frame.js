// Mark the page in Streamlit's menu, close the menu of a phone, read changes aloud, lead a first visitor around, keep few
// entries in the browser's history, and hold the controls while a teacher has frozen the page; keys.js follows.
// Streamlit calls the default export when its data change; what is outside of the component stays for the whole visit.

const SEEN = "negative-space-tour"; // in localStorage: the tour was shown, so it does not come by itself again
const PHONE = 768; // pixels: Streamlit's menu covers narrower screens
const PAUSE = 200; // milliseconds between two looks at what has changed on the page
const QUIET = 800; // milliseconds without a change before it is read aloud
const AT_REST = 5000; // milliseconds without a stroke or a click before the tour goes on by itself
const ACTS = ["pointerdown", "mousedown", "touchstart", "pointerup", "mouseup", "touchend", "click", "dblclick", "keydown", "keyup", "drop"];
const READING = ["Tab", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]; // keys that move or scroll
const PRESSING = ["Enter", " ", "Tab", "Escape"]; // keys for a button; others would reach the page's shortcuts
const state = { data: null, step: null, asked: 0, card: null, region: null, pressed: false, acted: 0, looking: null, searching: null, wanted: 0, typed: "", late: 0 };

export default function ({ data }) {
  const first = state.data === null;
  state.data = data;
  if (first) install();
  mark();
  if (data.tour.length && (data.tour_asked > state.asked || !remembered())) openTour();
  else if (!data.tour.length) closeTour();
  state.asked = data.tour_asked;
}

function install() {
  keepFewEntries();
  for (const act of ACTS) addEventListener(act, hold, { capture: true, passive: false });
  state.skip = make("button", "ns-skip");
  state.skip.onclick = () => (findView() ?? findCanvas())?.focus();
  document.body.prepend(state.skip);
  state.region = make("div", "ns-spoken");
  state.region.setAttribute("role", "status");
  document.body.append(state.region);
  document.addEventListener("click", afterClick, true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && skipTour(), true);
  document.addEventListener("keydown", slash);
  document.addEventListener("keydown", closeSearch, true);
  for (const act of ["keydown", "keyup"]) addEventListener(act, keepTyped, true); // before the keys of the page's buttons
  for (const act of ["pointerdown", "pointerup", "pointercancel", "keyup"]) addEventListener(act, noteAct, true);
  addEventListener("resize", () => { mark(); place(); });
  addEventListener("scroll", place, true);
  new MutationObserver(lookSoon).observe(document.body, { subtree: true, childList: true, attributeFilter: ["data-announce"] });
  takeEarlyKeys();
  look(); // at what stood there before
}

// Every bar of a stroke changes the page: to look each time would make it late.
function lookSoon() {
  state.looking ??= setTimeout(look, PAUSE);
}

function look() {
  state.looking = null;
  if (state.pressed) return lookSoon(); // after the stroke
  listen();
  offerSkip();
  keepFocus();
  nameButtons();
}

function make(tag, name, text = "") {
  const element = document.createElement(tag);
  Object.assign(element, { className: name, textContent: text });
  return element;
}

// The menu

function mark() {
  const { section, title } = state.data;
  const sections = '[data-testid="stTopNavSection"], [data-testid="stNavSectionHeader"]';
  const links = '[data-testid="stSidebarNavLink"], [data-testid="stTopNavLink"], [data-testid="stTopNavDropdownLink"]';
  for (const [places, name] of [[sections, section], [links, title]]) {
    for (const entry of document.querySelectorAll(places)) {
      if (entry.querySelector("p")?.textContent === name) entry.setAttribute("aria-current", "page");
      else entry.removeAttribute("aria-current");
    }
  }
}

function afterClick(event) {
  if (innerWidth < PHONE && event.target.closest?.('[data-testid="stSidebarNavLink"]')) {
    setTimeout(() => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click());
  }
  if (event.target.closest?.(".ns-digit")) document.querySelector(".st-key-missing-part, .st-key-source")?.scrollIntoView({ block: "center" });
  setTimeout(mark, 100); // an opened menu has new elements
  if (event.target.closest?.(SEARCH)) setTimeout(focusSearch); // once it is open
}

// Where there is no room for the words of the head's buttons, pointing at one shows them.
function nameButtons() {
  for (const button of document.querySelectorAll(".st-key-page-tools button")) button.title = button.querySelector("p")?.textContent ?? "";
}

// A page that a teacher has frozen

// Fingers may scroll: a touch is kept from the page's controls, not from the browser. A question of the class can be answered.
function hold(event) {
  if (!state.data.frozen) return;
  const types = event.target.matches?.("input, textarea"), free = types || !event.key || PRESSING.includes(event.key);
  if (free && event.target.closest?.(".st-key-class-bar")) return;
  event.stopImmediatePropagation();
  if (event.type.startsWith("touch") || event.type.startsWith("pointer") || (READING.includes(event.key) && !types)) return;
  event.preventDefault();
}

// The browser's history

// A page writes its address after each of its runs. An entry of its own has only what a user has done there besides
// drawing, which a canvas can undo: so Back leads away from a page that was opened, and from a digit that was drawn.
// `st.switch_page` with parameters writes two entries: the parameters beside the page that is left, an address that
// nobody was at, and then the new page, which replaces the first one here.
function keepFewEntries() {
  const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
  let parameters = "", hasActed = false;
  const isDrawing = (event) => event.composedPath().some((one) => one.classList?.contains("live"));
  for (const act of ["pointerdown", "keydown", "change"]) addEventListener(act, (event) => { hasActed ||= !isDrawing(event); }, true);
  addEventListener("popstate", () => { hasActed = false; });
  history.pushState = (state, title, url) => {
    const to = new URL(url, location.href), moves = to.pathname !== location.pathname;
    const again = moves && to.search !== "" && location.href === parameters && to.search === location.search;
    (again || (!moves && !hasActed) ? replace : push)(state, title, url);
    hasActed = false;
    parameters = moves ? "" : location.href;
    setTimeout(() => { parameters = ""; }, 2000);
  };
}

// Reading aloud

function listen() {
  const text = [...document.querySelectorAll("[data-announce]")].map((one) => one.dataset.announce).join(" ");
  if (text === state.heard) return;
  state.heard = text;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => { state.region.textContent = text; }, QUIET);
}

// The tour

function remembered() {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return true; // the browser keeps nothing: do not show it at every visit
  }
}

function remember() {
  try { localStorage.setItem(SEEN, "seen"); } catch { /* it keeps nothing */ }
}

function openTour(step = 0, focused = true) {
  closeTour();
  remember();
  const { tour } = state.data, last = step === tour.length - 1;
  const card = make("div", "ns-tour");
  card.setAttribute("role", "dialog");
  card.setAttribute("aria-label", tour[step].title);
  const next = make("button", "ns-next", last ? "Done" : "Next"), skip = make("button", "", matchMedia("(hover: none)").matches ? "Skip" : "Skip (Esc)");
  next.onclick = () => (last ? closeTour() : openTour(step + 1));
  skip.onclick = closeTour;
  card.append(make("b", "", `${step + 1} of ${tour.length} · ${tour[step].title}`), make("p", "", tour[step].says), next);
  if (!last) card.append(skip);
  document.body.append(card);
  Object.assign(state, { card, step, target: find(tour[step].at) });
  state.target?.classList.add("ns-shown");
  state.resized = new ResizeObserver(bringIntoView); // a canvas has its size some time after the page
  if (state.target) state.resized.observe(state.target);
  bringIntoView();
  if (focused) next.focus({ preventScroll: true });
  const { done } = tour[step];
  if (done && !document.querySelector(done)) state.watch = setInterval(goOn, 300, done);
}

// Go to the next step once this one's act is done and the visitor rests: not between two strokes of one digit.
function goOn(done) {
  const rests = !state.pressed && performance.now() - state.acted > AT_REST;
  if (rests && document.querySelector(done)) openTour(state.step + 1, false); // the canvas may have the focus
}

function noteAct({ type }) {
  state.acted = performance.now();
  if (type !== "keyup") state.pressed = type === "pointerdown";
}

// Also before it was shown: after Esc on another page it does not come by itself.
function skipTour() {
  remember();
  closeTour();
}

function closeTour() {
  state.card?.remove();
  state.resized?.disconnect();
  clearInterval(state.watch);
  state.target?.classList.remove("ns-shown");
  Object.assign(state, { card: null, target: null });
}

function bringIntoView() {
  state.target?.scrollIntoView({ block: "nearest" });
  place();
}

function find(selectors) {
  for (const selector of selectors.split(", ")) {
    const found = document.querySelector(selector);
    if (found?.getClientRects().length) return found;
  }
  return null;
}

// Below what it points to and what must stay free `under` it, else right of its lower edge, else above it: what stands above a thing, and beside its upper
// edge, often belongs to it. Never outside of the screen.
function place() {
  const { card, target } = state;
  if (!card) return;
  const at = (target ?? document.body).getBoundingClientRect(), { under } = state.data.tour[state.step];
  const bottom = Math.max(at.bottom, (under && find(under))?.getBoundingClientRect().bottom ?? 0);
  const width = card.offsetWidth, height = card.offsetHeight, lowest = innerHeight - height - 10;
  const below = bottom + 10, right = at.right + 10, above = at.top - height - 10;
  const beside = below > lowest && right + width + 10 < innerWidth;
  const top = below <= lowest ? below : beside ? at.bottom - height : above > 0 ? above : lowest;
  card.style.top = `${Math.max(10, Math.min(top, lowest))}px`;
  card.style.left = `${Math.max(10, Math.min(beside ? right : at.left, innerWidth - width - 10))}px`;
}
