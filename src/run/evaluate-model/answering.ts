/**
 * The answers, batch after batch. Completions are kept in a file per batch that is on the disk before the batch counts, and become
 * one file at the end: no more of them than a batch is ever in memory.
 */
import { join } from 'node:path';
import { SoarError } from '../../errors.js';
import { answerProblems, type JudgedAnswer } from '../../problems/answers.js';
import type { Problem } from '../../problems/problem.js';
import type { Asked } from '../asking.js';
import { problemsPerBatch, workInBatches } from '../batches.js';
import type { Disk } from '../disk.js';
import { sha256 } from '../snapshots.js';
import { jsonLinesText, writeWhole } from '../write-whole.js';
import { type ModelEvaluationIdentity, type ModelEvaluationOptions, modelEvaluationFiles } from './request.js';

/** What became of a problem. */
export interface AnsweredProblem {
  /** Completions: with the right answer, with an answer in the asked form, ended by themselves. */
  readonly successes: number;
  readonly answered: number;
  readonly finished: number;
  /** Of all its completions. */
  readonly tokens: number;
}

interface BatchResult {
  /** SHA-256 of the batch's file of completions. */
  readonly file: string;
  readonly problems: readonly AnsweredProblem[];
}

/** [problem]; when it resolves, completions.jsonl is there. @throws SoarError EVALUATE_DAMAGED, EVALUATE_OTHER, RUN_INTERRUPTED */
export async function answerAll(
  { domain, policy, asked: { problems, prompts } }: Asked,
  identity: ModelEvaluationIdentity,
  out: string,
  { onProgress, signal }: ModelEvaluationOptions,
  disk: Disk,
): Promise<AnsweredProblem[]> {
  const { samples, sampling, seed } = identity;
  const size = problemsPerBatch(samples);
  const parts = join(out, 'parts');
  await disk.makeFolder(parts);
  const results = await workInBatches<BatchResult>({
    folder: out,
    identity,
    what: { name: 'evaluation', otherCode: 'EVALUATE_OTHER' },
    batches: Math.ceil(problems.length / size),
    async make(b) {
      const batch = problems.slice(b * size, (b + 1) * size);
      const answers = await answerProblems(policy, domain, batch, {
        ...sampling,
        samples,
        seed: `${seed}/batch-${b}`,
        promptOf: (problem: Problem) => prompts.get(problem) as Int32Array,
      });
      const text = jsonLinesText(batch.flatMap((problem, p) => rowsOf(problem, answers[p] as JudgedAnswer[])));
      await writeWhole(join(parts, partName(b)), text, disk);
      await disk.syncFolder(parts);
      return { file: sha256(text), problems: answers.map(countsOf) };
    },
    onDone(done, before) {
      const of = problems.length * samples;
      const all = [...done.values()].flatMap((result) => result.problems);
      const found = [...before].flatMap((b) => (done.get(b) as BatchResult).problems);
      const correct = all.reduce((sum, { successes }) => sum + successes, 0) / (all.length * samples);
      onProgress?.({ done: all.length * samples, of, before: found.length * samples, correct });
    },
    signal,
    disk,
  });
  await joinParts(results, out, parts, disk);
  return results.flatMap((result) => result.problems);
}

const partName = (b: number) => `${String(b).padStart(6, '0')}.jsonl`;

const rowsOf = ({ id }: Problem, answers: readonly JudgedAnswer[]) =>
  answers.map(({ text, tokens, finished, grade: { answered, correct } }, sample) => ({
    id,
    sample,
    completion: text,
    correct,
    answered,
    finished,
    tokens,
  }));

function countsOf(answers: readonly JudgedAnswer[]): AnsweredProblem {
  const count = (holds: (answer: JudgedAnswer) => boolean) => answers.filter(holds).length;
  return {
    successes: count(({ grade }) => grade.correct),
    answered: count(({ grade }) => grade.answered),
    finished: count(({ finished }) => finished),
    tokens: answers.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}

/** The batches' files in one, in order. It appears whole, after which they are not needed. */
async function joinParts(results: readonly BatchResult[], out: string, parts: string, disk: Disk): Promise<void> {
  const path = join(out, modelEvaluationFiles.completions);
  const aside = `${path}.partial`;
  if (!(await disk.list(out)).includes(modelEvaluationFiles.completions)) {
    await disk.remove(aside);
    const file = await disk.openAppend(aside);
    try {
      for (const [b, { file: expected }] of results.entries()) {
        const bytes = (await disk.read(join(parts, partName(b)))) ?? Buffer.alloc(0);
        if (sha256(bytes) !== expected) throw damaged(join(parts, partName(b)));
        await file.append(bytes);
      }
    } finally {
      await file.close();
    }
    await disk.rename(aside, path);
    await disk.syncFolder(out);
  }
  await disk.remove(parts);
}

const damaged = (where: string) =>
  new SoarError('EVALUATE_DAMAGED', 'completions were changed or lost from outside', {
    where,
    remedy: 'restore the file from a copy, or evaluate anew in another --out',
    kind: 'environment',
  });
