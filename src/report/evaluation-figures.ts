/** The figures of an evaluation: pass@k by arm, and the learning curves of its fresh students. Pure. */
import type { ArmResult, TrainingCurve } from '../evaluate/arm-result.js';
import type { ArmSummary, EvaluationSummary } from '../evaluate/summary.js';
import { colourOf } from './arm-colours.js';
import { intervalChart } from './figures/interval-chart.js';
import { lineChart, type Series } from './figures/line-chart.js';
import { percent } from './format.js';

export function passFigure(summary: EvaluationSummary): string {
  const { ks, arms, confidence } = summary;
  const highest = Math.max(...arms.flatMap(({ passAtK }) => passAtK.map(({ high }) => high)));
  return intervalChart({
    title: `Held-out hard problems solved within k attempts`,
    subtitle: `mean over seeds and problems, with ${percent(confidence, 0)} % intervals`,
    places: ks.map((k) => `k = ${k}`),
    xLabel: 'attempts per problem',
    y: { label: 'pass@k, %', domain: [0, roof(highest)], format: (value) => percent(value, 0) },
    groups: arms.map(({ arm, title, passAtK }) => ({
      name: title,
      colour: colourOf(arm),
      values: passAtK.map((one, i) => ({
        ...one,
        note: `${title}, pass@${ks[i]}: ${percent(one.mean)} % [${percent(one.low)}, ${percent(one.high)}]`,
      })),
    })),
  });
}

/** Success on the held-out problems along the training; undefined when nobody looked. */
export function heldOutFigure(results: readonly ArmResult[], arms: readonly ArmSummary[]): string | undefined {
  const series = curves(results, arms, (training) =>
    training.heldOut.map(({ step, correct }) => ({ x: step, y: correct })),
  );
  if (series.length === 0) return undefined;
  return lineChart({
    title: 'Fresh students learning: success on held-out hard problems',
    subtitle: 'line: mean over seeds; band: from the lowest seed to the highest. Nothing is selected by it',
    x: { label: 'RLOO step', format: String, integers: true },
    y: { label: 'correct completions, %', format: (value) => percent(value, 0), zero: true },
    series,
  });
}

/** Success on what each arm trains on; undefined when no arm trains. */
export function trainingFigure(results: readonly ArmResult[], arms: readonly ArmSummary[]): string | undefined {
  const series = curves(results, arms, (training) => training.correct.map((y, step) => ({ x: step + 1, y })));
  if (series.length === 0) return undefined;
  return lineChart({
    title: 'Fresh students learning: success on what they train on',
    subtitle: "an arm's own mixture of hard problems and questions, so compare shapes rather than heights",
    x: { label: 'RLOO step', format: String, integers: true },
    y: { label: 'correct completions, %', format: (value) => percent(value, 0), zero: true },
    series,
  });
}

/** Mean over seeds with the range as its band, for every arm that trains. */
function curves(
  results: readonly ArmResult[],
  arms: readonly ArmSummary[],
  points: (training: TrainingCurve) => readonly { readonly x: number; readonly y: number }[],
): Series[] {
  return arms.flatMap(({ arm, title }) => {
    const seeds = results.flatMap((result) => (result.arm === arm && result.training ? [points(result.training)] : []));
    // Seeds of one setting have the same steps; where not, the common ones are shown.
    const length = Math.min(...seeds.map((seed) => seed.length));
    if (seeds.length === 0 || length === 0) return [];
    const at = Array.from({ length }, (_, i) => ({ x: seeds[0][i].x, values: seeds.map((seed) => seed[i].y) }));
    return {
      name: title,
      colour: colourOf(arm),
      kind: 'line' as const,
      points: at.map(({ x, values }) => ({ x, y: values.reduce((a, b) => a + b, 0) / values.length })),
      ...(seeds.length > 1 && {
        band: at.map(({ x, values }) => ({ x, low: Math.min(...values), high: Math.max(...values) })),
      }),
    };
  });
}

/** Top of an axis of shares: the next tenth or, low down, the next hundredth. */
function roof(share: number): number {
  const step = share > 0.1 ? 0.1 : 0.01;
  return Math.min(1, Math.max(step, Math.ceil(share / step - 1e-9) * step));
}
