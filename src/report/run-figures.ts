/** The figures of one run's outer loop: rewards, what the students achieve, what the teacher asks. Pure. */
import { lineChart, type Point } from './figures/line-chart.js';
import { extent } from './figures/scale.js';
import { stackedArea } from './figures/stacked-area.js';
import { percent, plural, signedPercent } from './format.js';
import { kindLayers } from './kind-layers.js';
import type { RunReportData, StepReport } from './types.js';

const stepAxis = (steps: readonly StepReport[]) => {
  const [first, last] = extent(steps.map(({ step }) => step));
  return {
    label: 'outer step',
    format: String,
    integers: true,
    // Room for what happens at the first and the last step.
    domain: [first - 0.3, last + 0.3] as const,
  };
};

const promotionMarks = (steps: readonly StepReport[]) =>
  steps.filter(({ promoted }) => promoted).map(({ step }, i) => ({ x: step, name: `promotion ${i + 1}` }));

/** The teacher's reward by outer step, with its moving average, the threshold and the promotions. */
export function rewardFigure({ steps, threshold, window }: RunReportData): string {
  return lineChart({
    title: "The teacher's reward: how much its datasets improve a student",
    subtitle: `each point is one dataset; a promotion follows when the ${window}-step average is above the threshold`,
    x: stepAxis(steps),
    y: { label: 'reward, percentage points', format: (value) => percent(value, precision(steps)) },
    thresholds: [{ y: threshold, name: `threshold ${percent(threshold)}` }],
    marks: promotionMarks(steps),
    series: [
      {
        name: 'datasets',
        colour: 'grey',
        kind: 'points',
        points: steps.flatMap(({ step, datasetRewards }) =>
          datasetRewards.map((y, k) => ({ x: step, y, note: `step ${step}, dataset ${k}: ${signedPercent(y, 2)}` })),
        ),
      },
      {
        name: 'mean',
        colour: 'sky',
        kind: 'thin-line',
        points: steps.map(({ step, stepMean }) => ({ x: step, y: stepMean })),
      },
      { name: `${window}-step average`, colour: 'blue', kind: 'line', points: movingAverage(steps) },
    ],
  });
}

/** The average starts anew after a promotion: its line breaks there. */
function movingAverage(steps: readonly StepReport[]): Point[] {
  return steps.flatMap(({ step, movingAverage: y, promoted }) => [
    { x: step, y },
    ...(promoted ? [{ x: step, y: Number.NaN }] : []),
  ]);
}

/** Decimals for an axis in per cent: small rewards need one. */
const precision = (steps: readonly StepReport[]) =>
  Math.max(...steps.flatMap(({ datasetRewards }) => datasetRewards.map(Math.abs)), 0) < 0.04 ? 1 : 0;

/** Success of the students on the reward questions: the baseline, and what a dataset makes of it. */
export function studentFigure({ steps }: RunReportData): string {
  const reached = (dataset: (rewards: readonly number[]) => number): Point[] =>
    steps.map(({ step, baselineAccuracy, datasetRewards }) => ({
      x: step,
      y: baselineAccuracy + dataset(datasetRewards),
    }));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  return lineChart({
    title: 'Student success on hard problems, before and after studying one dataset',
    subtitle: 'accuracy on the reward questions of the step; the band spans its datasets',
    x: stepAxis(steps),
    y: { label: 'accuracy, %', format: (value) => percent(value, 0), zero: true },
    marks: promotionMarks(steps),
    series: [
      {
        name: 'mean student',
        colour: 'blue',
        kind: 'thin-line',
        points: reached(mean),
        band: steps.map(({ step, baselineAccuracy, datasetRewards }) => ({
          x: step,
          low: baselineAccuracy + Math.min(...datasetRewards),
          high: baselineAccuracy + Math.max(...datasetRewards),
        })),
      },
      { name: 'best student', colour: 'green', kind: 'line', points: reached((rewards) => Math.max(...rewards)) },
      {
        name: 'baseline',
        colour: 'ink',
        kind: 'dashed',
        points: steps.map(({ step, baselineAccuracy }) => ({ x: step, y: baselineAccuracy })),
      },
    ],
  });
}

/** Share of each kind among the accepted questions. */
export function kindsFigure({ steps }: RunReportData): string {
  const marks = promotionMarks(steps);
  return stackedArea({
    title: 'What the teacher asks: share of each kind among its accepted questions',
    subtitle: marks.length > 0 ? `dashed: ${plural(marks.length, 'promotion')}` : 'no promotion so far',
    xs: steps.map(({ step }) => step),
    x: { label: 'outer step', format: String, integers: true },
    y: { label: 'share of questions, %', format: (value) => percent(value, 0) },
    layers: kindLayers(steps.map(({ kinds }) => kinds)),
    marks,
  });
}
