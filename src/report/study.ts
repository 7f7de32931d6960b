/** A study for a terminal, as Markdown, and as a self-contained page. Pure. */

import type { ArmResult } from '../evaluate/arm-result.js';
import { meanOrZero as mean } from '../evaluate/moments.js';
import type { EvaluationSummary } from '../evaluate/summary.js';
import { escapeText } from './escape.js';
import { heldOutFigure, passFigure } from './evaluation-figures.js';
import { differenceTable, differenceTitle, passTable, tableTitle } from './evaluation-table.js';
import { lineChart, type Point, type Series } from './figures/line-chart.js';
import type { Colour } from './figures/style.js';
import { compact, percent, plural } from './format.js';
import { figure, htmlTable, note, page, section } from './page.js';
import type { StudyLoopData, StudyReport } from './study-data.js';
import { boxTable, markdownTable, type Table } from './table.js';

export function studyText(report: StudyReport, width = 100): string {
  return blocks(report, '\n')
    .map(([title, table]) => `${title}\n${boxTable(table, width)}`)
    .concat(notesOf(report).join('\n'))
    .join('\n\n');
}

export function studyMarkdown(report: StudyReport): string {
  return `${[
    `# ${report.name}`,
    ...blocks(report, ' ').map(([title, table]) => `${title}:\n\n${markdownTable(table)}`),
    ...notesOf(report),
  ].join('\n\n')}\n`;
}

/** By name; without those that have nothing to show. */
export function studyFigures({ summary, transfer, rows, loops, embedding }: StudyReport): ReadonlyMap<string, string> {
  const named = rows.flatMap(({ name, results }) =>
    results.map((one) => ({ ...one, arm: name }) as unknown as ArmResult),
  );
  const figures: [string, string | undefined][] = [
    ['pass-at-k', passFigure(shown(summary))],
    ['second-hard-set', transfer ? passFigure(transfer) : undefined],
    ['learning-curves', heldOutFigure(named, shown(summary).arms)],
    ['rewards', loopFigure(loops, 'reward')],
    ['diversity', loopFigure(loops, 'vendi', `by ${embedding}, mean over teachers`)],
    ['quality', loopFigure(loops, 'correct')],
  ];
  return new Map(figures.flatMap(([name, svg]) => (svg === undefined ? [] : [[name, svg]])));
}

export function studyHtml(report: StudyReport): string {
  const tables = blocks(report, '\n').flatMap(([title, table]) => [`<h3>${escapeText(title)}</h3>`, htmlTable(table)]);
  return page(report.name, [
    `<header><h1>${escapeText(report.name)}</h1></header>`,
    section('Result', ...tables, ...notesOf(report).map(note)),
    section('Figures', ...[...studyFigures(report).values()].map(figure)),
  ]);
}

/** The rows that have a colour of their own: more would not be told apart. */
const coloured = ['base', 'hard-only', 'hard-only-x4', 'base-t', 'grounded-t', 'pq', 'ps'];
const shown = (summary: EvaluationSummary): EvaluationSummary => {
  const arms = summary.arms.filter(({ arm }) => coloured.includes(arm));
  return { ...summary, arms: arms.length > 0 ? arms : summary.arms };
};

function blocks(report: StudyReport, between: '\n' | ' '): [title: string, table: Table][] {
  const { summary, transfer } = report;
  const of = (one: EvaluationSummary, where: string): [string, Table][] => {
    const differences = differenceTable(one, between);
    return [
      [`${tableTitle(one)}${where}`, passTable(one, between)],
      ...(differences ? ([[differenceTitle(one), differences]] as [string, Table][]) : []),
    ];
  };
  const loops = loopTable(report);
  return [
    ...of(summary, ''),
    ...(transfer ? of(transfer, ', second hard set') : []),
    ['Seeds, tests and cost', testTable(report)],
    ...(loops ? ([['What the loops did, means over teachers', loops]] as [string, Table][]) : []),
  ];
}

function testTable({ tests, rows }: StudyReport): Table {
  const tokens = (count: number | undefined) => (count === undefined ? '' : compact(count));
  return {
    columns: [
      { header: 'Row', align: 'left' },
      ...['over .1', 'p', 'seeds to tell', 'student tokens', 'loop tokens'].map((header) => ({
        header,
        align: 'right' as const,
      })),
    ],
    rows: tests.map(({ row, p, seedsToTell, took, cost }) => [
      rows.find(({ name }) => name === row)?.title ?? row,
      `${percent(took, 0)} %`,
      p === null ? '' : p < 0.001 ? '< .001' : p.toFixed(3),
      seedsToTell === null ? '' : String(seedsToTell),
      compact(cost.student.tokensSampled),
      tokens(cost.loop?.tokensSampled),
    ]),
  };
}

const loopNames = (loops: readonly StudyLoopData[]) => [...new Set(loops.map(({ facts }) => facts.loop))];

function loopTable({ loops }: StudyReport): Table | undefined {
  if (loops.length === 0) return undefined;
  const share = (values: readonly (number | null | undefined)[]) => {
    const found = values.filter((value): value is number => typeof value === 'number');
    return found.length === 0 ? '' : percent(mean(found), 0);
  };
  return {
    columns: [
      { header: 'Loop', align: 'right' },
      ...[
        'teachers',
        'steps',
        'promoted',
        'first reward',
        'last reward',
        'Vendi first',
        'last',
        'right % first',
        'last',
        'PQ right %',
      ].map((header) => ({ header, align: 'right' as const })),
    ],
    rows: loopNames(loops).map((name) => {
      const of = loops.filter(({ facts }) => facts.loop === name).map(({ facts }) => facts);
      const vendi = (at: 0 | -1) => mean(of.flatMap(({ stages }) => stages.at(at)?.vendi ?? [])).toFixed(1);
      return [
        name,
        String(of.length),
        mean(of.map(({ stepMeans }) => stepMeans.length)).toFixed(1),
        String(of.filter(({ promotions }) => promotions.length > 0).length),
        mean(of.flatMap(({ stepMeans }) => stepMeans[0] ?? [])).toFixed(4),
        mean(of.flatMap(({ stepMeans }) => stepMeans.at(-1) ?? [])).toFixed(4),
        vendi(0),
        vendi(-1),
        share(of.map(({ stages }) => stages[0]?.correct)),
        share(of.map(({ stages }) => stages.at(-1)?.correct)),
        share(of.map(({ promotionQuestions }) => promotionQuestions.correct)),
      ];
    }),
  };
}

function notesOf({ summary, rows, failures, tests }: StudyReport): string[] {
  const trained = tests.some(({ p }) => p !== null);
  return [
    `Ranges: ${percent(summary.confidence, 0)} % intervals, bootstrap over problems and teachers, with all students of a teacher together.`,
    ...(trained
      ? [
          'p: two-sided permutation test of pass@1 against the reference, whole teachers exchanged. Seeds to tell: per row, for a power of .8 at level .05. Over .1: share of seeds whose pass@1 is above .1.',
        ]
      : []),
    ...rows.flatMap(({ title, skipped }) => {
      const reasons = [...new Set(skipped.map(({ reason }) => reason))];
      return reasons.map(
        (reason) =>
          `${title}: not run for ${plural(skipped.filter((one) => one.reason === reason).length, 'seed')}, because ${reason}.`,
      );
    }),
    ...failures.map(({ what, code, message }) => `Failed: ${what} (${code}: ${message}).`),
  ];
}

const loopColours: readonly Colour[] = ['purple', 'sky', 'amber', 'ink', 'green', 'orange', 'grey'];
const builtInColours: Readonly<Record<string, Colour>> = {
  soar: 'blue',
  frozen: 'grey',
  intrinsic: 'orange',
  'no-promotion': 'green',
};

const loopCharts = {
  reward: {
    title: "The teachers' rewards",
    subtitle: 'mean over teachers; a reward for learnability has a scale of its own',
    y: 'reward',
    format: (v: number) => v.toFixed(2),
  },
  vendi: {
    title: 'Diversity of the questions',
    subtitle: 'Vendi score of 128 questions',
    y: 'Vendi score',
    format: (v: number) => v.toFixed(0),
  },
  correct: {
    title: 'Well-posed questions with right answers',
    subtitle: 'mean over teachers',
    y: 'share, %',
    format: (v: number) => percent(v, 0),
  },
} as const;

function loopFigure(loops: readonly StudyLoopData[], what: keyof typeof loopCharts, detail = ''): string | undefined {
  const chart = loopCharts[what];
  const series = loopNames(loops).flatMap((name, i): Series[] => {
    const of = loops.filter(({ facts }) => facts.loop === name).map(({ facts }) => facts);
    const points = meanPoints(of.map((facts) => pointsOf(facts, what)));
    return points.length < 2
      ? []
      : [
          {
            name,
            colour: builtInColours[name] ?? (loopColours[i % loopColours.length] as Colour),
            kind: 'line',
            points,
          },
        ];
  });
  if (series.length === 0) return undefined;
  return lineChart({
    title: chart.title,
    subtitle: `${chart.subtitle}${detail && ` ${detail}`}`,
    x: { label: 'outer step', format: String, integers: true },
    y: { label: chart.y, format: chart.format, zero: true },
    series,
  });
}

function pointsOf({ stepMeans, stages }: StudyLoopData['facts'], what: keyof typeof loopCharts): Point[] {
  if (what === 'reward') return stepMeans.map((y, x) => ({ x, y }));
  return stages.flatMap((stage) => {
    const y = stage[what];
    return y === null ? [] : [{ x: stage.step, y }];
  });
}

/** By x, over the teachers that got so far; where fewer than half did, the mean says little and is left out. */
function meanPoints(curves: readonly (readonly Point[])[]): Point[] {
  const byX = new Map<number, number[]>();
  for (const { x, y } of curves.flat()) byX.set(x, [...(byX.get(x) ?? []), y]);
  return [...byX]
    .filter(([, values]) => values.length * 2 >= curves.length)
    .sort(([a], [b]) => a - b)
    .map(([x, values]) => ({ x, y: mean(values) }));
}
