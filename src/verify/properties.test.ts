import { describe, expect, it } from 'vitest';
import { randomStream } from '../rl/random.js';
import { disturbed, soup } from './cases/fuzz.js';
import { mutations } from './cases/mutations.js';
import * as numbers from './cases/numbers.js';
import { rewrites } from './cases/rewrites.js';
import * as structures from './cases/structures.js';
import * as symbols from './cases/symbols.js';
import { type Gold, parseGold } from './gold.js';
import { verify } from './verify.js';

const sources = [
  ...new Set(
    [...Object.values(numbers), ...Object.values(structures), ...Object.values(symbols)].flat().map((row) => row[0]),
  ),
];
/** `\frac{5}{0}` and its like are golds of no value. */
const golds: Gold[] = sources.filter((source) => !source.includes('{0}')).map((source) => parseGold(source));
const mode = { mode: 'answer' } as const;

describe('equality', () => {
  it('holds between a gold and itself', () => {
    const refused = golds.filter((gold) => verify(gold, gold.source, mode).verdict !== 'correct');
    expect(refused.map((gold) => gold.source)).toEqual([]);
  });

  it('holds after each equivalent rewrite', () => {
    const refused = golds.flatMap((gold) =>
      rewrites(gold.source, gold.kind).filter((answer) => verify(gold, answer, mode).verdict !== 'correct'),
    );
    expect(refused).toEqual([]);
  });

  it('does not hold after a mutation', () => {
    const accepted = golds.flatMap((gold) =>
      mutations(gold.source, gold.kind)
        .filter(({ answer }) => verify(gold, answer, mode).verdict === 'correct')
        .map(({ answer }) => `${gold.source} <- ${answer}`),
    );
    // Equal all the same: 0.56 = 56\% gives the answer twice and one side is left as it was; the floor of 3.8 is that of 3.7.
    const equalStill = ['= 56', 'approx', 'floor', 'ceil'];
    expect(accepted.filter((pair) => !equalStill.some((sign) => pair.includes(sign)))).toEqual([]);
  });

  it('gives the gold the say: what an answer may leave out, a gold may not', () => {
    const pairs: [string, string][] = [
      ['x=4', '4'],
      ['28\\%', '28'],
      ['1010_2', '1010'],
      ['0 \\le x \\le 1', '[0,1]'],
    ];
    for (const [gold, answer] of pairs) expect(verify(gold, answer, mode).verdict).toBe('correct');
    expect(verify('1010', '1010_2', mode).verdict).toBe('wrong');
    expect(verify('6', '6m', mode).verdict).toBe('wrong');
    expect(verify('x=4', 'y=4', mode).verdict).toBe('wrong');
  });

  it('does not depend on what was verified before', () => {
    const random = randomStream('verify/order');
    const pairs = golds.slice(0, 150).flatMap((gold, i) => {
      const other = golds[(i * 7 + 3) % golds.length] as Gold;
      return [gold.source, other.source].map((answer): [string, string] => [gold.source, answer]);
    });
    const verdictOf = ([gold, answer]: [string, string]) => verify(gold, answer, mode).verdict;
    const first = new Map(pairs.map((pair) => [pair.join('|'), verdictOf(pair)]));
    // Again in another order, golds parsed once and shared.
    const shared = new Map(pairs.map(([gold]) => [gold, parseGold(gold)]));
    for (const pair of random.shuffle(pairs)) {
      expect(verify(shared.get(pair[0]) as Gold, pair[1], mode).verdict).toBe(first.get(pair.join('|')));
    }
  });
});

describe('random texts', () => {
  it('are judged without an exception, the same way twice, and never paid', () => {
    const random = randomStream('verify/fuzz/1');
    const target = parseGold('\\sqrt{41}+\\pi');
    const verdicts = new Map<string, number>();
    for (let i = 0; i < 3_000; i++) {
      const gold = golds[random.integer(golds.length)] as Gold;
      const text = random.integer(2) ? soup(random) : disturbed(gold.source, random);
      const own = verify(gold, text, mode);
      expect(verify(gold, text, mode).verdict).toBe(own.verdict);
      expect(verify(target, text, mode).verdict === 'correct' && !text.includes('41')).toBe(false);
      verdicts.set(own.verdict, (verdicts.get(own.verdict) ?? 0) + 1);
    }
    // The fuzz reaches all ends.
    expect([...verdicts.keys()].sort()).toEqual(['correct', 'no-answer', 'unparsed', 'wrong']);
  });

  it('as golds are read or refused', () => {
    const random = randomStream('verify/fuzz/2');
    let read = 0;
    for (let i = 0; i < 1_500; i++) {
      const text = soup(random);
      try {
        verify(parseGold(text), text, mode);
        read++;
      } catch (error) {
        expect(error).toMatchObject({ code: 'VERIFY_GOLD_UNREADABLE' });
      }
    }
    expect(read).toBeGreaterThan(50);
  });
});
