// The picture follows a stroke on the page's canvas in every frame, so that the canvas sends only its end.

const shown = new Set(); // pictures that may be on the page

document.addEventListener("stroke-frame", (event) => {
  for (const picture of shown) {
    if (!picture.root.isConnected) shown.delete(picture);
    else if (picture.columns && showFrame(picture, event.detail)) event.preventDefault();
  }
});

/** Show a frame of a stroke; return whether there is a digit in it. */
function showFrame(picture, { mode, side, ink, covered }) {
  const digit = mode === "draw" ? prepareStrokes(ink(), side) : picture.digit;
  if (!digit) return false;
  const isKept = (cell) => (mode === "draw" ? picture.mask[cell] : picture.baseMask[cell] && !isSet(covered, cell));
  show(picture, digit.map((level, cell) => (isKept(cell) ? level : 0)));
  return true;
}

function show(picture, pixels) {
  picture.input = toInput(pixels);
  compute(picture);
}
