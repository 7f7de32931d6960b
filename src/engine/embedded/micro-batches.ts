/** Cuts a list of rows into padded micro-batches with little padding. Pure, and independent of the number of workers. */

/** What starting one more micro-batch costs, in token positions computed (measured: docs/log.md). */
const startCost = 128;

/**
 * The cheapest cut of the rows, longest first, into micro-batches of neighbours: the cost of one is rows * longest plus
 * `startCost`, and rows * longest stays within `tokens` (a single longer row stands alone).
 * @param lengths positions of each row
 * @returns indices into `lengths`, longest first
 */
export function planMicroBatches(lengths: readonly number[], tokens: number): number[][] {
  const order = lengths.map((_, i) => i).sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b);
  const longest = order.map((i) => lengths[i] as number);
  // cost[i]: the least cost of all sequences from place i of the order on; cut[i]: where the micro-batch at i then ends.
  const cost = new Float64Array(order.length + 1);
  const cut = new Int32Array(order.length);
  for (let from = order.length - 1; from >= 0; from--) {
    const time = longest[from] as number;
    let best = Number.POSITIVE_INFINITY;
    for (let to = from + 1; to <= order.length && (to === from + 1 || (to - from) * time <= tokens); to++) {
      const total = (to - from) * time + startCost + (cost[to] as number);
      if (total >= best) continue;
      best = total;
      cut[from] = to;
    }
    cost[from] = best;
  }
  const batches: number[][] = [];
  for (let from = 0; from < order.length; from = cut[from] as number) {
    batches.push(order.slice(from, cut[from]));
  }
  return batches;
}

/** Numbers in gradients that wait to be summed: 64 MB. */
const mostWaiting = 2 ** 24;

/**
 * Deals micro-batches out, the heaviest first, each to the share that has least; all to the first share where their gradients, which
 * wait for one another, would take too much memory.
 * @param positions that each computes
 * @param size of a gradient, in numbers
 * @returns each one's share, 0 .. of - 1
 */
export function dealOut(positions: readonly number[], size: number, of: number): number[] {
  const share = new Array<number>(positions.length).fill(0);
  if (positions.length * size > mostWaiting) return share;
  const load = new Float64Array(of);
  const heaviestFirst = positions.map((_, i) => i).sort((a, b) => (positions[b] as number) - (positions[a] as number));
  for (const i of heaviestFirst) {
    const least = load.indexOf(Math.min(...load));
    share[i] = least;
    load[least] = (load[least] as number) + (positions[i] as number) + startCost;
  }
  return share;
}
