/** One hand-made case: a gold, an answer, and whether the answer is right. The tables beside this file are read by tests only. */
import type { VerificationPolicy } from '../policy.js';

export type Case = readonly [
  gold: string,
  answer: string,
  verdict: 'correct' | 'wrong' | 'unparsed',
  policy?: Partial<VerificationPolicy>,
];

/** Rows `gold => answer` that are right and rows `gold =/= answer` that are wrong, one a line; blank lines do not count. */
export function table(text: string, policy?: Partial<VerificationPolicy>): Case[] {
  const cases: Case[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [mark, verdict] = line.includes(' =/= ')
      ? ([' =/= ', 'wrong'] as const)
      : line.includes(' =?= ')
        ? ([' =?= ', 'unparsed'] as const)
        : ([' => ', 'correct'] as const);
    const [gold, answer, rest] = line.split(mark);
    if (gold === undefined || answer === undefined || rest !== undefined) throw new Error(`no case: ${line}`);
    const row = [gold.trim(), answer.trim(), verdict] as const;
    cases.push(policy ? [...row, policy] : row);
  }
  return cases;
}
