// Maps changed by hand, as core/feature_maps/changed_maps.py and dashboard/widgets/map_changes.py change them.

/**
 * @typedef {{stage: string, map: number | null, change: string, strength: number}} MapChange
 *   `map` null: every map of the stage; `strength` is the factor of "scaled"
 */

const MAX_CHANGES = 64; // at once

/** @type {Record<string, (map: Float32Array, strength: number) => Float32Array>} */
const CHANGES = {
  off: (map) => map.map(() => 0),
  halved: (map) => map.map((x) => x / 2),
  doubled: (map) => map.map((x) => 2 * x),
  scaled: (map, strength) => map.map((x) => strength * x),
  mean: (map) => new Float32Array(map.length).fill(map.reduce((sum, x) => sum + x, 0) / map.length),
  "1 - x": (map) => map.map((x) => 1 - x),
};

/**
 * Return what a layer's output becomes by changes, in their order; those of maps that it lacks change nothing.
 * `computeLayers(list, input, (layer, output) => changeOutput(changes, layer, output))` computes a changed network.
 * @param {MapChange[]} changes @param {Layer} layer @param {Value} output @returns {Value}
 */
function changeOutput(changes, { name }, output) {
  const own = changes.filter(({ stage }) => stage === name);
  return own.length ? { ...output, values: own.reduce((values, one) => changeMaps(values, output.shape[0], one), output.values.slice()) } : output;
}

function changeMaps(values, maps, { map, change, strength }) {
  const size = values.length / maps, [first, last] = map === null ? [0, maps - 1] : [map, Math.min(map, maps - 1)];
  for (let at = first * size; at <= last * size; at += size)
    values.set(CHANGES[change](values.subarray(at, at + size), strength), at);
  return values;
}

/**
 * Return the changes after those of one stage (or of one map of it) were clicked or brushed: they are added, or all are
 * taken back if the first one is there already.
 * @param {MapChange[]} changes @param {MapChange[]} clicked @returns {MapChange[]}
 */
function withSwitched(changes, clicked) {
  const isAt = (one, other) => one.stage === other.stage && one.map === other.map;
  const others = changes.filter((one) => !clicked.some((other) => isAt(one, other)));
  const isBack = changes.some((one) => clicked.some((other) => isAt(one, other) && one.change === other.change));
  return isBack ? others : [...others, ...clicked].slice(-MAX_CHANGES);
}

/** Write changes as links do. @param {MapChange[]} changes */
const toText = (changes) => changes.map(({ stage, map, change }) => `${stage}.${map ?? "all"}.${change}`).join() || "nothing";
