/** The promotion questions (D_best) as the rows of a data set, and as the bytes of its file. Pure. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { History } from '../entries.js';
import { jsonLinesText } from '../write-whole.js';
import type { exportFormats } from './choice.js';

export interface QuestionRow {
  readonly id: string;
  readonly question: string;
  /** The teacher's own, right or wrong. */
  readonly answer: string;
  /** What the domain calls this kind of question; null where it names none. */
  readonly kind: string | null;
  /** From 1. */
  readonly promotion: number;
  /** The outer step of that promotion, from 1. */
  readonly step: number;
}

export type QuestionFormat = (typeof exportFormats.questions)[number];

/** In the order of promotions. */
export function questionRows({ steps }: History): QuestionRow[] {
  const promoted = steps.flatMap(({ step, promotion }) => (promotion ? [{ step, promotion }] : []));
  return promoted.flatMap(({ step, promotion: { questions } }, i) =>
    questions.map(({ id, question, gold, subject }) => ({
      id,
      question,
      answer: gold,
      kind: subject ?? null,
      promotion: i + 1,
      step: step + 1,
    })),
  );
}

/** The same rows give the same bytes. */
export function questionFile(rows: readonly QuestionRow[], format: QuestionFormat): Uint8Array {
  if (format === 'jsonl') return new TextEncoder().encode(jsonLinesText(rows));
  const column = <Key extends keyof QuestionRow>(name: Key, type: 'STRING' | 'INT32') => ({
    name,
    type,
    nullable: name === 'kind',
    data: rows.map((row) => row[name]),
  });
  const columnData = [
    column('id', 'STRING'),
    column('question', 'STRING'),
    column('answer', 'STRING'),
    column('kind', 'STRING'),
    column('promotion', 'INT32'),
    column('step', 'INT32'),
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'soar-rl' }));
}
