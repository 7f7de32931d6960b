/** What one outer step takes, part by part, in the order of `method/outer-step.ts`. Pure arithmetic on the settings. */
import { innerSteps, type KlSettings, type SoarSettings } from '../../method/index.js';
import { noWork, type Role, sumWork, timesWork, type Work } from '../usage.js';
import type { Assumptions } from './assumptions.js';

export interface PartWork {
  readonly part: string;
  readonly role: Role;
  readonly work: Work;
}

/** Completions of `prompts` prompts: each is read once, and comes from the cache for the rest of its group. */
export function sampling(prompts: number, perPrompt: number, promptTokens: number, tokens: number): Work {
  const completions = prompts * perPrompt;
  return {
    ...noWork,
    completions,
    prefilledTokens: prompts * promptTokens,
    cachedTokens: (completions - prompts) * promptTokens,
    sampledTokens: completions * tokens,
  };
}

/** Rollouts that enter a gradient, read in a pass of their own before it or not. */
export const training = (rollouts: number, promptTokens: number, tokens: number, readFirst: boolean): Work => ({
  ...noWork,
  prefilledTokens: readFirst ? rollouts * (promptTokens + tokens) : 0,
  trainedTokens: rollouts * tokens,
  trainedPromptTokens: rollouts * promptTokens,
});

/** Rollouts scored by the reference, where a KL term asks for it. */
export const scoring = (rollouts: number, promptTokens: number, tokens: number, { coefficient }: KlSettings): Work => ({
  ...noWork,
  prefilledTokens: coefficient > 0 ? rollouts * (promptTokens + tokens) : 0,
});

/** Share of the rollouts that enter a gradient: all under a KL loss, and where every completion pays its own KL. */
export const trainedShare = ({ coefficient }: KlSettings, { informative }: Assumptions): number =>
  coefficient > 0 ? 1 : informative;

/** Proposals until `count` are accepted, in one turn or in two. */
export function proposing(count: number, { proposals }: SoarSettings, a: Assumptions): Work {
  const written = count / a.validRate;
  const first = sampling(1, written, a.prompts.teacher, a.tokens.teacher);
  if (proposals.form === 'single-turn') return first;
  return sumWork([first, sampling(written, 1, a.prompts.answer, a.tokens.teacher)]);
}

/** Outer step `t`, from 0. */
export function outerStepWork(soar: SoarSettings, hardTrain: number, t: number, a: Assumptions): PartWork[] {
  const { datasets, datasetSize, teacher, student } = soar;
  const count = datasets * datasetSize;
  const { prompts, tokens } = a;
  const turns = soar.proposals.form === 'single-turn' ? 1 : 2;
  const grounded = teacher.reward.kind === 'grounded';
  const rollouts = grounded
    ? datasets *
      soar.repeats *
      innerSteps(soar.inner, a.promotionsBefore(t)) *
      student.promptsPerStep *
      student.groupSize
    : 0;
  const studied = grounded
    ? [
        sampling(rollouts / student.groupSize, student.groupSize, prompts.student, tokens.student),
        training(rollouts * trainedShare(student.kl, a), prompts.student, tokens.student, a.readsFirst(student.kl)),
      ]
    : [sampling(count, teacher.reward.samples, prompts.student, tokens.student)];
  const ofTeacher = [count * turns, (prompts.teacher + (turns - 1) * prompts.answer) / turns, tokens.teacher] as const;
  const ofStudents = [rollouts, prompts.student, tokens.student] as const;
  return [
    { part: 'proposals', role: 'teacher', work: proposing(count, soar, a) },
    { part: 'inner runs', role: 'student', work: sumWork(studied) },
    { part: 'examinations', role: 'student', work: examining(soar, hardTrain, t, a) },
    { part: 'teacher update', role: 'teacher', work: training(...ofTeacher, a.readsFirst(teacher.kl)) },
    {
      part: 'reference',
      role: 'base',
      work: sumWork([scoring(...ofStudents, student.kl), scoring(...ofTeacher, teacher.kl)]),
    },
  ];
}

/** Every student on Q_R, and the baseline on those of Q_R that it has not answered since it became the baseline. */
function examining(soar: SoarSettings, hardTrain: number, t: number, a: Assumptions): Work {
  const { questions, samplesPerQuestion, baselineSamplesPerQuestion: own } = soar.reward;
  const ask = (students: number, samples: number) =>
    timesWork(sampling(questions, samples, a.prompts.student, a.tokens.student), students);
  const students = soar.teacher.reward.kind === 'grounded' ? soar.datasets * soar.repeats : 0;
  const share = newQuestions(questions, hardTrain, stepsOfBaseline(t, a)) / questions;
  return sumWork([ask(students, samplesPerQuestion), ask(share, own === 'same' ? samplesPerQuestion : own)]);
}

/** Steps that the baseline of step `t` has been the baseline before it. */
function stepsOfBaseline(t: number, { promotionsBefore }: Assumptions): number {
  let since = t;
  while (since > 0 && promotionsBefore(since - 1) === promotionsBefore(t)) since--;
  return t - since;
}

/** How many of q questions, drawn from `all` of them, `draws` earlier draws of q have not seen, on average. */
export const newQuestions = (q: number, all: number, draws: number): number =>
  q * Math.max(0, 1 - q / Math.max(q, all)) ** draws;
