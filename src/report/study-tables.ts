/** The tables of a study. Pure. */
import { meanOrZero as mean } from '../evaluate/moments.js';
import type { EvaluationSummary } from '../evaluate/summary.js';
import type { Cost } from '../method/index.js';
import { deviationTable, differenceTable, differenceTitle, passTable, tableTitle } from './evaluation-table.js';
import { compact, percent } from './format.js';
import {
  loopNames,
  meanCost,
  type QuestionSet,
  type SetName,
  type StudyClock,
  type StudyReport,
} from './study-data.js';
import type { Table } from './table.js';

export function studyTables(
  report: StudyReport,
  clock: StudyClock,
  between: '\n' | ' ',
): [title: string, table: Table][] {
  const { summary, transfer } = report;
  const of = (one: EvaluationSummary, where: string): [string, Table][] => {
    const differences = differenceTable(one, between);
    return [
      [`${tableTitle(one)}${where}`, passTable(one, between)],
      [`The same${where}, mean ± standard deviation over seeds`, deviationTable(one)],
      ...(differences ? ([[differenceTitle(one), differences]] as [string, Table][]) : []),
    ];
  };
  const loops = loopTable(report, clock);
  const questions = questionTable(report);
  return [
    ...of(summary, ''),
    ...(transfer ? of(transfer, ', second hard set') : []),
    ['Seeds and tests', testTable(report)],
    ['Cost of a student', costTable(report, clock)],
    ...(loops ? ([['What the loops did, means over teachers', loops]] as [string, Table][]) : []),
    ...(questions ? ([['The questions, means over teachers, shares in %', questions]] as [string, Table][]) : []),
  ];
}

const right = (header: string) => ({ header, align: 'right' as const });
const titleOf = (rows: StudyReport['rows'], row: string) => rows.find(({ name }) => name === row)?.title ?? row;

function testTable({ tests, rows, settings: { ks } }: StudyReport): Table {
  const p = (value: number | null | undefined) =>
    typeof value !== 'number' ? '' : value < 0.001 ? '< .001' : value.toFixed(3);
  return {
    columns: [
      { header: 'Row', align: 'left' },
      ...['over .1', 'seeds to tell', ...ks.map((k) => `p, pass@${k}`)].map(right),
    ],
    rows: tests.map(({ row, p: ofRow, seedsToTell, took }) => [
      titleOf(rows, row),
      `${percent(took, 0)} %`,
      seedsToTell === null ? '' : String(seedsToTell),
      ...ofRow.map(p),
    ]),
  };
}

function costTable({ tests, rows }: StudyReport, clock: StudyClock): Table {
  return {
    columns: [{ header: 'Row', align: 'left' }, ...costColumns.map(right), right('loop: sampled')],
    rows: tests.map(({ row, cost }) => [
      titleOf(rows, row),
      ...costCells(cost.student, clock.rows, row),
      cost.loop ? compact(cost.loop.tokensSampled) : '',
    ]),
  };
}

const costColumns = ['sampled', 'trained', 'verdicts', 'seconds'];
function costCells(cost: Cost, times: StudyClock['rows'], of: string): string[] {
  const seconds = times.flatMap(({ name, seconds: one }) => (name === of ? [one] : []));
  const counts = [cost.tokensSampled, cost.tokensTrained, cost.graded].map(compact);
  return [...counts, seconds.length === 0 ? '' : mean(seconds).toFixed(1)];
}

function loopTable({ loops }: StudyReport, clock: StudyClock): Table | undefined {
  if (loops.length === 0) return undefined;
  return {
    columns: [
      { header: 'Loop', align: 'left' },
      ...['steps', 'promoted', 'first reward', 'last reward', ...costColumns].map(right),
    ],
    rows: loopNames(loops).map((name) => {
      const of = loops.filter(({ loop }) => loop === name);
      return [
        name,
        mean(of.map(({ stepMeans }) => stepMeans.length)).toFixed(1),
        `${of.filter(({ promotions }) => promotions.length > 0).length} of ${of.length}`,
        mean(of.flatMap(({ stepMeans }) => stepMeans[0] ?? [])).toFixed(4),
        mean(of.flatMap(({ stepMeans }) => stepMeans.at(-1) ?? [])).toFixed(4),
        ...costCells(meanCost(of.map(({ cost }) => cost)), clock.loops, name),
      ];
    }),
  };
}

/** Diversity and quality of what the untrained teacher wrote, of what each loop's teacher wrote last, and of what was promoted. */
function questionTable({ loops }: StudyReport): Table | undefined {
  const names = loopNames(loops);
  const sets = (name: string | undefined, which: SetName) =>
    loops.flatMap(({ loop, sets: of }) => (loop === name ? (of[which] ?? []) : []));
  const rows: [string, QuestionSet[]][] = [
    ['untrained teacher', sets(names[0], 'first')],
    ...names.map((name): [string, QuestionSet[]] => [`${name}, at the end`, sets(name, 'last')]),
    ...names.map((name): [string, QuestionSet[]] => [`${name}, promoted`, sets(name, 'promoted')]),
  ];
  const share = (of: QuestionSet[], value: (set: QuestionSet) => number | null | undefined) => {
    const found = of.map(value).filter((one): one is number => typeof one === 'number');
    return found.length === 0 ? '' : percent(mean(found), 0);
  };
  const shown = rows.filter(([, of]) => of.length > 0);
  if (shown.length === 0) return undefined;
  return {
    columns: [
      { header: 'Questions of', align: 'left' },
      ...['of', 'Vendi', 'distance', 'well-posed', 'right', 'wrong', 'ambiguous', 'malformed'].map(right),
    ],
    rows: shown.map(([name, of]) => [
      name,
      mean(of.map(({ questions }) => questions)).toFixed(0),
      `${mean(of.map(({ vendi }) => vendi)).toFixed(1)} ± ${Math.sqrt(mean(of.map((set) => set.vendiDeviation ** 2))).toFixed(1)}`,
      mean(of.map(({ distance }) => distance)).toFixed(3),
      share(of, (set) => set.wellPosed),
      share(of, (set) => set.correct),
      share(of, (set) => set.errors?.['wrong-answer']),
      share(of, (set) => set.errors?.ambiguous),
      share(of, (set) => set.errors?.malformed),
    ]),
  };
}
