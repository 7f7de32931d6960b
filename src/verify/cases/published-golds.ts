/** The gold answers of the published problem sets, for tests and benchmarks. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerificationPolicy } from '../policy.js';

export interface PublishedGold {
  readonly set: string;
  readonly id: string;
  readonly gold: string;
  readonly policy: Partial<VerificationPolicy>;
}

type Row = Record<string, unknown>;

const sets: readonly { name: string; file: string; read: (row: Row, line: number) => Omit<PublishedGold, 'set'> }[] = [
  { name: 'MATH train', file: 'math_train.jsonl', read: math },
  { name: 'MATH test', file: 'math_test.jsonl', read: math },
  { name: 'GSM8K train', file: 'gsm8k_train.jsonl', read: gsm8k },
  { name: 'GSM8K test', file: 'gsm8k_test.jsonl', read: gsm8k },
  { name: 'OlympiadBench', file: 'olympiadbench_te_maths_en_comp.jsonl', read: olympiadBench },
];

/** Every gold under the folder; undefined when a file is absent. */
export function readPublishedGolds(folder: string): PublishedGold[] | undefined {
  if (!sets.every(({ file }) => existsSync(join(folder, file)))) return undefined;
  return sets.flatMap(({ name, file, read }) =>
    readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      .map((line, i) => ({ set: name, ...read(JSON.parse(line) as Row, i + 1) })),
  );
}

function math(row: Row): Omit<PublishedGold, 'set'> {
  return { id: String(row.unique_id), gold: String(row.answer), policy: {} };
}

function gsm8k(row: Row, line: number): Omit<PublishedGold, 'set'> {
  return { id: `line ${line}`, gold: String(row.answer).split('####').at(-1)?.trim() ?? '', policy: {} };
}

function olympiadBench(row: Row): Omit<PublishedGold, 'set'> {
  const gold = (row.final_answer as string[]).join(', ');
  const unit = typeof row.unit === 'string' ? row.unit : '';
  const tolerance = typeof row.error === 'string' ? Number(row.error) : 0;
  return { id: String(row.id), gold, policy: { unit, tolerance } };
}
