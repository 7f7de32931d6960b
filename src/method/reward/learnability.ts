/**
 * The learnability of a question, from how often a student solves it: what pays the teacher of the Intrinsic-T control (method.md 4.6), of
 * R-Zero and of Absolute Zero. It looks at no hard problem and needs no inner training.
 */
import type { Policy } from '../../engine/engine.js';
import { answerOf, type Domain } from '../../problems/domain.js';
import type { Problem } from '../../problems/problem.js';
import { costOfAnswers } from '../cost.js';
import type { StepMemory, StudyRecord } from '../memory.js';
import { samplingOptions } from '../sampling.js';
import type { SamplingSettings, TeacherSettings } from '../settings.js';
import { mean } from './dataset-reward.js';

/** r(s) of a success rate s in [0, 1]. Pure. */
export function learnability(rule: TeacherSettings['reward']['rule'], s: number): number {
  if (rule === 'r-zero') return Math.min(s, 1 - s);
  if (s === 0) return 0;
  // At s = 1 the two rules agree: 1 - s is 0.
  return 1 - s;
}

export interface LearnabilityStudy {
  /** k. */
  readonly dataset: number;
  readonly questions: readonly Problem[];
  /** Answers as it is; trained on nothing. */
  readonly student: Policy;
  readonly domain: Domain;
  readonly settings: TeacherSettings['reward'];
  readonly sampling: SamplingSettings;
  /** Names the random streams. */
  readonly seed: string;
}

/** R_k = mean over the dataset's questions of r(s_i); kept as a study without a student. */
export async function studyLearnability(study: LearnabilityStudy, memory: StepMemory): Promise<StudyRecord> {
  const { dataset, questions, student, domain, settings, sampling, seed } = study;
  const done = memory.study(dataset, 0);
  if (done) return done;
  const groups = await student.sample(
    questions.map(({ question }) => student.tokenizer.encode(domain.studentPrompt(question))),
    samplingOptions(student, domain, sampling, settings.samples, seed),
  );
  const grades = await domain.grade(
    groups.flatMap((group, q) =>
      group.map(({ tokens }) => answerOf(questions[q] as Problem, student.tokenizer.decode(tokens))),
    ),
  );
  const rates = questions.map((_, q) =>
    mean(grades.slice(q * settings.samples, (q + 1) * settings.samples).map(({ correct }) => (correct ? 1 : 0))),
  );
  const record: StudyRecord = {
    dataset,
    repeat: 0,
    accuracy: mean(rates),
    reward: mean(rates.map((s) => learnability(settings.rule, s))),
    steps: [],
    cost: costOfAnswers(groups),
  };
  await memory.recordStudy(record);
  return record;
}
