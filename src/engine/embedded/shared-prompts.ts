/**
 * Groups of sequences that share a prompt: its positions are computed once, and each completion sees them and itself alone. All
 * positions of a micro-batch stand one after another without padding; only attention wants rectangles, and gets them by `layOut`. Pure.
 */
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { completionLength, type FlatSequences, row } from './flat-batch.js';
import { bytesOf } from './identical-sequences.js';
import { cheapestCut } from './micro-batches.js';

export interface SharingLimits {
  /** Positions of a micro-batch of more than one sequence; its rectangle is at most twice as large. */
  readonly positions: number;
  /** What a pair of positions that attention looks at costs, in the cost of a position. */
  readonly pair: number;
}

/**
 * Products of attention, counted thrice for the softmax and masks around them, over the products of a layer's matrices: multiplications
 * per pair and per position.
 */
export function sharingLimits(shape: LlamaShape, microBatchTokens: number): SharingLimits {
  const { hiddenSize, heads, kvHeads, headSize, intermediateSize } = shape;
  const matrices = hiddenSize * (2 * heads + 2 * kvHeads) * headSize + 3 * hiddenSize * intermediateSize;
  return { positions: microBatchTokens, pair: (3 * 2 * heads * headSize) / matrices };
}

/** Tokens of a prompt that its completions share: all but the last, with which each begins, to predict its first token. */
const sharedLength = (sequences: FlatSequences, i: number): number => (sequences.promptLengths[i] as number) - 1;

const promptOf = (sequences: FlatSequences, i: number): string =>
  bytesOf(row(sequences.tokens, i).subarray(0, sharedLength(sequences, i)));

/** Prompts are cut into rows as long as the longest completion. */
const rowsOfPrompt = (shared: number, span: number): number => Math.ceil(shared / span);

export interface SharedPlan {
  /** Places in the list that was planned, the members of each prompt side by side. */
  readonly places: number[];
  /** Positions computed: each prompt's shared part, and as many for each member as its completion has tokens. */
  readonly positions: number;
}

/**
 * The cheapest cut into micro-batches of the sequences in the order of their prompts, those with long completions first.
 * @param among indices into `sequences`, of completions that have tokens
 */
export function planShared(
  sequences: FlatSequences,
  among: readonly number[],
  { positions, pair }: SharingLimits,
): SharedPlan[] {
  const lengths = Int32Array.from(among, (i) => completionLength(sequences, i));
  const length = (place: number) => lengths[place] as number;
  const groups = byPrompt(sequences, among).map((places) => places.sort((a, b) => length(b) - length(a) || a - b));
  groups.sort(([a], [b]) => length(b as number) - length(a as number) || (a as number) - (b as number));
  const order = groups.flat();
  const group = groups.flatMap((places, g) => places.map(() => g));
  const grown = (from: number) => {
    const size = { positions: 0, prompts: 0, ofPrompt: 0, most: 0, prefix: 0, span: 0 };
    return (to: number) => {
      const at = to - 1;
      if (at === from || group[at] !== group[at - 1]) {
        const shared = sharedLength(sequences, among[order[at] as number] as number);
        size.prompts++;
        size.ofPrompt = 0;
        size.positions += shared;
        size.prefix = Math.max(size.prefix, shared);
      }
      size.positions += length(order[at] as number);
      size.most = Math.max(size.most, ++size.ofPrompt);
      size.span = Math.max(size.span, length(order[at] as number));
      return size;
    };
  };
  const runs = cheapestCut(order.length, (from) => {
    const grow = grown(from);
    return (to) => {
      const size = grow(to);
      if (to === from + 1) return size.positions * (1 + pair * size.positions);
      const rectangle = size.prompts * (rowsOfPrompt(size.prefix, size.span) + size.most) * size.span;
      if (size.positions > positions || rectangle > 2 * positions) return undefined;
      return size.positions + pair * rectangle * (size.prefix + size.span);
    };
  });
  return runs.map((run) => {
    const grow = grown(run[0] as number);
    const sizes = run.map((at) => grow(at + 1).positions);
    return { places: run.map((at) => order[at] as number), positions: sizes.at(-1) as number };
  });
}

function byPrompt(sequences: FlatSequences, among: readonly number[]): number[][] {
  const groups = new Map<string, number[]>();
  among.forEach((index, place) => {
    const key = promptOf(sequences, index);
    const group = groups.get(key);
    if (group) group.push(place);
    else groups.set(key, [place]);
  });
  return [...groups.values()];
}

/**
 * Positions are listed prompt by prompt, its shared part before its completions. For attention they are laid out in a rectangle
 * [prompts, rows, span]: first a prompt's shared part, cut into rows, then a row for each completion. Each row sees its prompt's
 * shared part, [prompts, prefix], and itself. Gaps repeat position 0. A sequence that stands alone shares nothing: it is one row.
 */
export interface SharedLayout {
  readonly prompts: number;
  readonly rows: number;
  readonly span: number;
  /** At least 1: a gap where no prompt has a shared part. */
  readonly prefix: number;
  /** [positions] */
  readonly tokens: Int32Array;
  /** [positions] within the sequence. */
  readonly positions: Int32Array;
  /** [prompts, rows, span]: positions. */
  readonly rectangle: Int32Array;
  /** [positions, 3]: where in the rectangle. */
  readonly places: Int32Array;
  /** [prompts, 1, prefix]: positions. */
  readonly prefixes: Int32Array;
  /** [shared positions, 3]: where in the prefixes, and [shared positions]: which positions; one where there is none, and 0. */
  readonly prefixPlaces: Int32Array;
  readonly prefixPositions: Int32Array;
  /** Positions that predict completion tokens, and these, in the order of the members. */
  readonly picks: Int32Array;
  readonly targets: Int32Array;
  /** Members of each prompt: positions of their rows. */
  readonly members: readonly { readonly shared: number; readonly lengths: readonly number[] }[];
}

/** @param among indices of one micro-batch as `planShared` has it */
export function layOut(sequences: FlatSequences, among: readonly number[]): SharedLayout {
  const groups = byPrompt(sequences, among).map((places) => places.map((place) => among[place] as number));
  const members = groups.map((indices) => {
    const shared = among.length === 1 ? 0 : sharedLength(sequences, indices[0] as number);
    return { shared, lengths: indices.map((i) => row(sequences.tokens, i).length - 1 - shared) };
  });
  const prompts = groups.length;
  const span = Math.max(...members.flatMap(({ lengths }) => lengths));
  const longest = Math.max(...members.map(({ shared }) => shared));
  const before = rowsOfPrompt(longest, span);
  const rows = before + Math.max(...members.map(({ lengths }) => lengths.length));
  const prefix = Math.max(1, longest);

  const tokens: number[] = [];
  const positions: number[] = [];
  const rectangle = new Int32Array(prompts * rows * span);
  const places: number[] = [];
  const prefixes = new Int32Array(prompts * prefix);
  const prefixPlaces: number[] = [];
  const prefixPositions: number[] = [];
  const picks: number[] = [];
  const targets: number[] = [];
  const add = (sequence: Int32Array, t: number, prompt: number, atRow: number, column: number) => {
    rectangle[(prompt * rows + atRow) * span + column] = tokens.length;
    places.push(prompt, atRow, column);
    tokens.push(sequence[t] as number);
    positions.push(t);
  };
  groups.forEach((indices, p) => {
    const { shared } = members[p] as SharedLayout['members'][number];
    indices.forEach((index, m) => {
      const sequence = row(sequences.tokens, index);
      for (let t = 0; m === 0 && t < shared; t++) {
        prefixes[p * prefix + t] = tokens.length;
        prefixPlaces.push(p, 0, t);
        prefixPositions.push(tokens.length);
        add(sequence, t, p, Math.floor(t / span), t % span);
      }
      for (let t = shared; t < sequence.length - 1; t++) {
        if (t >= sharedLength(sequences, index)) {
          picks.push(tokens.length);
          targets.push(sequence[t + 1] as number);
        }
        add(sequence, t, p, before + m, t - shared);
      }
    });
  });
  if (prefixPositions.length === 0) {
    prefixPlaces.push(0, 0, 0);
    prefixPositions.push(0);
  }
  const ints = (list: number[]) => Int32Array.from(list);
  return {
    ...{ prompts, rows, span, prefix, members, rectangle, prefixes },
    tokens: ints(tokens),
    positions: ints(positions),
    places: ints(places),
    prefixPlaces: ints(prefixPlaces),
    prefixPositions: ints(prefixPositions),
    picks: ints(picks),
    targets: ints(targets),
  };
}

/**
 * [prompts, 1, rows, repeats * span, prefix + span]: 0 where a query sees a key, -Infinity elsewhere. A gap sees the first key: what sees
 * none would be no number.
 * @param repeats query heads of a key head
 */
export function sharedMask({ prompts, rows, span, prefix, members }: SharedLayout, repeats: number): Float32Array {
  const width = prefix + span;
  const mask = new Float32Array(prompts * rows * repeats * span * width).fill(Number.NEGATIVE_INFINITY);
  const before = rows - Math.max(...members.map(({ lengths }) => lengths.length));
  for (let p = 0; p < prompts; p++) {
    const { shared, lengths } = members[p] as SharedLayout['members'][number];
    for (let r = 0; r < rows; r++) {
      const length = r < before ? Math.min(span, shared - r * span) : (lengths[r - before] ?? 0);
      const first = (p * rows + r) * repeats * span * width;
      for (let column = 0; column < span; column++) {
        const line = first + column * width;
        if (column >= length) mask[line] = 0;
        else if (r < before) mask.fill(0, line, line + r * span + column + 1);
        else {
          mask.fill(0, line, line + shared);
          mask.fill(0, line + prefix, line + prefix + column + 1);
        }
      }
      for (let copy = 1; copy < repeats; copy++) {
        mask.copyWithin(first + copy * span * width, first, first + span * width);
      }
    }
  }
  return mask;
}
