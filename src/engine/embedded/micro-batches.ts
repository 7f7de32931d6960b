/** Cuts lists into micro-batches that cost little, and deals these out. Pure, and independent of the number of workers. */

/** What starting one more micro-batch costs, in token positions computed (measured: docs/log.md). */
const startCost = 128;

/**
 * The cheapest cut of a list into runs of neighbours; a run costs what it is said to and `startCost`.
 * @param runsFrom of a first item: the cost of the run from it to before `to`, asked for growing `to`; undefined where it may not be that
 * long, which a run of one item always may
 * @returns the runs, of places in the list
 */
export function cheapestCut(count: number, runsFrom: (from: number) => (to: number) => number | undefined): number[][] {
  // cost[i]: the least cost of all items from place i on; cut[i]: where the run at i then ends.
  const cost = new Float64Array(count + 1);
  const cut = new Int32Array(count);
  for (let from = count - 1; from >= 0; from--) {
    const costTo = runsFrom(from);
    let best = Number.POSITIVE_INFINITY;
    for (let to = from + 1; to <= count; to++) {
      const run = costTo(to);
      if (run === undefined) break;
      const total = run + startCost + (cost[to] as number);
      if (total >= best) continue;
      best = total;
      cut[from] = to;
    }
    cost[from] = best;
  }
  const runs: number[][] = [];
  for (let from = 0; from < count; from = cut[from] as number) {
    runs.push(Array.from({ length: (cut[from] as number) - from }, (_, i) => from + i));
  }
  return runs;
}

/**
 * The cheapest cut of the rows, longest first, into micro-batches of neighbours, which cost rows * longest, and rows * longest stays
 * within `tokens` (a single longer row stands alone).
 * @param lengths positions of each row
 * @returns indices into `lengths`, longest first
 */
export function planMicroBatches(lengths: readonly number[], tokens: number): number[][] {
  const order = lengths.map((_, i) => i).sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b);
  const runs = cheapestCut(order.length, (from) => {
    const time = lengths[order[from] as number] as number;
    return (to) => (to > from + 1 && (to - from) * time > tokens ? undefined : (to - from) * time);
  });
  return runs.map((places) => places.map((place) => order[place] as number));
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
