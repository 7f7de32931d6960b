/** Questions sampled from a teacher for an evaluation: same prompt and same filter as in its training (method.md 2.1). */
import type { Policy } from '../../engine/engine.js';
import { noCost, proposedProblems, sampleProposals } from '../../method/index.js';

import type { Evaluation } from '../evaluation.js';
import type { ArmUnit, Preparation } from './arm.js';
import { onHardProblemsAnd } from './fresh-student.js';

/** Releases the teacher, samples a set of its own for each unit, and trains on it with D_train. */
export async function onQuestionsOf(teacher: Policy, unit: ArmUnit): Promise<Preparation> {
  const { evaluation, name } = unit;
  try {
    const { proposals, tokensSampled } = await sampleProposals({
      teacher,
      domain: evaluation.domain,
      form: evaluation.soar.proposals.form,
      sampling: evaluation.soar.teacher.sampling,
      count: wanted(evaluation),
      answerTokens: evaluation.soar.student.sampling.maxNewTokens,
      capFactor: evaluation.soar.proposals.capFactor,
      seed: `${name}/questions`,
      ...(evaluation.signal && { signal: evaluation.signal }),
    });
    const questions = proposedProblems(proposals, 'sampled');
    return await onHardProblemsAnd(unit, questions, { ...noCost, tokensSampled });
  } finally {
    await teacher.release();
  }
}

function wanted({ settings, promotions }: Evaluation): number {
  return settings.questions.sampled === 'as-promoted' ? promotions.flat().length : settings.questions.sampled;
}

/** `missing` of an arm that samples questions. */
export function missingCount({
  settings,
  promotions,
}: Pick<Evaluation, 'settings' | 'promotions'>): string | undefined {
  return settings.questions.sampled === 'as-promoted' && promotions.length === 0
    ? 'evaluate.questions.sampled is as-promoted and the run promoted nothing'
    : undefined;
}

export const noPromotion = 'the run promoted nothing';
