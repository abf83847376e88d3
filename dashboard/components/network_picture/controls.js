// What the user chooses above the picture: a head, and what a click does to a map or a whole stage.

const ACTS = ["", ...Object.keys(CHANGES)]; // of a click; "" explains a value
const CHANGED = { off: "switched off", halved: "halved", doubled: "doubled", scaled: "scaled", mean: "at its mean", "1 - x": "as 1 − x" };
const ON_INVERSION = { complement: "without the inversion", identity: "with an inversion added" };
const LISTED_CHANGES = 2; // more are only counted

/** Show the browser's last choice until the server has heard of it, else what the server holds. */
function takeChoices(picture, data) {
  const { heard, readers } = data, find = (network) => readers.findIndex(({ name }) => name === network);
  const isOther = heard < picture.heard; // another session, which starts to count again
  const isAhead = !isOther && heard < picture.number && find(picture.choice.network) >= 0;
  const { network, changes } = isAhead ? picture.choice : data;
  Object.assign(picture, { heard, changes, reader: find(network), number: isAhead ? picture.number : heard });
}

/** Choose a head or other changes: shown at once, and sent to the server. */
function choose(picture, choice) {
  Object.assign(picture, choice);
  compute(picture);
  const { changes, reader } = picture, network = picture.data.readers[reader].name;
  Object.assign(picture, { number: picture.number + 1, choice: { network, changes } });
  picture.send("chosen", { number: picture.number, network, changed: toText(changes) });
}

// Changes

/** Return whether a network has the maps that are changed; the classes are no maps. */
const isKnown = (columns, { stage, map }) =>
  columns.slice(0, -1).some((column) => stagesOf(column).includes(stage) && (map ?? 0) < column.shape[0]);

/** Change a map of a column, or with `map` null the whole stage, as a click does; take it back if it is so already. */
function changeMap(picture, column, map, act = picture.act) {
  const stage = stageToChange(picture, column, map, act);
  if (!stage) return;
  const clicked = { stage, map, change: act, strength: picture.data.strength };
  choose(picture, { changes: withSwitched(picture.changes, [clicked]) });
}

function changePinned(picture, isWhole) {
  const { columns, pinned: { number, place } } = picture, column = columns[number];
  changeMap(picture, column, isWhole ? null : mapOf(column, place), picture.act || "off");
}

// The stage whose output the column shows, or that which is changed so already. Pixels and classes stay as they are.
function stageToChange({ changes }, column, map, act) {
  if (!column.layer || column.isClasses || column.layer.inner) return null;
  const stages = stagesOf(column), already = changes.find((one) => stages.includes(one.stage) && one.map === map && one.change === act);
  return already?.stage ?? lastOf([column, ...functionsOf(column)]).layer.name;
}

// Sentences

function say({ part, data, reader, answers: { classes, now, before }, applied, columns }) {
  const { title } = data.readers[reader];
  const reads = `${title} reads ${answer(classes, now)}.`;
  part.sentence.textContent = before ? `${describeChanges(applied, columns)}, ${reads} Before: ${answer(classes, before)}.` : reads;
}

const answer = (classes, shares) => `${classes[highest(shares)]} (${(100 * Math.max(...shares)).toFixed(1)} %)`;

function describeChanges(changes, columns) {
  if (changes.length > LISTED_CHANGES) return `With ${changes.length} changes`;
  const said = changes.map((one) => describeChange(columns.find((column) => stagesOf(column).includes(one.stage)), one)).join(" and ");
  return said[0].toUpperCase() + said.slice(1);
}

function describeChange(column, { stage, map, change }) {
  const what = map === null ? `all of ${stage}` : `${stage} ${column.isSpatial ? "map" : "unit"} ${map}`;
  return inversionBy(column, { map, change }) ?? `with ${what} ${CHANGED[change]}`;
}

/** Say what 1 − x of the whole inverted stage does to a network's own inversion; nullish where it is another change. */
const inversionBy = ({ layer }, { map, change }) => (map === null && change === "1 - x" ? ON_INVERSION[layer?.inversion] : null);

/** Say what the sizes below a stage's name mean. */
function describeStage({ name, shape: [maps, rows, columns], isSpatial, isClasses, layer }) {
  const size = isSpatial ? `${maps} ${maps > 1 ? "maps" : "map"} of ${rows} rows and ${columns} columns` : `${maps} units`;
  const isFixed = !layer || isClasses || layer.inner;
  return `${name}: ${size}.${isFixed ? "" : " A click here changes all of them."}`;
}

// Buttons

function showControls(picture) {
  const { part: { controls }, zoomed, applied } = picture;
  const undo = button("on", "Undo all", null, () => choose(picture, { changes: [] }));
  undo.disabled = !applied.length; // it stays, so that nothing moves
  const turn = button("zoom", zoomed ? "Back to the whole network" : "Zoom in", null, () => zoom(picture, !zoomed));
  const fresh = [...headButtons(picture), ...inversionButton(picture), actList(picture), undo, turn];
  renewButtons(controls, fresh);
}

// A button that is replaced while it is pressed is not clicked: those that stay are changed.
function renewButtons(parent, fresh) {
  const namesOf = (list) => Array.from(list, ({ dataset }) => dataset.name).join();
  if (namesOf(fresh) === namesOf(parent.children)) return fresh.forEach((one, i) => renew(parent.children[i], one));
  const active = parent.getRootNode().activeElement?.dataset.name;
  parent.replaceChildren(...fresh);
  parent.querySelector(`[data-name="${active}"]`)?.focus(); // replaced while it had the focus
}

function renew(control, fresh) {
  if (control.tagName === "SELECT") control.value = fresh.value;
  else Object.assign(control, { textContent: fresh.textContent, onclick: fresh.onclick, disabled: fresh.disabled });
  Object.assign(control.dataset, { ...fresh.dataset });
  if (fresh.hasAttribute("aria-pressed")) control.setAttribute("aria-pressed", fresh.getAttribute("aria-pressed"));
}

function headButtons(picture) {
  const { data, reader, side, heads, answers: { classes, all, allBefore } } = picture;
  const write = (title, name, percent, before) => `${title}: ${name} (${percent} %)${before === name ? "" : `, was ${before}`}`;
  const read = (shares) => classes[highest(shares)], longest = classes.reduce((one, other) => (other.length > one.length ? other : one));
  const titles = data.readers.map(({ title }, i) => {
    const text = write(title, read(all[i]), Math.round(100 * Math.max(...all[i])), read(allBefore[i]));
    return { text, widest: write(title, longest, 100, `${longest} `) };
  });
  const { kind, halves } = lastOf(heads[reader].layers);
  const sides = kind === "two_heads" ? ["Head 1", "Head 2"].map((name, i) => `${name}${halves ? [" of x", " of 1 − x"][i] : ""}`) : [];
  return [
    ...titles.map(({ text, widest }, i) => button(`head ${i}`, text, i === reader, () => choose(picture, { reader: i }), widest)),
    ...sides.map((text, i) => button(`side ${i}`, text, i === side, () => compute(Object.assign(picture, { side: i })))),
  ];
}

// The whole inverted stage by 1 − x: what a head reads that has learned from x, and the other way round.
function inversionButton(picture) {
  const column = picture.columns.find(({ layer }) => layer?.kind === "invert"), own = column?.layer.inversion;
  if (!["identity", "complement"].includes(own)) return [];
  return [button("flip", "1 − x", titleOf(column) === "1 − x", () => changeMap(picture, column, null, "1 - x"))];
}

function actList(picture) {
  const list = document.createElement("select");
  list.dataset.name = "act";
  list.setAttribute("aria-label", "What a click does");
  list.append(...ACTS.map((act) => new Option(`Click: ${act.replace("-", "−") || "explain"}`, act, false, act === picture.act)));
  list.onchange = () => (picture.act = list.value);
  return list;
}

/** Return a button; it is as wide as its `widest` text in bold, so that the others stay where they are. */
function button(name, text, pressed, act, widest = text) {
  const element = document.createElement("button");
  Object.assign(element, { type: "button", textContent: text, onclick: act });
  Object.assign(element.dataset, { name, widest });
  if (pressed !== null) element.setAttribute("aria-pressed", String(pressed));
  return element;
}
