// Play frames that come in chunks; __init__.py describes the message.
// Streamlit calls the default export for every chunk, always with the same parentElement while the player is on the
// page. Of two chunks that come together it may pass only the second: the missing one is requested again.

const FRAMES_PER_SECOND = 30;
const BETWEEN_CHUNKS = 0.25; // seconds
const players = new WeakMap(); // a player's outermost element -> its state
const places = new Map(); // run -> its position and settings, which outlive a change of page

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".player");
  if (!players.has(root)) players.set(root, create(root));
  const player = players.get(root);
  player.ask = () => setTriggerValue("missing", player.frames.length);
  player.inbox = player.inbox.then(() => receive(player, data)).catch(console.error);
}

function create(root) {
  const find = (name) => root.querySelector(`.${name}`);
  const names = ["picture", "labels", "chart", "title", "legend", "play", "slider", "count", "loop", "speed", "text"];
  const player = { root, frames: [], head: {}, place: {}, due: 0, ticking: false, inbox: Promise.resolve() };
  for (const name of names) player[name] = find(name);
  player.play.onclick = () => toggle(player);
  player.picture.onclick = () => toggle(player);
  find("back").onclick = () => step(player, -1);
  find("on").onclick = () => step(player, 1);
  player.slider.oninput = () => jump(player, Number(player.slider.value));
  player.loop.onclick = () => { player.place.loop = !player.place.loop; showState(player); };
  find("large").onclick = () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen());
  player.speed.onchange = () => { player.place.speed = Number(player.speed.value); };
  root.addEventListener("keydown", (event) => press(player, event));
  new ResizeObserver(() => drawChart(player)).observe(player.chart);
  return player;
}

// Receiving

async function receive(player, message) {
  const length = new DataView(message.buffer, message.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(message.subarray(4, 4 + length)));
  if (head.run !== player.head.run) begin(player, head);
  player.head = head;
  if (head.start > player.frames.length) return player.ask();
  const pixels = await inflate(message.subarray(4 + length));
  const known = player.frames.length - head.start; // after a change of theme the same chunk comes again
  for (let i = known; i < head.count; i++) player.frames.push(toFrame(head, pixels, i));
  if (player.frames.length) resume(player);
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function toFrame({ shape, texts, values, labels, places: at, start }, pixels, i) {
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, text: texts[i], values: values[i], labels: labels[i], at: at[i] ?? start + i + 1, pixels: pixels.subarray(i * size, (i + 1) * size) };
}

function begin(player, head) {
  const playing = !matchMedia("(prefers-reduced-motion: reduce)").matches; // then it waits until Play is pressed
  if (!places.has(head.run)) places.set(head.run, { at: 0, playing, loop: false, speed: head.speed });
  Object.assign(player, { frames: [], due: 0, place: places.get(head.run) });
  player.root.setAttribute("aria-label", `Player: ${head.label}`);
  player.title.textContent = head.label;
  player.root.classList.toggle("plain", !Object.keys(head.colors).length);
  player.speed.value = String(player.place.speed);
  player.legend.replaceChildren(...Object.entries(head.colors).map(legendEntry));
}

function legendEntry([name, color]) {
  const entry = document.createElement("li");
  entry.style.setProperty("--curve", color);
  entry.append(name, document.createElement("b"));
  return entry;
}

// Playing

function resume(player) {
  showState(player);
  show(player);
  if (!player.place.playing || player.ticking) return;
  player.ticking = true;
  requestAnimationFrame((now) => tick(player, now, now));
}

function tick(player, before, now) {
  player.ticking = player.place.playing && player.root.isConnected;
  if (!player.ticking) return;
  requestAnimationFrame((later) => tick(player, now, later));
  const elapsed = Math.min(now - before, 250) / 1000; // a hidden tab does not catch up
  player.due += elapsed * pace(player);
  const frames = Math.floor(player.due);
  player.due -= frames;
  if (frames) advance(player, frames);
}

// Return frames a second. While more are computed, the frames at hand are spread over the time until the next chunk.
function pace(player) {
  const wanted = FRAMES_PER_SECOND * player.place.speed, ahead = player.frames.length - 1 - player.place.at;
  return isComplete(player) ? wanted : Math.min(wanted, ahead / BETWEEN_CHUNKS);
}

function advance(player, frames) {
  const last = player.frames.length - 1, next = player.place.at + frames;
  if (next <= last) player.place.at = next;
  else if (!isComplete(player)) player.place.at = last;
  else if (player.place.loop) player.place.at = next % (last + 1);
  else stopAt(player, last);
  show(player);
}

const isComplete = ({ head, frames }) => head.finished && frames.length >= head.total;

function stopAt(player, at) {
  player.place.at = Math.max(0, Math.min(at, player.frames.length - 1));
  player.place.playing = false;
  showState(player);
}

function jump(player, at) {
  stopAt(player, at);
  show(player);
}

const step = (player, by) => jump(player, player.place.at + by);

function toggle(player) {
  if (player.place.playing) return step(player, 0);
  if (isComplete(player) && player.place.at >= player.frames.length - 1) player.place.at = 0;
  player.place.playing = true;
  player.due = 0;
  resume(player);
}

const KEYS = {
  " ": toggle,
  ArrowLeft: (player) => step(player, -1),
  ArrowRight: (player) => step(player, 1),
  Home: (player) => jump(player, 0),
  End: (player) => jump(player, Infinity),
};

function press(player, event) {
  const own = event.key === " " ? "button, select" : "select"; // these handle the key themselves
  if (!KEYS[event.key] || event.ctrlKey || event.altKey || event.metaKey || event.target.matches(own)) return;
  event.preventDefault();
  event.stopPropagation(); // the page turns its slides by the same keys
  KEYS[event.key](player);
}

// Showing

function showState({ root, head, play, loop, text, place }) {
  root.classList.toggle("playing", place.playing);
  play.setAttribute("aria-label", `${place.playing ? "Pause" : "Play"} ${head.label ?? ""}`);
  loop.setAttribute("aria-pressed", String(place.loop));
  text.setAttribute("aria-live", place.playing ? "off" : "polite"); // a screen reader cannot read 30 lines a second
}

function show(player) {
  const at = Math.min(player.place.at, player.frames.length - 1), frame = player.frames[at];
  if (!frame) return;
  const count = Math.max(player.head.total, player.frames.length);
  player.root.dataset.frame = at;
  player.root.dataset.received = player.frames.length;
  player.slider.max = count - 1;
  player.slider.value = at;
  player.slider.setAttribute("aria-valuetext", `${player.head.axis} ${format(frame.at, "")}, ${at + 1} of ${count}`);
  player.count.textContent = [frame.at, ...lastPlace(player)].map((one) => format(one, "")).join(" / ");
  player.text.textContent = frame.text;
  player.picture.setAttribute("aria-label", `${player.head.label}, frame ${at + 1}: ${frame.text}`);
  drawPicture(player, frame);
  writeLabels(player, frame);
  [...player.legend.children].forEach((entry, i) => {
    entry.lastChild.textContent = format(frame.values[i], player.head.unit);
  });
  drawChart(player);
}

// The place of the last frame, in a list; an empty list before it is known: the next frames may lie anywhere.
const lastPlace = (player) => (isComplete(player) ? [player.frames.at(-1).at] : []);

// Percentages are whole, as in the text below the picture.
function format(value, unit) {
  return value === null ? "–" : `${unit === " %" ? Math.round(value) : Number(value.toPrecision(3))}${unit}`;
}

function drawPicture({ root, picture }, { shape, pixels }) {
  const [height, width, channels = 1] = shape;
  if (picture.width !== width || picture.height !== height) Object.assign(picture, { width, height });
  root.classList.toggle("wide", width > 1.6 * height);
  root.style.setProperty("--ratio", width / height);
  const image = new ImageData(width, height), green = channels > 1 ? 1 : 0, blue = channels > 1 ? 2 : 0;
  for (let from = 0, to = 0; from < pixels.length; from += channels, to += 4) {
    image.data[to] = pixels[from];
    image.data[to + 1] = pixels[from + green];
    image.data[to + 2] = pixels[from + blue];
    image.data[to + 3] = 255;
  }
  picture.getContext("2d").putImageData(image, 0, 0);
}

// Write the labels over the picture as text, which a screen of any size shows sharp.
function writeLabels({ labels: place }, { labels, shape: [height, width] }) {
  while (place.children.length > labels.length) place.lastChild.remove();
  const longest = (wide) => Math.max(1, ...labels.filter((one) => one[3] === wide).map(([text]) => text.length));
  labels.forEach(([text, ...box], i) => {
    const label = place.children[i] ?? place.appendChild(document.createElement("span"));
    if (label.textContent !== text) label.textContent = text;
    const [left, top, wide, high, color] = box;
    const shares = { left: left / width, top: top / height, width: wide / width, height: high / height, color, length: longest(wide) };
    for (const [name, value] of Object.entries(shares)) label.style.setProperty(`--${name}`, value);
  });
}
