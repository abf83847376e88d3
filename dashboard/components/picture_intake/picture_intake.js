// Take the pictures that somebody chooses, drops or pastes for Streamlit's upload, and hand them on as they may be sent.
//
// Streamlit's upload has no place for this, so its events are caught on their way to it. Files are handed on by the same
// event that a choice causes.

const BUSY = "Making the picture smaller ...";
const FAILED = "The server did not take this file. Choose it again; if that fails, reload the page.";
const CHROMIUM = "userAgentData" in navigator; // others ignore how to resize a bitmap, which leaves out thin lines
const DRAGS = ["dragenter", "dragover", "dragleave", "drop"];

const intakes = new Map(); // the class of an upload -> what belongs to it
let installed = false, handing = false;

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".intake");
  const intake = { root, data };
  intakes.set(data.uploader, intake);
  if (!installed) install();
  installed = true;
  follow();
  root.querySelector(".apart a").href = location.href;
  root.querySelector(".apart").hidden = !isApart(data);
  return () => intakes.get(data.uploader) === intake && intakes.delete(data.uploader);
}

function install() {
  document.addEventListener("click", offer, true);
  document.addEventListener("change", choose, true);
  document.addEventListener("paste", paste, true);
  for (const name of DRAGS) document.addEventListener(name, drag, true);
  new MutationObserver(follow).observe(document.body, { subtree: true, childList: true });
}

const uploaderOf = (intake) => document.querySelector(`.${intake.data.uploader}`);
const inputOf = (intake) => uploaderOf(intake)?.querySelector("input[type=file]");

function find(element) {
  return [...intakes.values()].find(({ data }) => element.closest?.(`.${data.uploader}`));
}

// In a frame of another site the browser keeps no cookie of ours, and the server refuses what comes without.
function isApart({ cookie }) {
  return window.top !== window && cookie !== "" && !document.cookie.includes(`${cookie}=`);
}

// ---- events

// A phone offers its camera, and every browser the right files.
function offer(event) {
  const intake = find(event.target);
  if (intake && inputOf(intake)) inputOf(intake).accept = intake.data.accept;
}

function choose(event) {
  const intake = !handing && event.target.type === "file" && find(event.target);
  if (!intake) return;
  event.stopImmediatePropagation();
  take(intake, [...event.target.files]);
}

function drag(event) {
  const intake = event.dataTransfer?.types.includes("Files") && find(event.target);
  if (!intake) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const left = event.type === "dragleave" && !uploaderOf(intake).contains(event.relatedTarget);
  uploaderOf(intake).style.outline = left || event.type === "drop" ? "" : "2px solid";
  if (event.type === "drop") take(intake, [...event.dataTransfer.files]);
}

// What is pasted goes to the upload under the mouse or with the focus, else to the first on the page.
function paste(event) {
  const files = [...(event.clipboardData?.files ?? [])], shown = [...intakes.values()].filter(inputOf);
  const intake = shown.find((one) => uploaderOf(one).matches(":hover, :focus-within")) ?? shown[0];
  if (!files.length || !intake) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  take(intake, files);
}

// ---- files

async function take(intake, files) {
  if (!files.length || isApart(intake.data)) return;
  const taken = inputOf(intake).multiple ? files : files.slice(0, 1);
  say(intake, BUSY, true);
  const ready = [];
  for (const file of taken) ready.push(await prepare(file, intake.data)); // one after the other: each may be large
  const large = ready.filter((file) => file.size > intake.data.max_bytes);
  say(intake, large.map((file) => explain(file, intake.data)).join(" "));
  if (large.length < ready.length) hand(inputOf(intake), ready.filter((file) => !large.includes(file)));
}

function explain({ name, size }, { max_bytes }) {
  const [has, most] = [size, max_bytes].map((bytes) => Math.ceil(bytes / 2 ** 20));
  return `“${name.slice(-40)}” has ${has} MB; at most ${most} MB can be sent. Save it as a JPEG and choose that.`;
}

function hand(input, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  input.files = transfer.files;
  handing = true;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  handing = false;
}

// Return the file, or a smaller picture if it is a large one that this browser can decode.
async function prepare(file, { side, max_bytes }) {
  const picture = await decode(file);
  if (!picture) return file;
  const scale = Math.min(1, side / Math.max(picture.naturalWidth, picture.naturalHeight));
  if (scale === 1 && file.size <= max_bytes) return file;
  const [width, height] = [picture.naturalWidth, picture.naturalHeight].map((one) => Math.max(1, Math.round(one * scale)));
  const type = /png|webp|gif|avif/.test(file.type) ? "image/png" : "image/jpeg"; // parts of these may be transparent
  const canvas = (await shrinkAtOnce(file, width, height)) ?? shrink(picture, width, height);
  const blob = await new Promise((done) => canvas.toBlob(done, type, 0.92));
  return blob ? new File([blob], `${file.name.replace(/\.\w+$/, "")}.${type.slice(6)}`, { type }) : file;
}

async function decode(file) {
  if (!/^image\/(?!svg)/.test(file.type)) return null;
  const picture = new Image();
  picture.src = URL.createObjectURL(file);
  // Not `decode`, which takes long for a photo: here its size is enough. HEIC and TIFF fail in most browsers.
  const loaded = await new Promise((done) => Object.assign(picture, { onload: () => done(true), onerror: () => done(false) }));
  URL.revokeObjectURL(picture.src);
  return loaded ? picture : null;
}

// In half of the time that drawing takes; null where the browser cannot do it.
async function shrinkAtOnce(file, width, height) {
  if (!CHROMIUM) return null;
  const size = { resizeWidth: width, resizeHeight: height, resizeQuality: "medium" };
  const bitmap = await createImageBitmap(file, size).catch(() => null);
  return bitmap && draw(bitmap, width, height);
}

// By halves: a browser that draws at a quarter of the size at once may leave out thin lines.
function shrink(picture, width, height) {
  let [from, wide, high] = [picture, picture.naturalWidth, picture.naturalHeight];
  do {
    [wide, high] = wide >= 2 * width ? [Math.ceil(wide / 2), Math.ceil(high / 2)] : [width, height];
    from = draw(from, wide, high);
  } while (wide !== width || high !== height);
  return from;
}

function draw(picture, width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
  return canvas;
}

// ---- what is said

function follow() {
  // Streamlit fetches the code of its upload when a page first has one: what is pasted before that goes nowhere.
  for (const intake of intakes.values()) intake.root.querySelector(".hint").hidden = !inputOf(intake);
  removeFailed();
}

function say({ root }, text, busy = false) {
  const said = root.querySelector(".said");
  said.textContent = text;
  said.hidden = !text;
  said.classList.toggle("busy", busy);
}

// Streamlit says only in a tooltip why a file was not taken, and keeps it in its list.
function removeFailed() {
  for (const intake of intakes.values()) {
    for (const sign of uploaderOf(intake)?.querySelectorAll('[data-testid="stFileChipIconError"]') ?? []) {
      sign.closest('[data-testid="stFileChip"]')?.querySelector('[data-testid="stFileChipDeleteBtn"] button')?.click();
      say(intake, FAILED);
    }
  }
}
