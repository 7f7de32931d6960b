import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import type { ReadOptions } from './problem-set.js';
import { countReasons, readProblemSet } from './read-problem-set.js';

const folder = mkdtempSync(join(tmpdir(), 'problem-sets-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}
const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const parquet = (columns: Record<string, unknown[]>) =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: Object.entries(columns).map(([name, data]) => ({ name, data: data as string[] })),
    }),
  );
const failure = (source: string, options?: ReadOptions) =>
  readProblemSet(source, options).then(
    () => expect.unreachable('this set must be refused'),
    (error) => `${error.code} ${error.where}: ${error.message}\n${error.remedy}`,
  );

const half = {
  problem: 'What is half of $1$?',
  level: 'Level 1',
  subject: 'Algebra',
  unique_id: 'test/1.json',
  answer: '\\frac12',
};

describe('MATH', () => {
  it('as JSON lines', async () => {
    const set = await readProblemSet(file('math.jsonl', lines([half])));
    expect(set).toMatchObject({ name: 'math', format: 'math', rows: 1, refused: [] });
    expect(set.problems).toEqual([
      {
        id: 'test/1.json',
        question: half.problem,
        gold: '\\frac12',
        subject: 'Algebra',
        level: 'Level 1',
        source: 'math.jsonl:1',
      },
    ]);
    expect(set.sha256).toBe(
      createHash('sha256')
        .update(lines([half]))
        .digest('hex'),
    );
  });

  const original = {
    problem: 'What is $2+2$?',
    level: 'Level 2',
    type: 'Prealgebra',
    solution: 'It is $\\boxed{3}+1=\\boxed{4}$.',
  };

  it('as the original folder, a file per problem, one split of it', async () => {
    file('MATH/train/algebra/1.json', JSON.stringify({ ...original, problem: 'Another one?' }));
    file('MATH/test/prealgebra/7.json', JSON.stringify(original));
    file('MATH/README.txt', 'no rows');
    const set = await readProblemSet(join(folder, 'MATH'), { split: 'test' });
    expect(set.problems).toEqual([
      {
        id: 'test/prealgebra/7.json',
        question: original.problem,
        gold: '4',
        subject: 'Prealgebra',
        level: 'Level 2',
        source: 'test/prealgebra/7.json',
      },
    ]);
    expect((await readProblemSet(join(folder, 'MATH'), { split: 'all' })).problems.map(({ id }) => id)).toEqual([
      'test/prealgebra/7.json',
      'train/algebra/1.json',
    ]);
    expect(await failure(join(folder, 'MATH'))).toMatch(/^PROBLEMS_SPLIT .*several splits: train, test/);
    expect(await failure(join(folder, 'MATH'), { split: 'dev' })).toMatch(/^PROBLEMS_SPLIT .*'dev'/);
  });

  it('as parquet', async () => {
    const columns = {
      problem: ['What is $2+2$?'],
      level: ['Level 2'],
      type: ['Prealgebra'],
      solution: ['$\\boxed{4}$'],
    };
    const set = await readProblemSet(file('math.parquet', parquet(columns)));
    expect(set).toMatchObject({
      format: 'math',
      problems: [{ gold: '4', subject: 'Prealgebra', source: 'math.parquet#1' }],
    });
  });
});

it('GSM8K: the gold is what follows the last ####', async () => {
  const row = { question: 'How many?', answer: 'First #### no.\nThen 2 * 9 = <<2*9=18>>18.\n#### 1,018' };
  const set = await readProblemSet(file('gsm.jsonl', lines([row])));
  expect(set).toMatchObject({
    format: 'gsm8k',
    problems: [{ id: 'gsm.jsonl:1', question: 'How many?', gold: '1,018' }],
  });
});

it('HARP: contest problems; those that only make sense with their choices are set aside', async () => {
  const row = {
    problem: 'Find $n$.',
    answer: '11',
    solution_1: 'so',
    year: 2023,
    contest: 'AMC 12',
    number: 23,
    level: 4,
    subject: 'number_theory',
    multiple_choice_only: false,
    choices: null,
  };
  const set = await readProblemSet(
    file('HARP.jsonl', lines([row, { ...row, number: 24, multiple_choice_only: true }])),
  );
  expect(set).toMatchObject({
    format: 'harp',
    problems: [{ id: '2023/AMC 12/23', question: 'Find $n$.', gold: '11', subject: 'number_theory', level: '4' }],
    refused: [{ reason: 'filtered', id: '2023/AMC 12/24' }],
  });
  expect(set.refused[0]?.where).toMatch(/HARP\.jsonl:2$/);
});

describe('OlympiadBench', () => {
  const row = {
    id: 7,
    question: 'Find all $x$.',
    solution: ['so'],
    final_answer: ['$1$', '$2$'],
    context: null,
    modality: 'Text-only',
    difficulty: 'Competition',
    is_multiple_answer: true,
    unit: null,
    answer_type: 'Numerical',
    error: null,
    question_type: 'Open-ended',
    subfield: 'Algebra',
    subject: 'Math',
    language: 'English',
  };
  const other = (id: number, fields: object) => ({ ...row, id, question: `Question ${id}?`, ...fields });

  it('keeps English text-only competition mathematics that can be verified', async () => {
    const rows = [
      row,
      other(1, { language: 'Chinese' }),
      other(2, { modality: 'Multimodal' }),
      other(3, { difficulty: 'College Entrance' }),
      other(4, { question_type: 'Theorem proof' }),
      other(5, { answer_type: 'Need_human_evaluate' }),
      other(6, { subject: 'Physics' }),
      other(8, { unit: '$cm^2$', error: '1e-1', context: 'Let $a$ be.' }),
      other(9, { image_1: 'bytes' }),
    ];
    const set = await readProblemSet(file('olympiad.json', JSON.stringify(rows)));
    expect(set.problems).toMatchObject([
      { id: '7', gold: '$1$, $2$', subject: 'Algebra', level: 'Competition', source: 'olympiad.json#1' },
      { id: '8', question: 'Let $a$ be.\nQuestion 8?', verification: { tolerance: 0.1, unit: '$cm^2$' } },
    ]);
    expect(set.problems[0]).not.toHaveProperty('verification');
    expect(set.refused.map(({ reason, id }) => `${id} ${reason}`)).toEqual([
      '1 filtered',
      '2 picture',
      '3 filtered',
      '4 filtered',
      '5 filtered',
      '6 filtered',
      '9 picture',
    ]);
    expect(set.rows).toBe(set.problems.length + set.refused.length);
  });

  it('as parquet, with lists in a cell', async () => {
    const columns = {
      id: [7n],
      question: ['Find $x$.'],
      final_answer: [['5']],
      answer_type: ['Numerical'],
      subfield: ['Algebra'],
    };
    const set = await readProblemSet(file('olympiad.parquet', parquet(columns)));
    expect(set).toMatchObject({ format: 'olympiadbench', problems: [{ id: '7', gold: '5' }] });
  });
});

describe('files of one’s own', () => {
  it('CSV with a mapping; quoted line breaks count as lines', async () => {
    const csv = 'nr,prompt,target\n1,"Two\nlines?",4\n2,One line?,five\n3,"Last, one?",6\n';
    const set = await readProblemSet(file('own.csv', csv), {
      mapping: { question: 'prompt', answer: 'target', id: 'nr' },
    });
    expect(set.problems.map(({ id, question, gold, source }) => [id, question, gold, source])).toEqual([
      ['1', 'Two\nlines?', '4', 'own.csv:2'],
      ['2', 'One line?', 'five', 'own.csv:4'],
      ['3', 'Last, one?', '6', 'own.csv:5'],
    ]);
  });

  it('JSON lines on standard input, in the form that is written here too', async () => {
    const rows = [
      { id: 'a', question: 'One?', gold: 1 },
      { id: 'a', question: 'Two?', gold: '2' },
    ];
    const set = await readProblemSet('-', {
      input: [Buffer.from(lines(rows))] as unknown as AsyncIterable<Uint8Array>,
    });
    expect(set).toMatchObject({
      name: 'stdin',
      format: 'mapped',
      problems: [
        { id: 'a', gold: '1' },
        { id: 'a (2)', gold: '2' },
      ],
    });
  });

  it('says which column is missing', async () => {
    const path = file('columns.csv', 'prompt,target\nOne?,1\n');
    expect(await failure(path, { mapping: { question: 'promt', answer: 'target' } })).toMatch(
      /^PROBLEMS_COLUMN .*columns.csv:2: there is no column 'promt' for the question, did you mean 'prompt'/,
    );
    expect(await failure(path)).toMatch(/^PROBLEMS_FORMAT .*prompt, target\n.*--map/);
  });
});

describe('rows that cannot be used', () => {
  it('are counted by reason and say where they stand', async () => {
    const rows = [
      half,
      { ...half, answer: '' },
      { ...half, problem: '  ', unique_id: 'x' },
      { ...half, problem: 'Unreadable?', answer: 't(0,4]' },
      { ...half, problem: 'What  is half\nof $1$?' },
      { ...half, problem: 'See <image_1>: what is it?' },
      { ...half, problem: 'A diagram as text [asy] draw((0,0)--(1,1)); [/asy]' },
    ];
    const set = await readProblemSet(file('refused.jsonl', lines(rows)));
    expect(set.problems).toHaveLength(2);
    expect(set.refused.map(({ reason, where }) => `${reason} ${where.slice(-1)}`)).toEqual([
      'empty-gold 2',
      'empty-question 3',
      'unreadable-gold 4',
      'duplicate 5',
      'picture 6',
    ]);
    expect(set.refused[3]?.detail).toMatch(/refused\.jsonl:1 asks the same/);
    expect(countReasons(set.refused)).toHaveLength(5);
    expect((await readProblemSet(join(folder, 'refused.jsonl'), { golds: 'any' })).problems).toHaveLength(3);
  });

  it('a set of nothing else is refused', async () => {
    expect(await failure(file('none.jsonl', lines([{ ...half, answer: '' }])))).toMatch(
      /^PROBLEMS_EMPTY .*1 empty-gold/,
    );
    expect(await failure(file('empty.jsonl', '\n'))).toMatch(/^PROBLEMS_EMPTY .*no rows/);
  });
});

describe('files that cannot be read', () => {
  it.each([
    ['cut.jsonl', `${JSON.stringify(half)}\n{"problem": "What`, /^PROBLEMS_ROW .*cut\.jsonl:2: .*not JSON/],
    ['list.jsonl', '[1]\n', /^PROBLEMS_ROW .*list\.jsonl:1: .*instead of an object/],
    ['cut.json', '[{"problem": "What', /^PROBLEMS_DAMAGED .*cut\.json: .*not JSON/],
    ['cut.csv', 'question,gold\n"One?,1\n', /^PROBLEMS_ROW .*cut\.csv:\d: /],
    ['ragged.csv', 'question,gold\nOne?,1\nTwo?\n', /^PROBLEMS_ROW .*ragged\.csv:3: /],
    ['cut.parquet', 'PAR1 and no more', /^PROBLEMS_DAMAGED .*cut\.parquet: .*parquet/],
    ['HARP.jsonl.zip', 'PK', /^PROBLEMS_FILE_KIND .*unpack archives/s],
  ])('%s', async (name, content, expected) => {
    expect(await failure(file(name, content))).toMatch(expected);
  });

  it('what is not there', async () => {
    expect(await failure(join(folder, 'nowhere.jsonl'))).toMatch(/^PROBLEMS_MISSING .*nowhere\.jsonl: /);
    mkdirSync(join(folder, 'bare'));
    expect(await failure(join(folder, 'bare'))).toMatch(/^PROBLEMS_NO_FILES /);
  });
});

const data = process.env.SOAR_DATA ?? resolve(import.meta.dirname, '../../../../shared/data');
const published = await readProblemSet(join(data, 'math_train.jsonl')).catch(() => undefined);
if (!published) console.log(`published sets: no data in ${data}; set SOAR_DATA to their folder to run these tests`);

describe.skipIf(!published)('the published sets', () => {
  it.each([
    ['math_train.jsonl', 'math', 7500, ['duplicate 6033', 'empty-gold 7037', 'empty-gold 7437']],
    ['math_test.jsonl', 'math', 5000, []],
    ['gsm8k_train.jsonl', 'gsm8k', 7473, []],
    ['gsm8k_test.jsonl', 'gsm8k', 1319, []],
    ['olympiadbench_te_maths_en_comp.jsonl', 'olympiadbench', 675, ['unreadable-gold 97']],
  ])('%s', async (name, format, rows, refused) => {
    const set = await readProblemSet(join(data, name));
    expect([set.format, set.rows, set.problems.length + set.refused.length]).toEqual([format, rows, rows]);
    expect(new Set(set.problems.map(({ id }) => id)).size).toBe(set.problems.length);
    // Each looked at: a question asked twice, two empty golds, a misprint.
    expect(set.refused.map(({ reason, where }) => `${reason} ${where.split(':').at(-1)}`)).toEqual(refused);
  });
});
