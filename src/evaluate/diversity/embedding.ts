/** Texts as vectors whose angle says how alike they are: counts of character n-grams, of unit length. Offline and exact. Pure. */

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
