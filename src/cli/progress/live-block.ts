/** The block at the foot of a terminal while a run goes on. Pure: a view in, lines out. */
import type { Colors } from 'picocolors/types.js';
import { bar, count, duration, percent, reward, sparkline, topKinds } from './format.js';
import { billSoFar } from './lines.js';
import { type RunView, secondsLeft, tokensPerSecond } from './run-view.js';

export function liveBlock(view: RunView, elapsed: number, colors: Colors): string[] {
  const bill = view.pulses.at(-1)?.bill;
  return [...phaseBlock(view, elapsed, colors), ...(bill ? [row('bill', billSoFar(bill))] : [])];
}

function phaseBlock(view: RunView, elapsed: number, colors: Colors): string[] {
  const { started } = view;
  if (!started) return [colors.dim('opening the model...')];
  const left = secondsLeft(view);
  const time = `${duration(elapsed)}${left === undefined ? '' : `, at most ${duration(left)} left`}`;
  const rate = tokensPerSecond(view);
  const speed = rate.sampled > 0 ? `  ${count(rate.sampled)} tokens/s sampled, ${count(rate.trained)} trained` : '';
  const head = (what: string) => `${colors.bold(what)}  ${colors.dim(time + speed)}`;
  switch (view.phase) {
    case 'screening': {
      const { done, of } = view.screening ?? { done: 0, of: 1 };
      return [head('looking for hard problems'), row('screened', `${bar(done / of, 24)} ${done}/${of}`)];
    }
    case 'evaluation': {
      const under = [...view.evaluating].map(([unit, share]) => `${unit} ${percent(share)}`).join('  ');
      const { evaluations } = started;
      const share = evaluations === 0 ? 1 : view.evaluated / evaluations;
      return [
        head('evaluating fresh students'),
        row('units', `${bar(share, 24)} ${view.evaluated}/${evaluations}`),
        row('now', under || '-'),
      ];
    }
    case 'outer-steps':
      return [
        head(`outer step ${view.step + 1} of at most ${started.outerSteps}`),
        row('studies', `${bar(view.stepShare, 24)} ${view.studies.done}/${view.studies.of}`),
        ...rewardRows(view, colors),
        row(
          'writes',
          topKinds(view.kinds, 4)
            .map(({ kind, share }) => `${kind} ${colors.cyan(bar(share, 8))} ${percent(share)}`)
            .join('  ') || '-',
        ),
      ];
    default:
      return [head(view.phase)];
  }
}

function rewardRows({ steps, validRate }: RunView, colors: Colors): string[] {
  const last = steps.at(-1);
  if (!last) return [row('valid', validRate === undefined ? '-' : percent(validRate))];
  const over = last.movingAverage > last.threshold;
  const average = `average ${reward(last.movingAverage)}`;
  return [
    row(
      'reward',
      `${reward(last.reward)}  ${over ? colors.green(average) : average}  tau ${last.threshold}  ${sparkline(steps.slice(-32).map((step) => step.reward))}`,
    ),
    row('valid', `${percent(validRate ?? last.validRate)}   promotions ${last.promotions}`),
  ];
}

const row = (label: string, text: string) => `  ${label.padEnd(9)} ${text}`;
