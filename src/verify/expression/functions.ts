/**
 * The functions that an answer may use, by LaTeX name, and their numeric values. `\log` is the logarithm to base 10, as school and
 * competition answers mean it; `\ln` is natural.
 */
import {
  add,
  type Complex,
  complex,
  cosine,
  divide,
  exp,
  isReal,
  log,
  modulus,
  multiply,
  negate,
  noValue,
  power,
  real,
  realFunction,
  sine,
  sqrt,
} from '../arithmetic/complex.js';
import { binomial } from '../arithmetic/gamma.js';

/** Functions whose argument may be in degrees. */
export const trigonometric: ReadonlySet<string> = new Set(['sin', 'cos', 'tan', 'cot', 'sec', 'csc']);

/** Functions of whole numbers: an expression that has one is compared at whole numbers only. */
export const wholeNumberFunctions: ReadonlySet<string> = new Set(['floor', 'ceil', 'gcd', 'lcm', 'binom', 'mod']);

type Evaluate = (args: readonly Complex[]) => Complex;

const one = real(1);

function of1(evaluate: (z: Complex) => Complex): Evaluate {
  return (args) => (args.length === 1 ? evaluate(args[0] as Complex) : noValue);
}

function real1(value: (x: number) => number, slope: (x: number) => number): Evaluate {
  return of1((z) => realFunction(z, value(z.re), Math.abs(slope(z.re))));
}

/** Near a whole number the rounding of floating point must not decide: 2.9999999999 is 3. */
function whole(round: (x: number) => number): Evaluate {
  return of1((z) => {
    const nearest = Math.round(z.re);
    if (!isReal(z) || Math.abs(z.re) > 2 ** 50) return noValue;
    return real(Math.abs(z.re - nearest) <= 1e-9 * Math.max(1, Math.abs(z.re)) ? nearest : round(z.re));
  });
}

function inverse(value: (x: number) => number, slope: (x: number) => number): Evaluate {
  return real1(value, slope);
}

function extreme(pick: (...values: number[]) => number): Evaluate {
  return (args) => {
    if (args.length === 0 || !args.every(isReal)) return noValue;
    return complex(pick(...args.map((z) => z.re)), 0, Math.max(...args.map((z) => z.err)));
  };
}

function wholeFold(step: (a: number, b: number) => number): Evaluate {
  return (args) => {
    if (args.length === 0 || !args.every((z) => isReal(z) && Number.isSafeInteger(z.re))) return noValue;
    return real(args.map((z) => Math.abs(z.re)).reduce(step));
  };
}

function gcd(a: number, b: number): number {
  while (b) [a, b] = [b, a % b];
  return a;
}

const sinh = (z: Complex): Complex => divide(add(exp(z), negate(exp(negate(z)))), real(2));
const cosh = (z: Complex): Complex => divide(add(exp(z), exp(negate(z))), real(2));
const naturalLog = of1(log);

export const functions: ReadonlyMap<string, Evaluate> = new Map<string, Evaluate>([
  ['sin', of1(sine)],
  ['cos', of1(cosine)],
  ['tan', of1((z) => divide(sine(z), cosine(z)))],
  ['cot', of1((z) => divide(cosine(z), sine(z)))],
  ['sec', of1((z) => divide(one, cosine(z)))],
  ['csc', of1((z) => divide(one, sine(z)))],
  ['arcsin', inverse(Math.asin, (x) => 1 / Math.sqrt(1 - x * x))],
  ['arccos', inverse(Math.acos, (x) => 1 / Math.sqrt(1 - x * x))],
  ['arctan', inverse(Math.atan, (x) => 1 / (1 + x * x))],
  [
    'arccot',
    inverse(
      (x) => Math.PI / 2 - Math.atan(x),
      (x) => 1 / (1 + x * x),
    ),
  ],
  [
    'arcsec',
    inverse(
      (x) => Math.acos(1 / x),
      (x) => 1 / Math.abs(x * Math.sqrt(x * x - 1)),
    ),
  ],
  [
    'arccsc',
    inverse(
      (x) => Math.asin(1 / x),
      (x) => 1 / Math.abs(x * Math.sqrt(x * x - 1)),
    ),
  ],
  ['sinh', of1(sinh)],
  ['cosh', of1(cosh)],
  ['tanh', of1((z) => divide(sinh(z), cosh(z)))],
  ['exp', of1(exp)],
  ['ln', naturalLog],
  // log(x) or log(x, base).
  ['log', ([z, base]) => (z ? divide(log(z), log(base ?? real(10))) : noValue)],
  // A length: the root of a sum of squares keeps the slope 1.
  ['abs', of1((z) => complex(modulus(z), 0, z.err))],
  ['floor', whole(Math.floor)],
  ['ceil', whole(Math.ceil)],
  ['max', extreme(Math.max)],
  ['min', extreme(Math.min)],
  ['gcd', wholeFold(gcd)],
  ['lcm', wholeFold((a, b) => (a && b ? (a / gcd(a, b)) * b : 0))],
  ['binom', ([n, k]) => (n && k ? binomial(n, k) : noValue)],
  ['conj', of1((z) => complex(z.re, -z.im, z.err))],
  ['Re', of1((z) => complex(z.re, 0, z.err))],
  ['Im', of1((z) => complex(z.im, 0, z.err))],
  ['arg', of1((z) => complex(Math.atan2(z.im, z.re), 0, z.err / modulus(z) + 1e-15))],
]);

/** An unknown function f: some smooth function that depends on its name, so that f(2) is not 2f and f(4-x) is f(-x+4). */
export function unknownFunction(name: string, args: readonly Complex[]): Complex {
  let seed = 0;
  for (const c of name) seed = (seed * 31 + (c.codePointAt(0) as number)) % 997;
  let sum = real(1 + seed / 997);
  args.forEach((z, i) => {
    const turned = multiply(real(0.37 + i * 0.11 + seed / 2_000), z);
    sum = add(sum, multiply(real(i + 1.3), add(sine(turned), divide(turned, real(3 + i)))));
  });
  return sum;
}

/** The real odd root of a negative real number, the principal root otherwise. */
export function root(z: Complex, degree: number): Complex {
  if (degree === 2) return sqrt(z);
  const reciprocal = divide(one, real(degree));
  if (z.im === 0 && z.re < 0 && degree % 2) return negate(power(negate(z), reciprocal));
  return power(z, reciprocal);
}
