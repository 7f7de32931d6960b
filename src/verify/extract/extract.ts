/** The final answer of a model's text. Linear in its length. */
import type { VerificationPolicy } from '../policy.js';
import { lastBoxed, unboxed } from './boxed.js';
import { spokenAnswer } from './spoken.js';

/** Undefined when the text gives no answer where the mode looks for one; never empty. */
export function extract(text: string, mode: VerificationPolicy['mode'] = 'reward'): string | undefined {
  const found = mode === 'answer' ? text : fromText(afterThinking(text), mode);
  const answer = found === undefined ? '' : unboxed(found);
  return answer === '' ? undefined : answer;
}

function fromText(text: string, mode: 'reward' | 'evaluation'): string | undefined {
  const boxed = lastBoxed(text);
  return mode === 'reward' || boxed !== undefined ? boxed : spokenAnswer(text);
}

/** What follows the last `</think>`, up to a `<think>` that is never closed. */
function afterThinking(text: string): string {
  const closed = text.lastIndexOf('</think>');
  const said = closed < 0 ? text : text.slice(closed + '</think>'.length);
  const reopened = said.indexOf('<think>');
  return reopened < 0 ? said : said.slice(0, reopened);
}
