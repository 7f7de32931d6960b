/** What a judge is asked, in our words after method.md 5.8, and what its answer must be. Pure. */
import { z } from 'zod';
import { SoarError } from '../../errors.js';

const errorTypes = ['None', 'Arithmetic', 'Logical_Fallacy', 'Ill_Posed', 'Ambiguous'] as const;

const annotationSchema = z.object({
  is_well_posed: z.boolean(),
  /** Judged only where the question is well-posed. */
  is_correct: z.boolean().nullable(),
  error_type: z.enum(errorTypes),
  verified_answer: z.union([z.string(), z.number()]).transform(String),
});

export interface Annotation {
  readonly wellPosed: boolean;
  /** The given answer is right; false for a question that is not well-posed. */
  readonly correct: boolean;
  readonly error: (typeof errorTypes)[number];
  /** The judge's own answer, or N/A. */
  readonly answer: string;
}

export interface AskedQuestion {
  readonly question: string;
  readonly answer: string;
}

export function judgePrompt({ question, answer }: AskedQuestion): string {
  return `You check a mathematics problem and the answer that its author gives. The problem may be broken: judge what is written, and assume nothing that is missing.

First decide whether the problem is well-posed: complete, consistent, and with exactly one answer. A fragment, nonsense, or missing data make it Ambiguous or Ill_Posed; then do not solve it. Only if it is well-posed, solve it yourself and compare.

Reason first, between <think> and </think>. Then write one JSON object and nothing else:
{"is_well_posed": true or false, "is_correct": true, false, or null if it is not well-posed, "error_type": one of ${errorTypes.map((type) => JSON.stringify(type)).join(', ')}, "verified_answer": your answer, or "N/A"}
error_type is "None" only if the problem is well-posed and the author's answer is right; "Arithmetic" or "Logical_Fallacy" say what went wrong in a wrong answer.

Problem:
${question}

Author's answer:
${answer}`;
}

/** @throws SoarError JUDGE_ANSWER naming what is wrong with it */
export function readAnnotation(text: string): Annotation {
  const said = text.slice(text.lastIndexOf('</think>') + (text.includes('</think>') ? '</think>'.length : 0));
  const [from, to] = [said.indexOf('{'), said.lastIndexOf('}')];
  const bad = (why: string) =>
    new SoarError('JUDGE_ANSWER', `the judge's answer cannot be used: ${why}`, {
      where: JSON.stringify(said.trim().slice(0, 200)),
      remedy: 'try again, or take a model that keeps to the form',
      kind: 'environment',
    });
  if (from < 0 || to < from) throw bad('it holds no JSON object');
  let value: unknown;
  try {
    value = JSON.parse(said.slice(from, to + 1));
  } catch (error) {
    throw bad((error as Error).message);
  }
  const parsed = annotationSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw bad(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { is_well_posed: wellPosed, is_correct, error_type: error, verified_answer: answer } = parsed.data;
  const correct = wellPosed && is_correct === true;
  if (correct !== (error === 'None')) throw bad(`is_correct is ${is_correct} and error_type is ${error}`);
  return { wellPosed, correct, error, answer };
}
