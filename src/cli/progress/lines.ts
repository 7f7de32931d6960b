/** One line per finished unit, for a terminal's history and for logs. Pure: text in, text out, colours as given. */
import type { Colors } from 'picocolors/types.js';
import { money } from '../../report/format.js';
import type { RunningBill } from '../../run/bill/running-bill.js';
import type { RunEvent } from '../../run/events.js';
import { count, duration, percent, reward, topKinds } from './format.js';

/** The line that an event leaves behind; undefined for those that leave none. */
export function eventLine(event: RunEvent, colors: Colors): string | undefined {
  switch (event.event) {
    case 'started': {
      const from = event.resumed ? `resumed at outer step ${event.step + 1}` : `seed ${event.seed}`;
      return `${colors.bold(event.name)}  preset ${event.preset}, ${from}, at most ${event.outerSteps} outer steps, then ${event.arms.join(', ') || 'no evaluation'}`;
    }
    case 'recovered':
      return `freed ${event.adapters} adapters that a stopped process had left on the service; ${event.steps} optimizer steps, of ${event.tokens} tokens, are made again`;
    case 'hard-set':
      return `hard problems: ${event.train} to train on, ${event.test} held out (0 of ${event.attempts} under the base model; ${event.screened} screened)`;
    case 'step': {
      const { cost, seconds } = event;
      const kinds = topKinds(event.kinds, 3).map(({ kind, share }) => `${kind} ${percent(share)}`);
      return [
        `step ${String(event.step + 1).padStart(3)}`,
        `reward ${reward(event.reward)}`,
        `average ${reward(event.movingAverage)} (tau ${event.threshold})`,
        `best ${reward(event.best)}`,
        `valid ${percent(event.validRate)}`,
        `writes ${kinds.join(', ')}`,
        `${seconds.toFixed(1)} s`,
        `${count(cost.sampledTokens / seconds)} tokens/s`,
        ...(event.bill ? [billSoFar(event.bill)] : []),
        ...(event.promoted ? [colors.green(colors.bold(`promotion ${event.promotions}`))] : []),
      ].join(colors.dim('  '));
    }
    case 'evaluated':
      return `evaluated ${event.unit.padEnd(16)} ${(event.correct * 100).toFixed(1).padStart(5)} % of held-out answers correct  (${event.done}/${event.of})  ${event.seconds.toFixed(1)} s`;
    case 'finished':
      return `finished in ${duration(event.seconds)}: ${count(event.cost.prefilledTokens)} tokens read, ${count(event.cost.sampledTokens)} sampled, ${count(event.cost.trainedTokens)} trained, ${count(event.cost.verdicts)} answers judged`;
    default:
      return undefined;
  }
}

/** `12.30 USD of 340 USD`: spent, and what the whole run will come to. */
export const billSoFar = ({ money: spent, projected, unit }: RunningBill) =>
  `${money(spent, unit)} of ${money(projected, unit)}`;
