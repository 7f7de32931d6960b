/**
 * The acceptance filter for what a teacher writes (method.md 2.4): both pairs of tags, a box in the answer, and its content readable by
 * the verifier. Of several pairs of tags the last counts (method.md 7, 10). Nothing is said about truth.
 */
import { lastBoxed } from '../../verify/extract/boxed.js';
import type { ParsedProposal, ProposalTurns } from '../domain.js';

/** @param readable whether the verifier can read an answer */
export function parseProposal(
  completion: string,
  finished: boolean,
  readable: (answer: string) => boolean,
): ParsedProposal {
  const question = lastBetween(completion, 'question');
  const answer = lastBetween(completion, 'answer');
  if (question === undefined) return { accepted: false, reason: finished ? 'no-question' : 'unfinished' };
  if (answer === undefined) return { accepted: false, reason: finished ? 'no-answer' : 'unfinished' };
  if (question === '') return { accepted: false, reason: 'no-question' };
  const boxed = lastBoxed(answer)?.trim();
  if (!boxed) return { accepted: false, reason: 'no-answer' };
  if (!readable(boxed)) return { accepted: false, reason: 'unreadable-answer' };
  return { accepted: true, question, answer: boxed };
}

/** The whole of a first turn, without the text that ended it. @param stopStrings texts that end one */
export function questionOfTurn(completion: string, stopStrings: readonly string[]): string {
  const ends = stopStrings.map((stop) => completion.indexOf(stop)).filter((at) => at >= 0);
  return completion.slice(0, Math.min(completion.length, ...ends)).trim();
}

/** The last box of a second turn. */
export function parseAnswerTurn(
  completion: string,
  finished: boolean,
  readable: (answer: string) => boolean,
): ReturnType<ProposalTurns['parseAnswer']> {
  const answer = lastBoxed(completion)?.trim();
  if (!answer) return { reason: finished ? 'no-answer' : 'unfinished' };
  return readable(answer) ? { answer } : { reason: 'unreadable-answer' };
}

/** What stands between the last opening tag that is closed and its closing tag, trimmed. */
function lastBetween(text: string, tag: string): string | undefined {
  const close = text.lastIndexOf(`</${tag}>`);
  const open = close < 0 ? -1 : text.lastIndexOf(`<${tag}>`, close);
  return open < 0 ? undefined : text.slice(open + tag.length + 2, close).trim();
}
