// The picture follows a stroke on the page's canvas in every frame, so that the canvas sends only its end.

const shown = new Set(); // pictures that may be on the page

document.addEventListener("stroke-frame", (event) => {
  for (const picture of shown) {
    if (!picture.root.isConnected) shown.delete(picture);
    else if (picture.columns && showFrame(picture, event.detail)) event.preventDefault();
  }
});

/** Show a frame of a stroke; return whether there is a digit in it. */
function showFrame(picture, frame) {
  const seen = see(frame, picture);
  if (seen) show(picture, seen.visible);
  return Boolean(seen);
}

function show(picture, pixels) {
  picture.input = toInput(pixels);
  compute(picture);
}
