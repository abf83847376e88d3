// Draw many points in the colours of their groups; pointing at one shows its picture.
// Streamlit calls the default export for every change, always with the same parentElement while the map is on the page.

const SHOWN = 56; // screen pixels of a picture, as in picture_map.css
const REACH = 30; // units of the drawing, of 1000: a point farther away is not meant

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".map");
  if (root.dataset.drawn === data.mark) return;
  const [svg, tip] = root.children, ring = make("circle", { r: 10, visibility: "hidden" });
  svg.setAttribute("aria-label", data.label);
  svg.replaceChildren(
    ...data.colors.map((stroke, group) => make("path", { stroke, d: dots(data, group) })),
    ring,
  );
  svg.onpointermove = svg.onpointerdown = (event) => point(svg, tip, ring, data, nearest(svg, data, event));
  svg.onpointerleave = () => point(svg, tip, ring, data, null);
  point(svg, tip, ring, data, null);
  root.dataset.drawn = data.mark;
}

function make(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// A line of no length with round ends is a dot: one element draws all points of a group.
const dots = ({ points, groups }, group) => points.filter((_, at) => groups[at] === group).map(([x, y]) => `M${x} ${y}h0`).join("");

function nearest(svg, { points }, { clientX, clientY }) {
  const box = svg.getBoundingClientRect(), scale = 1000 / box.width;
  const [x, y] = [(clientX - box.left) * scale, (clientY - box.top) * scale];
  let best = null, least = REACH;
  points.forEach(([left, top], at) => {
    const distance = Math.hypot(left - x, top - y);
    if (distance < least) [best, least] = [at, distance];
  });
  return best;
}

function point(svg, tip, ring, { points, groups, titles, sheet, columns }, at) {
  tip.hidden = at === null;
  ring.setAttribute("visibility", at === null ? "hidden" : "visible");
  if (at === null) return;
  const [x, y] = points[at], width = svg.clientWidth, scale = width / 1000;
  ring.setAttribute("cx", x);
  ring.setAttribute("cy", y);
  const [picture, title] = tip.children;
  const place = `${-(at % columns) * SHOWN}px ${-Math.floor(at / columns) * SHOWN}px`;
  Object.assign(picture.style, { background: `url(${sheet}) ${place} / ${columns * SHOWN}px` });
  title.textContent = titles[groups[at]];
  tip.style.left = `${Math.min(x * scale + 12, width - tip.offsetWidth)}px`;
  tip.style.top = `${y * scale > width / 2 ? y * scale - tip.offsetHeight - 12 : y * scale + 12}px`;
}
