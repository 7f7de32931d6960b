/** The verifiers as functions of one job; they run in the worker thread. */
import { SoarError } from '../../errors.js';
import { extract } from '../extract/extract.js';
import { type Gold, parseGold } from '../gold.js';
import { completePolicy } from '../policy.js';
import type { Verdict, Verification } from '../verdict.js';
import { verify } from '../verify.js';
import type { Implementation, Job } from './protocol.js';

export type Judge = (job: Job) => Verification | Promise<Verification>;

/** @throws SoarError VERIFIER_MODULE_UNREADABLE when a user's module cannot be loaded or exports no `verify`. */
export async function loadJudge(implementation: Implementation): Promise<Judge> {
  if (implementation === 'mathematics') return mathematics();
  if (implementation === 'exact') return exactMatch;
  return ownModule(implementation.module);
}

const mostGolds = 1_000;

/** Golds are read once for all their answers; reading is a pure function, so what is kept changes no verdict. */
function mathematics(): Judge {
  const golds = new Map<string, Gold>();
  return ({ gold, text, policy }) => {
    const key = `${policy.unit ?? ''}\n${gold}`;
    let parsed = golds.get(key);
    if (!parsed) {
      if (golds.size >= mostGolds) golds.clear();
      parsed = parseGold(gold, policy);
      golds.set(key, parsed);
    }
    return verify(parsed, text, policy);
  };
}

/** The extracted answer is the gold, character for character, blanks aside. */
function exactMatch({ gold, text, policy }: Job): Verification {
  const started = performance.now();
  const extracted = extract(text, completePolicy(policy).mode) ?? null;
  const verdict =
    extracted === null ? 'no-answer' : withoutBlanks(extracted) === withoutBlanks(gold) ? 'correct' : 'wrong';
  const reason = verdict === 'correct' ? '' : verdict === 'wrong' ? 'is not the gold' : 'gives no answer';
  return { verdict, extracted, goldKind: null, answerKind: null, reason, ms: performance.now() - started };
}

function withoutBlanks(text: string): string {
  return text.split(/\s/).join('');
}

const verdicts: ReadonlySet<string> = new Set<Verdict>(['correct', 'wrong', 'no-answer', 'unparsed']);

async function ownModule(url: string): Promise<Judge> {
  const own = (await import(url).catch((cause: unknown) => {
    throw unreadable(url, `cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`);
  })) as { verify?: unknown; default?: unknown };
  const judge = own.verify ?? own.default;
  if (typeof judge !== 'function') throw unreadable(url, 'exports no function named verify');
  return async ({ gold, text, policy }) => {
    const started = performance.now();
    const said: unknown = await judge(gold, text, completePolicy(policy));
    return { ...asVerification(said, url), ms: performance.now() - started };
  };
}

/** A user's module answers true or false, a verdict, or an object with a verdict. */
function asVerification(said: unknown, url: string): Omit<Verification, 'ms'> {
  const given = typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : { verdict: said };
  const verdict = given.verdict === true ? 'correct' : given.verdict === false ? 'wrong' : given.verdict;
  if (typeof verdict !== 'string' || !verdicts.has(verdict)) {
    throw new SoarError('VERIFIER_MODULE_ANSWER', `verify returned ${JSON.stringify(said) ?? String(said)}`, {
      where: url,
      remedy: 'return true, false, a verdict (correct, wrong, no-answer, unparsed) or an object with one',
    });
  }
  return {
    verdict: verdict as Verdict,
    extracted: typeof given.extracted === 'string' ? given.extracted : null,
    goldKind: null,
    answerKind: null,
    reason: typeof given.reason === 'string' ? given.reason : '',
  };
}

function unreadable(where: string, fault: string): SoarError {
  return new SoarError('VERIFIER_MODULE_UNREADABLE', `the verifier module ${fault}`, {
    where,
    remedy: 'give the path of an ES module that exports `verify(gold, text, policy)`',
  });
}
