// Find the figures of the page again and again, since Streamlit replaces them, and give each its two buttons.
// Streamlit calls the default export when the page runs; what is outside of the component stays for the whole visit.

const PLACES = '[data-testid="stMain"] [data-testid="stElementContainer"]'; // each holds one element of the page
const FIGURES = '[data-testid="stHtml"] img:not(.ns-digit img), [data-testid="stMarkdown"] [role="img"], '
  + ".stPlotlyChart:not(:has(.modebar-btn)) .main-svg";
const COMPONENTS = ".board, .player"; // figures inside a component's own part of the page
const CONTROLS = "button, input, select, output, style, script, .ns-figure-tools"; // these are not part of the picture
const TYPE = "Source Sans"; // Streamlit's
const FINER = 2; // pixels of the file for one of the screen, at least
const PAUSE = 200; // milliseconds between two searches
const SAVE = "M11 3h2v9l3-3 1.4 1.4L12 16l-5.4-5.6L8 9l3 3zM4 18h16v2H4z";
const ENLARGE = "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z";
let installed = false, due = false, fonts = null;

export default function () {
  if (!installed) install();
  installed = true;
  searchSoon();
}

function install() {
  new MutationObserver(searchSoon).observe(document.body, { subtree: true, childList: true });
  for (const event of ["pointerover", "focusin"]) document.addEventListener(event, searchSoon); // a component fills late
}

function searchSoon() {
  if (due) return;
  due = true;
  setTimeout(() => {
    due = false;
    for (const place of document.querySelectorAll(PLACES)) equip(place);
  }, PAUSE);
}

function equip(place) {
  const tools = place.querySelector(":scope > .ns-figure-tools"), component = findComponent(place);
  const wanted = component !== null || place.querySelector(FIGURES) !== null;
  if (!wanted) tools?.remove();
  if (!wanted || tools) return;
  const takesClicks = component?.matches(".board") || place.querySelector(".stPlotlyChart") !== null;
  place.append(makeTools(place, { fillsByItself: component?.matches(".player"), takesClicks }));
}

function findComponent(place) {
  for (const element of place.querySelectorAll('[data-testid^="stBidiComponent"], [data-testid^="stBidiComponent"] *')) {
    const found = element.shadowRoot?.querySelector(COMPONENTS);
    if (found) return found;
  }
  return null;
}

function makeTools(place, { fillsByItself, takesClicks }) {
  const tools = document.createElement("div");
  tools.className = `ns-figure-tools${takesClicks ? " ns-outside" : ""}`;
  tools.append(makeButton("Save the picture (PNG)", SAVE, () => save(place)));
  if (document.fullscreenEnabled && !fillsByItself) tools.append(makeButton("Full screen", ENLARGE, () => toggle(place)));
  return tools;
}

function makeButton(name, path, act) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", title: name, onclick: act });
  button.setAttribute("aria-label", name);
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
  return button;
}

const toggle = (place) => (document.fullscreenElement ? document.exitFullscreen() : place.requestFullscreen());

// Saving: the figure is copied into an SVG with the look of every part written out, and this is painted.

async function save(place) {
  fonts ??= readFonts();
  const [width, height] = [place.scrollWidth, place.scrollHeight], usual = readUsual();
  const content = new XMLSerializer().serializeToString(copy(place, usual));
  const size = `width="${width}" height="${height}"`;
  const source = `<svg xmlns="http://www.w3.org/2000/svg" ${size}><style>${await fonts}</style><foreignObject ${size}>${content}</foreignObject></svg>`;
  const picture = new Image(), canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  await picture.decode();
  Object.assign(canvas, { width: FINER * width, height: FINER * height });
  pen.fillStyle = getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  Object.assign(document.createElement("a"), { download: "negative-space.png", href: canvas.toDataURL() }).click();
}

// Return the page's type as CSS that holds the files themselves: a picture may not load any.
async function readFonts() {
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const wanted = rules.filter((rule) => rule instanceof CSSFontFaceRule && rule.style.fontFamily.includes(TYPE));
  return (await Promise.all(wanted.map(embed))).join("");
}

async function embed({ cssText, parentStyleSheet }) {
  const [, address] = cssText.match(/url\("?([^")]+)"?\)/);
  const file = await (await fetch(new URL(address, parentStyleSheet.href ?? location.href))).blob(), reader = new FileReader();
  reader.readAsDataURL(file);
  await new Promise((done) => { reader.onload = done; });
  return cssText.replace(address, reader.result);
}

// Return a copy of an element with all that it shows; what a component keeps for itself becomes an ordinary part.
function copy(node, usual) {
  if (node.nodeType === Node.TEXT_NODE) return node.cloneNode();
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches(CONTROLS)) return "";
  const painted = node.tagName === "CANVAS", twin = painted ? new Image() : node.cloneNode(false);
  if (painted) twin.src = node.toDataURL();
  const look = getComputedStyle(node);
  const own = [...look].map((name) => [name, look.getPropertyValue(name)]).filter(([name, value]) => value !== usual.get(name));
  twin.setAttribute("style", `all:initial;${own.map(([name, value]) => `${name}:${value}`).join(";")}`);
  twin.append(...[...(node.shadowRoot ?? node).childNodes].map((child) => copy(child, usual)));
  return twin;
}

// Return the value that each property has where nobody has set it: these need not be written out.
function readUsual() {
  const plain = document.body.appendChild(document.createElement("div"));
  plain.style.cssText = "all:initial";
  const look = getComputedStyle(plain), usual = new Map([...look].map((name) => [name, look.getPropertyValue(name)]));
  plain.remove();
  return usual;
}
