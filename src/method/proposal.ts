/**
 * The teacher proposes (method.md 1.3.1, 1.4): completions of its one fixed prompt are sampled until enough of them parse;
 * the rest is dropped and never enters the gradient.
 */
import { SoarError } from '../errors.js';
import type { Problem } from '../problems/problem.js';
import { type Asking, type Rejection, writeProposals } from './attempts.js';
import type { Proposal, ProposalRecord } from './memory.js';

export interface ProposalRequest extends Asking {
  /** Accepted proposals wanted. */
  readonly count: number;
  /** Give up beyond this many completions per proposal wanted. */
  readonly capFactor: number;
  /** Names the random streams; round i samples from `<seed>/round-<i>`. */
  readonly seed: string;
  readonly signal?: AbortSignal;
}

/**
 * The first `count` accepted, in the order sampled.
 * @throws SoarError METHOD_VALID_RATE_COLLAPSED
 */
export async function sampleProposals(request: ProposalRequest): Promise<Omit<ProposalRecord, 'rewardQuestions'>> {
  const { domain, count } = request;
  const cap = Math.floor(count * request.capFactor);
  const proposals: Proposal[] = [];
  const rejected: Partial<Record<Rejection, number>> = {};
  const examples: string[] = [];
  let sampled = 0;
  let tokensSampled = 0;
  for (let round = 0; proposals.length < count; round++) {
    request.signal?.throwIfAborted();
    const size = Math.min(roundSize(count, proposals.length, sampled), cap - sampled);
    if (size <= 0) throw collapsed(count, proposals.length, sampled, rejected, examples, domain.name);
    const attempts = await writeProposals(request, size, `${request.seed}/round-${round}`);
    sampled += attempts.length;
    for (const { text, tokens, outcome } of attempts) {
      tokensSampled += tokens;
      if (typeof outcome !== 'string') {
        proposals.push(outcome);
      } else {
        rejected[outcome] = (rejected[outcome] ?? 0) + 1;
        if (examples.length < 3) examples.push(`${outcome}: ${JSON.stringify(text.slice(0, 160))}`);
      }
    }
  }
  return { proposals: proposals.slice(0, count), sampled, tokensSampled, rejected };
}

/** Asks for what is missing at the valid rate seen so far, so that few rounds are needed and little is sampled in vain. */
export function roundSize(count: number, accepted: number, sampled: number): number {
  if (accepted === 0) return count;
  return Math.ceil(((count - accepted) * sampled) / accepted);
}

function collapsed(
  count: number,
  accepted: number,
  sampled: number,
  rejected: Partial<Record<Rejection, number>>,
  examples: readonly string[],
  domain: string,
): SoarError {
  const counts = Object.entries(rejected).map(([reason, number]) => `${reason} ${number}`);
  return new SoarError(
    'METHOD_VALID_RATE_COLLAPSED',
    `the teacher wrote ${accepted} of ${count} usable proposals in ${sampled} completions (${counts.join(', ')}); for example\n` +
      examples.map((example) => `    ${example}`).join('\n'),
    {
      where: `teacher of the domain ${domain}`,
      remedy:
        'continue from an earlier teacher, lower soar.teacher.schedule.learningRate or raise soar.teacher.kl.coefficient; ' +
        'if many are unfinished raise soar.teacher.sampling.maxNewTokens; if they are fine raise soar.proposals.capFactor',
    },
  );
}

/** X_1..X_g: consecutive parts of `size`, in the order sampled. [dataset][proposal] */
export function partition<T>(proposals: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.floor(proposals.length / size) }, (_, k) =>
    proposals.slice(k * size, (k + 1) * size),
  );
}

/** Proposals as problems to train on; the gold is the teacher's own answer, right or wrong. */
export function proposedProblems(proposals: readonly Proposal[], idPrefix: string): Problem[] {
  return proposals.map(({ question, answer, kind }, i) => ({
    id: `${idPrefix}-${i}`,
    question,
    gold: answer,
    source: 'teacher',
    subject: kind,
  }));
}
