/** `soar judge`: annotations of the questions in a file, kept in a cache beside it. */
import { join } from 'node:path';
import { z } from 'zod';
import { SoarError } from '../errors.js';
import type { Annotation, AskedQuestion } from '../evaluate/judge/annotation.js';
import { type Judgement, judgeAll } from '../evaluate/judge/judge.js';
import type { RunConfig } from './config/config.js';
import { nodeDisk } from './disk.js';
import { openJournal } from './journal.js';
import { jsonLinesText, writeWhole } from './write-whole.js';

const rowSchema = z.object({ question: z.string().min(1), answer: z.string().min(1) });

export interface JudgeRequest {
  /** JSON lines with question and answer, as promotion-questions.jsonl has them. */
  readonly file: string;
  readonly out: string;
  readonly config: Pick<RunConfig, 'judge'>;
  readonly onProgress?: (done: number, of: number, cost: number) => void;
}

/** Writes `annotations.jsonl` into the folder. @throws SoarError JUDGE_QUESTIONS, JUDGE_NEEDED */
export async function judgeQuestions({ file, out, config, onProgress }: JudgeRequest): Promise<Judgement> {
  const questions = await readQuestions(file);
  await nodeDisk.makeFolder(out);
  const { journal, entries } = await openJournal<{ key: string; annotation: Annotation }>(
    join(out, 'verdicts.jsonl'),
    nodeDisk,
  );
  const known = new Map(entries.map(({ key, annotation }) => [key, annotation]));
  try {
    const cache = {
      get: (key: string) => known.get(key),
      async set(key: string, annotation: Annotation) {
        await journal.append({ key, annotation });
        known.set(key, annotation);
      },
    };
    const found = await judgeAll(questions, config.judge, cache, { ...(onProgress && { onProgress }) });
    await writeWhole(join(out, 'annotations.jsonl'), jsonLinesText(found.judged), nodeDisk);
    return found;
  } finally {
    await journal.close();
  }
}

async function readQuestions(file: string): Promise<AskedQuestion[]> {
  const bad = (where: string, how: string) =>
    new SoarError('JUDGE_QUESTIONS', `questions to judge cannot be read: ${how}`, {
      where,
      remedy: 'give JSON lines with question and answer, such as a run’s promotion-questions.jsonl',
    });
  const text = (await nodeDisk.read(file))?.toString('utf8');
  if (text === undefined) throw bad(file, 'there is no such file');
  const lines = text
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [{ line, where: `${file}:${i + 1}` }]));
  if (lines.length === 0) throw bad(file, 'it is empty');
  return lines.map(({ line, where }) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw bad(where, (error as Error).message);
    }
    const parsed = rowSchema.safeParse(value);
    if (!parsed.success) throw bad(where, 'it needs a question and an answer, both texts');
    return parsed.data;
  });
}
