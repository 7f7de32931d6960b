/** The value of an expression in complex doubles, with a bound on its error. */
import {
  add,
  type Complex,
  divide,
  imaginaryUnit,
  multiply,
  negate,
  noValue,
  power,
  real,
} from '../arithmetic/complex.js';
import { factorial } from '../arithmetic/gamma.js';
import { isInteger, toNumber } from '../arithmetic/rational.js';
import type { Budget } from '../budget.js';
import { exactValue } from './exact.js';
import { functions, root, trigonometric, unknownFunction } from './functions.js';
import type { Node } from './node.js';

const constants = { pi: real(Math.PI), e: real(Math.E), i: imaginaryUnit, infinity: noValue } as const;
const degree = real(Math.PI / 180);

/** NaN where there is no value. Degrees are radians inside a trigonometric function and plain numbers elsewhere. */
export function numericValue(
  node: Node,
  budget: Budget,
  symbols: ReadonlyMap<string, Complex>,
  inTrigonometry = false,
): Complex {
  budget.spend(16);
  const value = (child: Node): Complex => numericValue(child, budget, symbols, inTrigonometry);
  switch (node.op) {
    case 'number':
      return exactDouble(toNumber(node.value));
    case 'symbol':
      return symbols.get(node.name) ?? noValue;
    case 'constant':
      return constants[node.name];
    case 'negative':
      return negate(value(node.of));
    case 'degrees':
      return inTrigonometry ? multiply(value(node.of), degree) : value(node.of);
    case 'sum': {
      let total = value(node.terms[0] as Node);
      for (let i = 1; i < node.terms.length; i++) total = add(total, value(node.terms[i] as Node));
      return total;
    }
    case 'product': {
      let total = value(node.factors[0] as Node);
      for (let i = 1; i < node.factors.length; i++) total = multiply(total, value(node.factors[i] as Node));
      return total;
    }
    case 'quotient':
      return divide(value(node.over), value(node.under));
    case 'power':
      return powerValue(node.base, node.exponent, budget, value);
    case 'root': {
      const by = exactValue(node.degree, budget);
      if (!by) return power(value(node.of), divide(real(1), value(node.degree)));
      return isInteger(by) && by.n > 0n && by.n <= 1_000n ? root(value(node.of), Number(by.n)) : noValue;
    }
    case 'factorial':
      return factorial(value(node.of));
    case 'call': {
      const trigonometry = inTrigonometry || trigonometric.has(node.name);
      const args = node.args.map((arg) => numericValue(arg, budget, symbols, trigonometry));
      if (node.unknown) return unknownFunction(node.name, args);
      return functions.get(node.name)?.(args) ?? noValue;
    }
    case 'plus-minus':
    case 'matrix':
      return noValue;
  }
}

function powerValue(base: Node, exponent: Node, budget: Budget, value: (node: Node) => Complex): Complex {
  const z = value(base);
  const w = value(exponent);
  // x^{p/q} with q odd is the real root of a negative x, as \sqrt[q]{x^p} is.
  if (z.im === 0 && z.re < 0 && w.im === 0 && !Number.isInteger(w.re)) {
    const exact = exactValue(exponent, budget);
    if (exact && exact.d % 2n === 1n) {
      const size = power(negate(z), w);
      return exact.n % 2n === 0n ? size : negate(size);
    }
  }
  return power(z, w);
}

/** Integers below 2^53 are exact; other doubles are off by half a unit. */
function exactDouble(x: number): Complex {
  return Number.isSafeInteger(x) ? { re: x, im: 0, err: 0 } : real(x);
}
