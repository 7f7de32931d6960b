/** An estimate as text: a table of parts with what is expected, and from least to most below it. Pure. */
import { compact } from './format.js';
import { boxTable, type Column, type Table } from './table.js';

/** What a part takes, in three cases. */
export type InCases<T> = Readonly<Record<'least' | 'expected' | 'most', T>>;

export interface EstimatedWork {
  readonly completions: number;
  readonly prefilledTokens: number;
  readonly cachedTokens: number;
  readonly sampledTokens: number;
  readonly trainedTokens: number;
  readonly trainedPromptTokens: number;
}

export interface EstimateTableData {
  readonly rows: readonly {
    readonly part: string;
    readonly role: string;
    readonly times: number;
    readonly each: EstimatedWork;
    readonly total: InCases<EstimatedWork>;
    readonly money: InCases<number> | null;
  }[];
  readonly total: InCases<EstimatedWork>;
  readonly bill: InCases<{ readonly money: number; readonly gpuHours: number | null }> | null;
  readonly unit: string;
  readonly assumptions: readonly string[];
}

const right = (header: string): Column => ({ header, align: 'right' });

function estimateTable({ rows, total, bill, unit }: EstimateTableData): Table {
  const works = (of: InCases<EstimatedWork>) =>
    [
      (work: EstimatedWork) => work.completions,
      (work: EstimatedWork) => work.prefilledTokens,
      (work: EstimatedWork) => work.cachedTokens,
      (work: EstimatedWork) => work.sampledTokens,
      (work: EstimatedWork) => work.trainedTokens + work.trainedPromptTokens,
    ].map((value) => inCases({ least: value(of.least), expected: value(of.expected), most: value(of.most) }));
  const money = (of: InCases<number> | null) => (bill === null ? [] : [of === null ? '' : inCases(of, sum)]);
  return {
    columns: [
      { header: 'Part', align: 'left' },
      { header: 'Role', align: 'left' },
      right('Times'),
      right('Completions each'),
      right('in all'),
      right('Read'),
      right('Cached'),
      right('Sampled'),
      right('Trained'),
      ...(bill === null ? [] : [right(unit)]),
    ],
    rows: [
      ...rows.map((row) => [
        row.part,
        row.role,
        whole(row.times),
        whole(row.each.completions),
        ...works(row.total),
        ...money(row.money),
      ]),
      [
        'all',
        '',
        '',
        '',
        ...works(total),
        ...money(bill && { least: bill.least.money, expected: bill.expected.money, most: bill.most.money }),
      ],
    ],
  };
}

export const estimateText = (data: EstimateTableData, title: string, width = 120): string =>
  [title, boxTable(estimateTable(data), width), ...notes(data)].join('\n');

function notes({ bill, assumptions }: EstimateTableData): string[] {
  const hours = bill && [bill.least, bill.expected, bill.most].map(({ gpuHours }) => gpuHours);
  return [
    'Tokens: read before sampling or scored, taken from a prefix cache, sampled, trained on with their prompts; below, from least to most.',
    ...(hours?.every((one) => one !== null) ? [`GPU-hours: ${hours.map(whole).join(', ')}.`] : []),
    ...assumptions,
  ].map((line) => `- ${line}`);
}

const whole = (value: number) => Math.round(value).toLocaleString('en');

function inCases({ least, expected, most }: InCases<number>, text = compact): string {
  if (most === 0) return '';
  const [low, middle, high] = [least, expected, most].map(text);
  return low === high ? (middle as string) : `${middle}\n${low} - ${high}`;
}

/** Small sums of money keep their digits. */
const sum = (value: number) => (value < 100 && value > 0 ? value.toPrecision(3) : compact(value));
