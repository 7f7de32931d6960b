/** What rounds of a benchmark become: measures with median and range. */

export function median(values) {
  const sorted = values.slice().sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @param {string} name
 * @param {number[]} values one a round
 * @param {{ unit: string, better: 'lower' | 'higher', wanted?: number }} what
 */
export function measure(name, values, { unit, better, wanted }) {
  const of = (value) => Number(value.toPrecision(4));
  const range = { median: of(median(values)), least: of(Math.min(...values)), most: of(Math.max(...values)) };
  return { name, unit, better, ...(wanted === undefined ? {} : { wanted }), rounds: values.length, ...range };
}

export const seconds = (name, values, wanted) => measure(name, values, { unit: 's', better: 'lower', wanted });

/** Tokens a second, from the tokens of a round and its seconds. */
export const rate = (name, tokens, values, wanted) =>
  measure(
    name,
    values.map((value, i) => (typeof tokens === 'number' ? tokens : tokens[i]) / value / 1000),
    { unit: 'k tokens/s', better: 'higher', wanted },
  );

/** How many times faster ours is: the peer's seconds over ours, round by round. */
export const ratio = (name, theirs, ours, wanted) =>
  measure(
    name,
    theirs.map((value, i) => value / ours[i]),
    { unit: 'x', better: 'higher', wanted },
  );

/** Does each of `actors` once to warm up and then in turn, round by round; what they return, by actor. */
export async function alternate(rounds, actors) {
  const named = Object.entries(actors).filter(([, act]) => act !== undefined);
  for (const [, act] of named) await act(-1);
  const found = Object.fromEntries(named.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, act] of named) found[name].push(await act(round));
  }
  return found;
}

/** Seconds that an action takes. */
export async function timed(act) {
  const start = performance.now();
  await act();
  return (performance.now() - start) / 1000;
}
