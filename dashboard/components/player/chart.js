// The curves with their axes and the playhead; appended to player.js, which calls drawChart for every frame.

const GAP = 8; // pixels between a number and what stands beside it

function drawChart({ chart, frames, head, place }) {
  const width = chart.clientWidth, height = chart.clientHeight, ratio = window.devicePixelRatio;
  if (!frames.length || !width) return;
  Object.assign(chart, { width: Math.round(width * ratio), height: Math.round(height * ratio) }); // which also clears it
  const pen = chart.getContext("2d"), [low, high] = head.limits ?? extent(frames);
  pen.scale(ratio, ratio);
  const lineHeight = setType(pen, getComputedStyle(chart)), numbers = [low, high].map((value) => format(value, head.unit));
  const left = GAP + Math.max(...numbers.map((text) => pen.measureText(text).width));
  const box = { left, right: width - 7, top: 8, bottom: height - 1.4 * lineHeight, low, high, count: Math.max(head.total, frames.length) };
  drawAxes(pen, box, place.at, numbers);
  nameAxis(pen, box, head, frames);
  Object.values(head.colors).forEach((color, curve) => {
    const values = frames.map((frame) => frame.values[curve]);
    Object.assign(pen, { strokeStyle: color, fillStyle: color, lineWidth: 2, lineJoin: "round" });
    pen.globalAlpha = 0.3; // points after the playhead
    drawCurve(pen, box, values);
    pen.globalAlpha = 1;
    drawCurve(pen, box, values.slice(0, place.at + 1));
  });
  chart.setAttribute("aria-label", `${Object.keys(head.colors).join(", ")}: from ${low} to ${high}${head.unit}, by ${head.axis}`);
}

function extent(frames) {
  const values = frames.flatMap((frame) => frame.values).filter((value) => value !== null);
  return values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
}

const toX = (box, i) => box.left + (box.right - box.left) * (i / Math.max(1, box.count - 1));
const toY = (box, value) => box.bottom - (box.bottom - box.top) * ((value - box.low) / (box.high - box.low || 1));

// Write as the page does; return the height of a line.
function setType(pen, { color, fontFamily, fontSize }) {
  Object.assign(pen, { fillStyle: color, strokeStyle: color, font: `${fontSize} ${fontFamily}` });
  return parseFloat(fontSize);
}

function drawAxes(pen, box, at, [low, high]) {
  pen.textAlign = "right";
  pen.fillText(high, box.left - 6, box.top + 5);
  pen.fillText(low, box.left - 6, box.bottom + 3);
  pen.globalAlpha = 0.25;
  for (const y of [box.top, box.bottom]) line(pen, box.left, y, box.right, y);
  pen.globalAlpha = 0.7;
  line(pen, toX(box, at), box.top, toX(box, at), box.bottom); // the playhead
  pen.globalAlpha = 1;
}

// Below the curves: what goes on from left to right, and, where there is room, where they begin and end.
function nameAxis(pen, box, { axis, finished }, frames) {
  const last = finished && frames.length >= box.count ? frames.length - 1 : 0, width = box.right - box.left;
  const room = (width - pen.measureText(axis).width) / 2 - GAP, y = box.bottom + 1.1 * parseFloat(pen.font);
  const write = (text, align, x) => { pen.textAlign = align; pen.fillText(text, x, y, width); };
  write(axis, "center", box.left + width / 2);
  const ends = [[frames[0].at, "left", box.left], [frames[last].at, "right", box.right]];
  for (const [value, ...where] of last ? ends : ends.slice(0, 1)) {
    const text = format(value, "");
    if (pen.measureText(text).width <= room) write(text, ...where);
  }
}

function line(pen, ...[x0, y0, x1, y1]) {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}

function drawCurve(pen, box, values) {
  let drawing = false;
  pen.beginPath();
  values.forEach((value, i) => {
    if (value !== null) pen[drawing ? "lineTo" : "moveTo"](toX(box, i), toY(box, value));
    drawing = value !== null;
  });
  pen.stroke();
}
