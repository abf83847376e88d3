// The weights of networks, fetched once for all components of a tab; they outlive a change of page.

const MAX_KEPT = 40; // parts of networks

/**
 * By path, what was wanted last at the end; `share` of them is here.
 * @type {Map<string, {promise: Promise<Float32Array>, share: number, values?: Float32Array}>}
 */
const kept = (globalThis.negativeSpaceWeights ??= new Map());

/** Return weights that are here already. @param {string} path */
const weightsOf = (path) => kept.get(path)?.values;

/** Return how much of the weights is here, from 0 to 1. @param {{path: string}[]} parts */
const shareOf = (parts) => parts.reduce((sum, { path }) => sum + (kept.get(path)?.share ?? 0), 0) / parts.length;

/** Return weights once they are here. @param {{path: string, bytes: number}} part */
function fetchWeights({ path, bytes }) {
  const found = kept.get(path) ?? { promise: download(path, bytes), share: 0 };
  kept.delete(path);
  kept.set(path, found);
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value);
  return found.promise;
}

async function download(path, bytes) {
  try {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`weights: ${answer.status}`);
    const values = holdWeights(await readBody(answer, bytes, (share) => kept.has(path) && (kept.get(path).share = share)));
    if (kept.has(path)) Object.assign(kept.get(path), { values, share: 1 });
    return values;
  } catch (error) {
    kept.delete(path);
    throw error;
  }
}

async function readBody(answer, bytes, note) {
  const parts = [], reader = answer.body.getReader();
  let got = 0;
  for (let part; !(part = await reader.read()).done && got <= bytes; note(Math.min(got / bytes, 1))) {
    parts.push(part.value);
    got += part.value.length;
  }
  if (got !== bytes) throw new Error(`weights: ${got} bytes instead of ${bytes}`); // a page to log in, or a part of them
  return new Blob(parts).arrayBuffer();
}
