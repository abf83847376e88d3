// The weights of networks, fetched once for all components of a tab; they outlive a change of page.

const MAX_KEPT = 40; // parts of networks

/** @type {Map<string, {promise: Promise<Float32Array>, values?: Float32Array}>} by path, what was wanted last at the end */
const kept = (globalThis.negativeSpaceWeights ??= new Map());

/** Return weights that are here already. @param {string} path */
const weightsOf = (path) => kept.get(path)?.values;

/** Return weights once they are here. @param {string} path */
function fetchWeights(path) {
  const found = kept.get(path) ?? { promise: download(path) };
  kept.delete(path);
  kept.set(path, found);
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value);
  return found.promise;
}

async function download(path) {
  try {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`weights: ${answer.status}`);
    const values = holdWeights(await answer.arrayBuffer());
    if (kept.has(path)) kept.get(path).values = values;
    return values;
  } catch (error) {
    kept.delete(path);
    throw error;
  }
}
