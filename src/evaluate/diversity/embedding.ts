/** Texts as vectors whose angle says how alike they are. Built in: counts of character n-grams, of unit length; offline and exact. */

export interface Embedder {
  embed(texts: readonly string[]): Promise<Embedded>;
  close(): Promise<void>;
}

export interface Embedded {
  readonly count: number;
  /** Cosine of the angle between two of the texts: 1 for equal ones. */
  similarity(i: number, j: number): number;
}

export const nGrams: Embedder = {
  async embed(texts) {
    const found = texts.map(embed);
    return { count: found.length, similarity: (i, j) => similarity(found[i] as Embedding, found[j] as Embedding) };
  },
  async close() {},
};

/** Lengths of the n-grams. */
const lengths = [1, 2, 3];

/** Sparse: the weight of each n-gram that occurs. */
export type Embedding = ReadonlyMap<string, number>;

export function embed(text: string): Embedding {
  const counts = new Map<string, number>();
  // Marks where a text begins and ends, so that the same words elsewhere differ a little.
  const marked = `\u0002${text}\u0003`;
  for (const length of lengths) {
    for (let i = 0; i + length <= marked.length; i++) {
      const gram = marked.slice(i, i + length);
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
  }
  const norm = Math.hypot(...counts.values());
  return new Map([...counts].map(([gram, count]) => [gram, count / norm]));
}

/** Cosine of the angle between two embeddings: 1 for equal texts. */
export function similarity(a: Embedding, b: Embedding): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let sum = 0;
  for (const [gram, weight] of small) sum += weight * (large.get(gram) ?? 0);
  return sum;
}
