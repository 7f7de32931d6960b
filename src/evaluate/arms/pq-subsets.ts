/** Parts of the promotion questions by their quality, as the domain can tell it exactly: are wrong answers harmful, are ill-posed questions? */
import type { Assessment } from '../../problems/domain.js';
import type { Problem } from '../../problems/problem.js';
import type { EvaluationPlan } from '../evaluation.js';
import type { Arm } from './arm.js';
import { onHardProblemsAnd } from './fresh-student.js';
import { noPromotion } from './teacher-questions.js';

type Sources = Pick<EvaluationPlan, 'promotions' | 'domain'>;

function subset({ promotions, domain }: Sources, keep: (assessment: Assessment) => boolean): Problem[] {
  const { assess } = domain;
  return assess ? promotions.flat().filter(({ question, gold }) => keep(assess(question, gold))) : [];
}

function missing(sources: Sources, keep: (assessment: Assessment) => boolean): string | undefined {
  if (sources.promotions.length === 0) return noPromotion;
  if (!sources.domain.assess) return 'this domain cannot tell a good question from a bad one';
  return subset(sources, keep).length === 0 ? 'none of the promotion questions is of this kind' : undefined;
}

const armOf = (title: string, summary: string, keep: (assessment: Assessment) => boolean): Arm => ({
  title,
  summary,
  needsLoop: true,
  missing: (evaluation) => missing(evaluation, keep),
  prepare: (unit) => onHardProblemsAnd(unit, subset(unit.evaluation, keep)),
});

export const pqCorrect = armOf(
  'PQ, right answers only',
  'SOAR-PQ with those promotion questions alone whose answers are right: fewer questions, no wrong ones.',
  ({ wellPosed, correct }) => wellPosed && correct,
);

export const pqWellPosed = armOf(
  'PQ, well-posed only',
  'SOAR-PQ with the well-posed promotion questions, right or wrong.',
  ({ wellPosed }) => wellPosed,
);
