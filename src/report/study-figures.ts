/** The figures of a study. Pure. */
import type { ArmResult } from '../evaluate/arm-result.js';
import { meanOrZero as mean } from '../evaluate/moments.js';
import type { EvaluationSummary } from '../evaluate/summary.js';
import { heldOutFigure, passFigure } from './evaluation-figures.js';
import { lineChart, type Point, type Series } from './figures/line-chart.js';
import { stackedArea } from './figures/stacked-area.js';
import type { Colour } from './figures/style.js';
import { percent, plural } from './format.js';
import { kindLayers } from './kind-layers.js';
import { type LoopFacts, loopNames, type StudyReport } from './study-data.js';

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

/** The rows that have a colour of their own: more would not be told apart. */
const coloured = ['base', 'hard-only', 'hard-only-x4', 'base-t', 'grounded-t', 'pq', 'ps'];
const shown = (summary: EvaluationSummary): EvaluationSummary => {
  const arms = summary.arms.filter(({ arm }) => coloured.includes(arm));
  return { ...summary, arms: arms.length > 0 ? arms : summary.arms };
};

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
    x: step + 1,
    y: stepMeans[step] as number,
    note: `${loop}, teacher ${teacher}: promotion at step ${step + 1}`,
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
    xs: counts.map((_, step) => step + 1),
    x: { label: 'outer step', format: String, integers: true },
    y: { label: 'share of questions, %', format: (value) => percent(value, 0) },
    layers: kindLayers(counts),
  });
}

function pointsOf({ stepMeans, stages }: LoopFacts, what: keyof typeof loopCharts): Point[] {
  if (what === 'reward') return stepMeans.map((y, step) => ({ x: step + 1, y }));
  return stages.flatMap((stage) => {
    const y = stage[what];
    return y === null ? [] : [{ x: stage.step + 1, y }];
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
