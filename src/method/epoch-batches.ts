/**
 * Which problems a training step takes: seeded, and a function of the step's number alone, so that a resumed training goes
 * on with the same batches. Pure.
 */
import { SoarError } from '../errors.js';
import { randomStream } from '../rl/random.js';

/** The problems of step `step`, counted from 0. */
export type Batches<T> = (step: number) => readonly T[];

/**
 * Shuffled epochs laid end to end and cut into batches of `size`: 10 steps of 8 over 64 items are 1.25 epochs, each item once
 * in the first. An item may occur twice in a batch that spans two epochs.
 * @throws SoarError METHOD_EMPTY_DATASET without items.
 */
export function epochBatches<T>(items: readonly T[], size: number, seed: string): Batches<T> {
  if (items.length === 0) {
    throw new SoarError('METHOD_EMPTY_DATASET', 'there are no problems to train on', {
      where: seed,
      remedy: 'give the training at least one problem',
    });
  }
  const epochs = new Map<number, readonly T[]>();
  const epoch = (number: number): readonly T[] => {
    let order = epochs.get(number);
    if (!order) {
      order = randomStream(`${seed}/epoch-${number}`).shuffle(items);
      // A batch spans few epochs; a long training need not keep them all.
      if (epochs.size > 8) epochs.clear();
      epochs.set(number, order);
    }
    return order;
  };
  return (step) =>
    Array.from({ length: size }, (_, i) => {
      const slot = step * size + i;
      return epoch(Math.floor(slot / items.length))[slot % items.length];
    });
}

/** `first` for its `steps`, then `second` from its own step 0 (the curriculum mode of method.md 4.2). */
export function curriculumBatches<T>(first: Batches<T>, steps: number, second: Batches<T>): Batches<T> {
  return (step) => (step < steps ? first(step) : second(step - steps));
}

/** Each batch is the two parts' batches side by side: a mixture with a fixed share, where the union's is by size. */
export function mixedBatches<T>(one: Batches<T>, other: Batches<T>): Batches<T> {
  return (step) => [...one(step), ...other(step)];
}
