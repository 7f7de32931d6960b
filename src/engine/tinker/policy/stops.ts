/**
 * What ends a completion. A request carries token ids or texts, not both, and some servers drop either; so what is asked of the server
 * only saves tokens, and the completion is cut here, by the rule that all engines share.
 */
import type { Tokenizer } from '../../../checkpoints/tokenizer.js';
import type { Completion } from '../../engine.js';
import { compileStopRule, StopDetector, type StopRule } from '../../stopping.js';

/** More than so many token ids are not sent. */
const most = 64;

/** Stop tokens, and tokens that hold a whole stop string; texts where there are none. */
export function stopsToSend(
  { stopTokens, stopStrings = [] }: StopRule,
  { pieces }: Pick<Tokenizer, 'pieces'>,
): readonly number[] | readonly string[] | undefined {
  const strings = stopStrings.map((string) => Buffer.from(string));
  const all = [...new Set([...stopTokens, ...tokensWith(strings, pieces)])];
  if (all.length > 0 && all.length <= most) return all;
  if (stopTokens.length > 0) return stopTokens;
  return stopStrings.length > 0 ? stopStrings : undefined;
}

function tokensWith(strings: readonly Buffer[], pieces: readonly Uint8Array[]): number[] {
  const found: number[] = [];
  for (let token = 0; token < pieces.length; token++) {
    const piece = pieces[token] as Uint8Array;
    // Most of a hundred thousand are shorter.
    const holds = (string: Buffer) =>
      string.length > 0 && piece.length >= string.length && Buffer.from(piece).includes(string);
    if (strings.some(holds)) found.push(token);
  }
  return found;
}

/** The completion up to where the rule ends it. */
export function cut(completion: Completion, rule: StopRule, { pieces }: Pick<Tokenizer, 'pieces'>): Completion {
  const { tokens, logprobs } = completion;
  const detector = new StopDetector(compileStopRule(rule), pieces);
  const last = tokens.findIndex((token) => detector.push(token));
  if (last < 0) return completion;
  return { tokens: tokens.slice(0, last + 1), logprobs: logprobs.slice(0, last + 1), stopReason: 'stop' };
}
