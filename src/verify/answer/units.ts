/**
 * Units of measure and the words that stand where a unit stands. A unit that we know has dimensions and a scale, so that 1500 m is
 * 1.5 km and 15 cm is not 15 cm^2; other nouns ("right triangles") say nothing.
 */
import { integer, multiply, one, power, type Rational } from '../arithmetic/rational.js';
import { Budget } from '../budget.js';
import type { Unit } from './value.js';

/** name(s) | dimension | numerator | denominator, the scale in base units (metre, gram, second, dollar). */
const table = `
mm millimeter millimeters millimetre millimetres|length|1|1000
cm centimeter centimeters centimetre centimetres|length|1|100
m meter meters metre metres|length|1|1
km kilometer kilometers kilometre kilometres|length|1000|1
in inch inches|length|254|10000
ft foot feet|length|3048|10000
yd yard yards|length|9144|10000
mi mile miles|length|1609344|1000
mg milligram milligrams|mass|1|1000
g gm gram grams|mass|1|1
kg kilogram kilograms|mass|1000|1
lb lbs pound pounds|mass|45359237|100000
oz ounce ounces|mass|28349523125|1000000000
s sec secs second seconds|time|1|1
min mins minute minutes|time|60|1
h hr hrs hour hours|time|3600|1
day days|time|86400|1
week weeks|time|604800|1
month months|month|1|1
year years yr yrs|month|12|1
dollar dollars usd buck bucks|money|1|1
cent cents|money|1|100
euro euros eur|euro|1|1
degree degrees deg|angle|1|1
radian radians rad|radian|1|1
unit units|unit|1|1
acre acres|length^2|40468564224|10000000
l liter liters litre litres|length^3|1|1000
ml milliliter milliliters millilitre millilitres|length^3|1|1000000
gallon gallons gal|length^3|3785411784|1000000000000
mph|length,time^-1|1397|3125
kph kmh|length,time^-1|5|18
`;

interface Known {
  readonly dimension: ReadonlyMap<string, number>;
  readonly scale: Rational;
}

const budget = new Budget(Number.POSITIVE_INFINITY);

const known = new Map<string, Known>(
  table
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [names = '', dimensions = '', n = '1', d = '1'] = line.split('|');
      const dimension = new Map(
        dimensions
          .split(',')
          .map((part): [string, number] => [part.split('^')[0] ?? '', Number(part.split('^')[1] ?? 1)]),
      );
      const scale = multiply(integer(BigInt(n)), power(integer(BigInt(d)), integer(-1), budget) as Rational, budget);
      return names.split(' ').map((name): [string, Known] => [name, { dimension, scale: scale as Rational }]);
    }),
);

/** A unit that may stand without `\text{}`: two letters after a blank, or three or more. */
export function isUnitWord(word: string, afterBlank: boolean): boolean {
  const fold = word.toLowerCase();
  if (fold === 'percent' || fold === 'percentage' || fold === 'pct') return true;
  return known.has(fold) && (word.length >= 3 || (word.length === 2 && afterBlank)) && fold !== 'in';
}

const multipliers = new Map([
  ['hundred', 100],
  ['thousand', 1_000],
  ['million', 1_000_000],
  ['billion', 1_000_000_000],
  ['trillion', 1_000_000_000_000],
  ['dozen', 12],
]);

/** Words that no unit has and a hedge does. */
const hedges = new Set('or and not nor but else if is to maybe perhaps otherwise either'.split(' '));

export interface UnitPhrase {
  readonly unit: Unit;
  readonly percent: boolean;
  /** "million" and the like. */
  readonly times: number;
}

/** `words` such as "square inches", "cm^2", "miles per hour", "right triangles"; undefined when no unit would read so. */
export function readUnit(words: string): UnitPhrase | undefined {
  const parts = words
    .toLowerCase()
    .replaceAll('per cent', 'percent')
    .replaceAll('/', ' per ')
    .replaceAll('.', ' ')
    .replaceAll('-', ' ')
    .replaceAll('*', ' ')
    .split(/\s/)
    .filter((part) => part !== '');
  if (parts.length > 8) return undefined;
  const dimension = new Map<string, number>();
  let scale = one;
  let [times, percent, unknown] = [1, false, false];
  let [sign, exponent] = [1, 1];
  for (const part of parts) {
    const [name = '', raised] = part.split('^');
    const multiplier = multipliers.get(name);
    const unit = known.get(name);
    if (part === 'per') sign = -1;
    else if (part === 'square' || part === 'sq') exponent = 2;
    else if (part === 'cubic' || part === 'cu') exponent = 3;
    else if (part === 'percent' || part === 'percentage' || part === 'pct') percent = true;
    else if (multiplier !== undefined) times *= multiplier;
    else if (unit) {
      const to = sign * (raised === undefined ? exponent : Number(raised));
      if (!Number.isInteger(to) || Math.abs(to) > 6) return undefined;
      for (const [base, power_] of unit.dimension) dimension.set(base, (dimension.get(base) ?? 0) + power_ * to);
      scale = multiply(scale, power(unit.scale, integer(to), budget) as Rational, budget) as Rational;
      exponent = 1;
    } else if (/^[a-z]+$/.test(name) && !hedges.has(name)) unknown = true;
    else return undefined;
  }
  const text = [...dimension]
    .filter(([, to]) => to !== 0)
    .map(([base, to]) => `${base}^${to}`)
    .sort()
    .join(' ');
  return { unit: { dimension: unknown || text === '' ? undefined : text, scale }, percent, times };
}

export const dollars: Unit = { dimension: 'money^1', scale: one };
export const degrees: Unit = { dimension: 'angle^1', scale: one };
