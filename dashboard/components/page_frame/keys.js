
// The keyboard: skip to the views or the canvas, open the search by a slash, and lose nothing of what is typed before its field is there

const SEARCH = ".st-key-search button";
const FIELD = ".st-key-search-for input";
const PATIENCE = 10_000; // milliseconds for which the slash is remembered on a page that is not ready
const CORRECTING = ["Backspace", "Enter"]; // keys with a name that count as typed

// Canvases stand inside components, each with a part of the page of its own.
function findCanvas() {
  const places = document.querySelectorAll('[data-testid^="stBidiComponent"], [data-testid^="stBidiComponent"] *');
  const canvases = [...places].map((place) => place.shadowRoot?.querySelector('canvas[tabindex="0"]'));
  return canvases.find((canvas) => canvas?.getClientRects().length);
}

// The chosen one of the page's views: what it shows follows.
const findView = () => document.querySelector('[data-testid="stMain"] [role="radiogroup"][aria-label="View"] [aria-checked="true"]');

function offerSkip() {
  state.skip.textContent = findView() ? "Skip to the views" : "Skip to the canvas";
  state.skip.hidden = !findView() && !findCanvas();
}

// A button that opens another view goes with its own: whoever pressed it by a key goes on at the views, not at the page's top.
function keepFocus() {
  if (document.activeElement === document.body && state.focused?.isConnected === false) findView()?.focus();
  state.focused = document.activeElement.matches(":focus-visible") ? document.activeElement : null;
}

const hasModifier = (event) => event.ctrlKey || event.metaKey || event.altKey;
const goesIntoText = (event) => event.composedPath()[0].matches?.("input, textarea, select, [contenteditable]");

function slash(event) {
  if (event.key !== "/" || hasModifier(event) || goesIntoText(event)) return;
  event.preventDefault(); // Firefox opens its own search
  state.wanted = performance.now() + PATIENCE;
  state.pressed = -2000;
  focusSearch();
}

// The first Escape only clears the field, of which its list may be all that one sees.
function closeSearch({ key, target }) {
  if (key !== "Escape") return;
  state.wanted = 0;
  if (target.matches?.(FIELD)) setTimeout(() => isOpen() && document.querySelector(SEARCH).click(), 100);
}

// What was typed while this code was on its way.
function takeEarlyKeys() {
  const { text, until } = window.nsEarlyKeys ?? { text: "", until: 0 };
  window.nsEarlyKeys?.end();
  state.late = text ? until : 0;
  if (!text.includes("/")) return;
  state.typed = text.slice(text.indexOf("/") + 1);
  state.wanted = performance.now() + PATIENCE;
  focusSearch();
}

const isOpen = () => document.querySelector(SEARCH)?.getAttribute("aria-expanded") === "true";

// A popover is filled by the server, some time after it was opened: on a busy one, many seconds. One that a slash has
// opened too early, while the page was still drawn, is opened again.
function focusSearch() {
  const field = document.querySelector(FIELD), wanted = performance.now() < state.wanted;
  clearTimeout(state.searching);
  state.searching = (isOpen() || wanted) && !field ? setTimeout(focusSearch, 100) : null;
  if (wanted && !isOpen() && performance.now() > (state.pressed ?? -2000) + 2000) { // not sooner: each press lets the page run
    state.pressed = performance.now();
    document.querySelector(SEARCH)?.click();
  }
  if (state.searching) return;
  state.wanted = 0;
  field?.focus();
  const typed = state.typed.replace(/^\/+/, ""); // whoever waits may press the slash again
  if (field && typed) type(field, typed);
  state.typed = "";
}

// As if it was typed there: React hears of what is set by the element's own method, and of the event.
function type(field, text) {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// A word that is typed while the field is on its way would press the page's buttons: P is the projector's key.
function keepTyped(event) {
  const { key } = event, late = performance.now() < state.late && key !== "/" && key.length === 1;
  if (!(state.searching || late) || hasModifier(event) || goesIntoText(event) || (key.length > 1 && !CORRECTING.includes(key))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (late) state.late = performance.now() + 1000;
  if (state.searching && event.type === "keydown") state.typed = key === "Backspace" ? state.typed.slice(0, -1) : state.typed + (key.length > 1 ? "" : key);
}
