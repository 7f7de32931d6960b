/**
 * How many different texts a set amounts to: the Vendi score (Friedman & Dieng 2023), exp of the entropy of the eigenvalues of K/n with
 * K the cosine kernel. 1 when all are equal, n when none resembles another. Pure; sets of different sizes are compared by subsamples.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { randomStream } from '../../rl/random.js';
import { type Embedded, type Embedder, nGrams } from './embedding.js';

export interface Diversity {
  /** Vendi score, mean over subsamples. */
  readonly vendi: number;
  /** Mean of 1 - cosine over pairs of different places, in [0, 1]. */
  readonly distance: number;
}

/** @param kernel symmetric, ones on the diagonal */
export function vendiScore(kernel: readonly (readonly number[])[]): number {
  const n = kernel.length;
  const { realEigenvalues } = new EigenvalueDecomposition(new Matrix(kernel.map((row) => [...row])), {
    assumeSymmetric: true,
  });
  let entropy = 0;
  for (const value of realEigenvalues) {
    const share = value / n;
    // Rounding leaves zero eigenvalues a little below zero.
    if (share > 1e-12) entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}

/** Of `size` texts drawn with replacement, as the paper standardises its sets (method.md 5.8); `seed` names the draws. */
export async function diversityOf(
  texts: readonly string[],
  seed: string,
  { size = 128, subsamples = 4, embedder = nGrams }: DiversityOptions = {},
): Promise<Diversity> {
  const embedded = await embedder.embed(texts);
  const stream = randomStream(`diversity/${seed}`);
  const found = Array.from({ length: subsamples }, () => {
    const drawn = Array.from({ length: size }, () => stream.integer(texts.length));
    return vendiScore(drawn.map((i) => drawn.map((j) => (i === j ? 1 : embedded.similarity(i, j)))));
  });
  return { vendi: found.reduce((a, b) => a + b, 0) / subsamples, distance: meanDistance(embedded) };
}

export interface DiversityOptions {
  /** Texts of a subsample. */
  readonly size?: number;
  readonly subsamples?: number;
  readonly embedder?: Embedder;
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
