/** Texts as the seam's sequences, and what a policy says of them. */
import type { Policy, Sequence, Tokens } from '../engine.js';

/** Only the text's own tokens, without what begins a prompt. */
export const completionOf = (policy: Policy, text: string): Tokens =>
  policy.tokenizer.encode(text).subarray(policy.tokenizer.encode('').length);

export function sequenceOf(policy: Policy, prompt: string, completion: string): Sequence {
  return joined(policy.tokenizer.encode(prompt), completionOf(policy, completion));
}

export const joined = (prompt: Tokens, completion: Tokens): Sequence => ({
  tokens: Int32Array.from([...prompt, ...completion]),
  promptLength: prompt.length,
});

/** log pi of every token after each of the given texts: [text][vocabulary]. */
export async function nextLogprobs(policy: Policy, texts: readonly Tokens[]): Promise<Float32Array[]> {
  const { vocabularySize } = policy.tokenizer;
  const sequences = texts.flatMap((text) =>
    Array.from({ length: vocabularySize }, (_, token) => joined(text, Int32Array.of(token))),
  );
  const scored = await policy.logprobs(sequences);
  return texts.map((_, i) =>
    Float32Array.from(scored.slice(i * vocabularySize, (i + 1) * vocabularySize), ([logprob]) => logprob),
  );
}
