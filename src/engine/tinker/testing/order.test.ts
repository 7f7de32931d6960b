import { describe, expect, it } from 'vitest';
import { nextBySequence, nextRound, type Waiting } from './order.js';

/** `<kind letter><model>`: f pass, l forward, o step, w load, c create, s save, a sample, in order of arrival. */
const kinds = {
  f: 'forwardBackward',
  l: 'forward',
  o: 'optimStep',
  w: 'loadWeights',
  c: 'createModel',
  s: 'saveWeights',
  a: 'sample',
} as const;
const queue = (text: string): (Waiting & { name: string })[] =>
  text.split(' ').map((name, place) => ({
    name,
    place,
    kind: kinds[name[0] as keyof typeof kinds],
    model: name[1]!,
    ...(name[0] === 'a' && { checkpoint: name.slice(1, 3) }),
  }));

const round = (text: string) =>
  nextRound('ticks', queue(text), new Map())
    .map(({ name }) => name)
    .join(' ');

describe('a round of SkyRL', () => {
  it.each([
    // Passes overtake what came before them, except steps and loads of their model.
    ['c1 f1', 'f1 c1'],
    ['f1 o1 f1 o1', 'f1 o1'],
    ['c1 w1 f1 o1', 'c1 w1'],
    ['f1 o1 f2 l2 o2', 'f1 f2 l2 o1 o2'],
    // A save behind a pass that has to wait, waits; of another model it does not.
    ['o1 f1 s1 s2', 'o1 s2'],
    // Samples of one checkpoint for each model.
    ['a1x a1y a2x a1x', 'a1x a2x a1x'],
    // Even from weights that a step which came first will change.
    ['o1 a1x', 'a1x o1'],
  ])('%s', (text, expected) => {
    expect(round(text)).toEqual(expected);
  });
});

describe('by sequence', () => {
  const numbered = (...seqs: [model: string, seq?: number][]): Waiting[] =>
    seqs.map(([model, seq], place) => ({ place, kind: 'forwardBackward', model, ...(seq !== undefined && { seq }) }));

  it('takes the first whose turn it is', () => {
    const waiting = numbered(['a', 3], ['b', 2], ['a', 2], ['b', 1]);
    expect(nextBySequence(waiting, new Map([['a', 1]]))).toMatchObject({ model: 'a', seq: 2 });
    expect(nextBySequence(waiting.slice(0, 2), new Map([['a', 1]]))).toBeUndefined();
    expect(nextBySequence(numbered(['a', 3], ['c']), new Map())).toMatchObject({ model: 'c' });
  });

  it('by arrival takes the first', () => {
    const waiting = numbered(['a', 3], ['b', 1]);
    expect(nextRound('arrival', waiting, new Map())).toEqual([waiting[0]]);
    expect(nextRound('arrival', [], new Map())).toEqual([]);
    expect(nextRound('sequence', waiting, new Map())).toEqual([waiting[1]]);
  });
});
