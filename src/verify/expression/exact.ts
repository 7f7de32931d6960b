/** The exact rational value of an expression, where it has one and it is small enough. */
import { exactBinomial, exactFactorial } from '../arithmetic/gamma.js';
import {
  add,
  compare,
  divide,
  floor,
  fraction,
  greatestCommonDivisor,
  integer,
  isInteger,
  multiply,
  negate,
  one,
  power,
  type Rational,
  rationalRoot,
  zero,
} from '../arithmetic/rational.js';
import type { Budget } from '../budget.js';
import type { Node } from './node.js';

export type Assignment = ReadonlyMap<string, Rational>;
const nothing: Assignment = new Map();

/** Undefined when the value is irrational, undefined, too large, or needs a symbol that the assignment lacks. */
export function exactValue(node: Node, budget: Budget, symbols: Assignment = nothing): Rational | undefined {
  budget.spend(8);
  const value = (child: Node): Rational | undefined => exactValue(child, budget, symbols);
  switch (node.op) {
    case 'number':
      return node.value;
    case 'symbol':
      return symbols.get(node.name);
    case 'constant':
    case 'plus-minus':
    case 'matrix':
      return undefined;
    case 'negative': {
      const of = value(node.of);
      return of && negate(of);
    }
    case 'degrees':
      return value(node.of);
    case 'sum': {
      let total: Rational | undefined = zero;
      for (const term of node.terms) {
        const v = value(term);
        if (!v || !total) return undefined;
        total = add(total, v, budget);
      }
      return total;
    }
    case 'product': {
      let total: Rational | undefined = one;
      for (const factor of node.factors) {
        const v = value(factor);
        if (!v || !total) return undefined;
        total = multiply(total, v, budget);
      }
      return total;
    }
    case 'quotient': {
      const over = value(node.over);
      const under = over && value(node.under);
      return over && under && divide(over, under, budget);
    }
    case 'power': {
      const exponent = value(node.exponent);
      const base = exponent && value(node.base);
      return base && exponent && power(base, exponent, budget);
    }
    case 'root': {
      const degree = value(node.degree);
      const of = degree && value(node.of);
      if (!of || !degree || !isInteger(degree) || degree.n < 1n || degree.n > 64n) return undefined;
      return rationalRoot(of, Number(degree.n), budget);
    }
    case 'factorial': {
      const of = value(node.of);
      const n = of && isInteger(of) ? exactFactorial(of.n, budget) : undefined;
      return n === undefined ? undefined : fraction(n, 1n, budget);
    }
    case 'call':
      return call(node.name, node.unknown ? [] : node.args.map(value), budget);
  }
}

function call(name: string, values: readonly (Rational | undefined)[], budget: Budget): Rational | undefined {
  if (values.length === 0 || values.some((value) => value === undefined)) return undefined;
  const [a, b] = values as Rational[];
  const whole = (values as Rational[]).every(isInteger);
  switch (name) {
    case 'abs':
      return a && (a.n < 0n ? negate(a) : a);
    case 'floor':
      return a && integer(floor(a));
    case 'ceil':
      return a && integer(-floor(negate(a)));
    case 'max':
      return (values as Rational[]).reduce((x, y) => (compare(x, y) >= 0 ? x : y));
    case 'min':
      return (values as Rational[]).reduce((x, y) => (compare(x, y) <= 0 ? x : y));
    case 'gcd':
      return whole
        ? (values as Rational[]).reduce((x, y) => integer(greatestCommonDivisor(x.n, y.n, budget)))
        : undefined;
    case 'lcm':
      return whole
        ? (values as Rational[]).reduce((x, y) => {
            const divisor = greatestCommonDivisor(x.n, y.n, budget);
            return divisor === 0n ? zero : integer((x.n / divisor) * y.n);
          })
        : undefined;
    case 'binom': {
      const n = a && b && whole ? exactBinomial(a.n, b.n, budget) : undefined;
      return n === undefined ? undefined : fraction(n, 1n, budget);
    }
    default:
      return undefined;
  }
}
