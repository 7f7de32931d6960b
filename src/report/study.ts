/** A study for a terminal, as Markdown, and as a self-contained page. Pure. */

import type { ArmResult } from '../evaluate/arm-result.js';
import { meanOrZero as mean } from '../evaluate/moments.js';
import type { EvaluationSummary } from '../evaluate/summary.js';
import type { Cost } from '../method/index.js';
import { escapeText } from './escape.js';
import { heldOutFigure, passFigure } from './evaluation-figures.js';
import { deviationTable, differenceTable, differenceTitle, passTable, tableTitle } from './evaluation-table.js';
import { lineChart, type Point, type Series } from './figures/line-chart.js';
import { stackedArea } from './figures/stacked-area.js';
import type { Colour } from './figures/style.js';
import { compact, percent, plural } from './format.js';
import { kindLayers } from './kind-layers.js';
import { figure, htmlTable, note, page, section } from './page.js';
import type { LoopFacts, QuestionSet, SetName, StudyClock, StudyReport } from './study-data.js';
import { boxTable, markdownTable, type Table } from './table.js';

export function studyText(report: StudyReport, clock: StudyClock, width = 100): string {
  return blocks(report, clock, '\n')
    .map(([title, table]) => `${title}\n${boxTable(table, width)}`)
    .concat(notesOf(report).join('\n'))
    .join('\n\n');
}

export function studyMarkdown(report: StudyReport, clock: StudyClock): string {
  return `${[
    `# ${report.name}`,
    ...blocks(report, clock, ' ').map(([title, table]) => `${title}:\n\n${markdownTable(table)}`),
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
    ['distance', loopFigure(loops, 'distance', `by ${embedding}, mean over teachers`)],
    ['quality', loopFigure(loops, 'correct')],
    ...loopNames(loops).map((name): [string, string | undefined] => [`kinds-${name}`, kindsOfLoop(loops, name)]),
  ];
  return new Map(figures.flatMap(([name, svg]) => (svg === undefined ? [] : [[name, svg]])));
}

export function studyHtml(report: StudyReport, clock: StudyClock): string {
  const tables = blocks(report, clock, '\n').flatMap(([title, table]) => [
    `<h3>${escapeText(title)}</h3>`,
    htmlTable(table),
  ]);
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

function blocks(report: StudyReport, clock: StudyClock, between: '\n' | ' '): [title: string, table: Table][] {
  const { summary, transfer } = report;
  const of = (one: EvaluationSummary, where: string): [string, Table][] => {
    const differences = differenceTable(one, between);
    return [
      [`${tableTitle(one)}${where}`, passTable(one, between)],
      [`The same${where}, mean ± standard deviation over seeds`, deviationTable(one)],
      ...(differences ? ([[differenceTitle(one), differences]] as [string, Table][]) : []),
    ];
  };
  const loops = loopTable(report);
  const questions = questionTable(report);
  return [
    ...of(summary, ''),
    ...(transfer ? of(transfer, ', second hard set') : []),
    ['Seeds and tests', testTable(report)],
    ['Cost of a student, and of the loop behind it', costTable(report, clock)],
    ...(loops ? ([['What the loops did, means over teachers', loops]] as [string, Table][]) : []),
    ...(questions ? ([[`The questions, means over teachers`, questions]] as [string, Table][]) : []),
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
  const seconds = (times: StudyClock['rows'], of: string | undefined) => {
    const found = times.flatMap(({ name, seconds: one }) => (name === of ? [one] : []));
    return found.length === 0 ? '' : mean(found).toFixed(1);
  };
  const counts = (cost: Cost | null) =>
    cost ? [cost.tokensSampled, cost.tokensTrained, cost.graded].map(compact) : ['', '', ''];
  const columns = ['sampled', 'trained', 'verdicts', 'seconds'];
  return {
    columns: [{ header: 'Row', align: 'left' }, ...[...columns, ...columns.map((name) => `loop: ${name}`)].map(right)],
    rows: tests.map(({ row, cost }) => [
      titleOf(rows, row),
      ...counts(cost.student),
      seconds(clock.rows, row),
      ...counts(cost.loop),
      seconds(clock.loops, rows.find(({ name }) => name === row)?.loop),
    ]),
  };
}

const loopNames = (loops: readonly LoopFacts[]) => [...new Set(loops.map(({ loop }) => loop))];

function loopTable({ loops }: StudyReport): Table | undefined {
  if (loops.length === 0) return undefined;
  return {
    columns: ['Loop', 'teachers', 'steps', 'promoted', 'first reward', 'last reward'].map(right),
    rows: loopNames(loops).map((name) => {
      const of = loops.filter(({ loop }) => loop === name);
      return [
        name,
        String(of.length),
        mean(of.map(({ stepMeans }) => stepMeans.length)).toFixed(1),
        String(of.filter(({ promotions }) => promotions.length > 0).length),
        mean(of.flatMap(({ stepMeans }) => stepMeans[0] ?? [])).toFixed(4),
        mean(of.flatMap(({ stepMeans }) => stepMeans.at(-1) ?? [])).toFixed(4),
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
      ...[
        'sets',
        'of',
        'Vendi of 128',
        'distance',
        'well-posed %',
        'right %',
        'wrong answer %',
        'ambiguous %',
        'malformed %',
      ].map(right),
    ],
    rows: shown.map(([name, of]) => [
      name,
      String(of.length),
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

function notesOf({ summary, rows, failures, tests, loops, embedding }: StudyReport): string[] {
  const trained = tests.some(({ p }) => p.some((one) => one !== null));
  return [
    `Ranges: ${percent(summary.confidence, 0)} % intervals, bootstrap over problems and teachers, with all students of a teacher together.`,
    ...(trained
      ? [
          'p: two-sided permutation test against the reference, whole teachers exchanged. Seeds to tell: per row, for the difference of pass@1, a power of .8 at level .05. Over .1: share of seeds whose pass@1 is above .1.',
        ]
      : []),
    'Cost: completion tokens sampled, tokens in a gradient, verdicts of the verifier, and seconds by the clock with others side by side; a mean per student, with its questions and its looks at the held-out problems, and per loop.',
    ...(loops.length > 0
      ? [
          `Vendi: by ${embedding}, mean ± standard deviation of 100 bootstrap subsamples of 128 questions. Distance: mean of 1 - cosine over pairs.`,
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
    subtitle: 'mean over teachers, dots: promotions; a reward for learnability has a scale of its own',
    y: 'reward',
    format: (v: number) => v.toFixed(2),
  },
  vendi: {
    title: 'Diversity of the questions',
    subtitle: 'Vendi score of 128 questions',
    y: 'Vendi score',
    format: (v: number) => v.toFixed(0),
  },
  distance: {
    title: 'Mean pairwise distance of the questions',
    subtitle: '1 - cosine',
    y: 'distance',
    format: (v: number) => v.toFixed(2),
  },
  correct: {
    title: 'Well-posed questions with right answers',
    subtitle: 'mean over teachers',
    y: 'share, %',
    format: (v: number) => percent(v, 0),
  },
} as const;

function loopFigure(loops: readonly LoopFacts[], what: keyof typeof loopCharts, detail = ''): string | undefined {
  const chart = loopCharts[what];
  const series = loopNames(loops).flatMap((name, i): Series[] => {
    const of = loops.filter(({ loop }) => loop === name);
    const points = meanPoints(of.map((facts) => pointsOf(facts, what)));
    if (points.length < 2) return [];
    const colour = builtInColours[name] ?? (loopColours[i % loopColours.length] as Colour);
    const promotions = what === 'reward' ? of.flatMap(promotionPoints) : [];
    return [
      { name, colour, kind: 'line', points },
      ...(promotions.length > 0 ? [{ name, colour, kind: 'points' as const, points: promotions }] : []),
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

/** Each at the step and with the reward of its own teacher. */
const promotionPoints = ({ loop, teacher, stepMeans, promotions }: LoopFacts): Point[] =>
  promotions.map((step) => ({
    x: step,
    y: stepMeans[step] as number,
    note: `${loop}, teacher ${teacher}: promotion at step ${step}`,
  }));

/** Of all teachers together that got so far; undefined for a single step. */
function kindsOfLoop(loops: readonly LoopFacts[], name: string): string | undefined {
  const of = loops.filter(({ loop }) => loop === name).map(({ kinds }) => kinds);
  const steps = Math.max(...of.map((kinds) => kinds.length));
  const counts = Array.from({ length: steps }, (_, step) => {
    const sum: Record<string, number> = {};
    for (const kinds of of) {
      for (const [kind, count] of Object.entries(kinds[step] ?? {})) sum[kind] = (sum[kind] ?? 0) + count;
    }
    return sum;
  });
  if (counts.length < 2) return undefined;
  return stackedArea({
    title: `What the teacher asks: ${name}`,
    subtitle: `share of each kind and level among its accepted questions, ${plural(of.length, 'teacher')}`,
    xs: counts.map((_, step) => step),
    x: { label: 'outer step', format: String, integers: true },
    y: { label: 'share of questions, %', format: (value) => percent(value, 0) },
    layers: kindLayers(counts),
  });
}

function pointsOf({ stepMeans, stages }: LoopFacts, what: keyof typeof loopCharts): Point[] {
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
