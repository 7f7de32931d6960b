/**
 * How many different texts a set amounts to: the Vendi score (Friedman & Dieng 2023), exp of the entropy of the eigenvalues of K/n with
 * K the cosine kernel. 1 when all are equal, n when none resembles another. Pure; sets of different sizes are compared by subsamples.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { randomStream } from '../../rl/random.js';
import { meanAndDeviation } from '../moments.js';
import { type Embedded, type Embedder, nGrams } from './embedding.js';

export interface Diversity {
  /** Vendi score, mean over subsamples. */
  readonly vendi: number;
  /** Standard deviation over subsamples; 0 for one. */
  readonly vendiDeviation: number;
  /** Mean of 1 - cosine over pairs of different places, in [0, 1]. */
  readonly distance: number;
}

/** @param kernel symmetric; its trace is the number of texts, ones on the diagonal or how often each text is there */
export function vendiScore(kernel: readonly (readonly number[])[]): number {
  const trace = kernel.reduce((sum, row, i) => sum + (row[i] as number), 0);
  const { realEigenvalues } = new EigenvalueDecomposition(new Matrix(kernel.map((row) => [...row])), {
    assumeSymmetric: true,
  });
  let entropy = 0;
  for (const value of realEigenvalues) {
    const share = value / trace;
    // Rounding leaves zero eigenvalues a little below zero.
    if (share > 1e-12) entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}

/**
 * Of `size` texts drawn with replacement, `subsamples` times, as the paper standardises its sets (method.md 5.7: 128, k = 100); `seed`
 * names the draws.
 */
export async function diversityOf(
  texts: readonly string[],
  seed: string,
  { size = 128, subsamples = 100, embedder = nGrams }: DiversityOptions = {},
): Promise<Diversity> {
  const embedded = await embedder.embed(texts);
  const first = new Map<string, number>();
  for (const [i, text] of texts.entries()) if (!first.has(text)) first.set(text, i);
  const same = texts.map((text) => first.get(text) as number);
  const stream = randomStream(`diversity/${seed}`);
  const found = Array.from({ length: subsamples }, () => {
    const times = new Map<number, number>();
    for (let draw = 0; draw < size; draw++) {
      const i = same[stream.integer(texts.length)] as number;
      times.set(i, (times.get(i) ?? 0) + 1);
    }
    return vendiScore(kernelOf(embedded, [...times]));
  });
  const { mean, deviation } = meanAndDeviation(found);
  return { vendi: mean, vendiDeviation: deviation, distance: meanDistance(embedded) };
}

export interface DiversityOptions {
  /** Texts of a subsample. */
  readonly size?: number;
  readonly subsamples?: number;
  readonly embedder?: Embedder;
}

/** A text that is there m times is one row of weight m: the eigenvalues above zero are those of all its copies. */
function kernelOf(embedded: Embedded, times: readonly (readonly [text: number, times: number])[]): number[][] {
  return times.map(([i, ofI]) =>
    times.map(([j, ofJ]) => (i === j ? ofI : Math.sqrt(ofI * ofJ) * embedded.similarity(i, j))),
  );
}

function meanDistance({ count, similarity }: Embedded): number {
  let sum = 0;
  let pairs = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      sum += 1 - similarity(i, j);
      pairs += 1;
    }
  }
  return pairs === 0 ? 0 : sum / pairs;
}
