// What is typed before the code of the frame is there: kept for the search after a slash, and no key of the page's buttons

window.nsEarlyKeys ??= new (class {
  text = "";
  until = performance.now() + 400; // a slash just before this code has gone unanswered: what follows it is no key either

  constructor() {
    for (const act of ["keydown", "keyup"]) addEventListener(act, this.keep, true);
  }

  keep = (event) => {
    const { key } = event, slash = this.text.includes("/") || key === "/";
    if (key.length > 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.composedPath()[0].matches?.("input, textarea, select") || !(slash || performance.now() < this.until)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.type === "keyup") return;
    this.text += key;
    this.until = performance.now() + 1000;
  };

  end() {
    for (const act of ["keydown", "keyup"]) removeEventListener(act, this.keep, true);
  }
})();
