/**
 * Where a training curve has levelled off (method.md 4.4): the reward is smoothed by a centred moving average; the plateau begins at the
 * earliest step after the steepest one whose slope is below a share of the steepest. Pure.
 */

export interface PlateauSettings {
  /** Steps of the centred moving average. */
  readonly window: number;
  /** Share of the steepest slope below which the curve is flat. */
  readonly slopeShare: number;
}

/**
 * @param rewards mean training reward, [step]
 * @returns steps done when the plateau begins; undefined while there is none
 */
export function plateauStep(rewards: readonly number[], { window, slopeShare }: PlateauSettings): number | undefined {
  const smooth = centred(rewards, window);
  // The range of the rewards scales every slope alike and leaves their shares as they are.
  const slopes = smooth.slice(1).map((value, i) => value - (smooth[i] as number));
  const steepest = Math.max(...slopes);
  if (!(steepest > 0)) return undefined;
  const top = slopes.indexOf(steepest);
  const flat = slopes.findIndex((slope, i) => i > top && slope < slopeShare * steepest);
  // Slope i is between the averages centred on steps i + half and i + half + 1, counted from 0.
  return flat < 0 ? undefined : flat + Math.floor(window / 2) + 1;
}

/** Means over full windows, the first centred on step floor(window / 2). */
function centred(values: readonly number[], window: number): number[] {
  const found: number[] = [];
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i] as number;
    if (i >= window) sum -= values[i - window] as number;
    if (i >= window - 1) found.push(sum / window);
  }
  return found;
}
