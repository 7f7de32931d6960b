/**
 * Tokens to a syntax tree, by precedence climbing: every token is read once. Implicit products bind like written ones, so `1/2x`
 * is (1/2)x; a mixed number `3\frac18` is a sum; `\frac12` takes a digit each.
 */
import { fromDecimal, integer, one } from '../arithmetic/rational.js';
import { Unreadable } from '../budget.js';
import { isMark, type Span, sub } from '../latex/span.js';
import type { Token } from '../latex/tokens.js';
import { functions } from './functions.js';
import { parseMatrix } from './matrix-parser.js';
import { fractionAfter } from './mixed-number.js';
import { aliases, namingCommands, symbolCommands, unknownFunctions } from './names.js';
import type { Node } from './node.js';
import { TokenReader } from './token-reader.js';

/** @throws Unreadable when the span is no expression. */
export function parseExpression(span: Span): Node {
  const parser = new ExpressionParser(span, 0);
  const node = parser.sum();
  parser.expectEnd();
  return node;
}

class ExpressionParser extends TokenReader {
  /** Bars of an absolute value that are open. */
  private bars = 0;

  sum(): Node {
    return this.nested(() => {
      const terms: Node[] = [];
      for (;;) {
        const sign = this.sign();
        if (sign === undefined && terms.length > 0) break;
        let term = this.product();
        if (sign === '-') term = { op: 'negative', of: term };
        else if (sign === '±' || sign === '∓') term = { op: 'plus-minus', of: term, flipped: sign === '∓' };
        terms.push(term);
      }
      return terms.length === 1 ? (terms[0] as Node) : { op: 'sum', terms };
    });
  }

  /** The sign before a term; a run of plus and minus signs is one. */
  private sign(): string | undefined {
    let sign: string | undefined;
    for (let count = 0; ; count++) {
      const token = this.peek();
      if (token?.kind !== 'mark' || !'+-±∓'.includes(token.text)) return sign;
      if (count >= 3) throw new Unreadable('has too many signs');
      this.at++;
      if (token.text === '-') sign = sign === '-' ? '+' : '-';
      else if (token.text === '+') sign ??= '+';
      else sign = token.text;
    }
  }

  private product(): Node {
    let factors: Node[] = [];
    const close = (): Node => (factors.length === 1 ? (factors[0] as Node) : { op: 'product', factors });
    factors.push(this.mixedOrFactor());
    for (;;) {
      if (this.accept('*')) factors.push(this.signedFactor());
      else if (this.accept('/')) factors = [{ op: 'quotient', over: close(), under: this.signedFactor() }];
      else if (this.startsFactor()) factors.push(this.factor());
      else return close();
    }
  }

  private signedFactor(): Node {
    const sign = this.sign();
    if (sign === '±' || sign === '∓') throw new Unreadable('has a double sign within a product');
    const factor = this.mixedOrFactor();
    return sign === '-' ? { op: 'negative', of: factor } : factor;
  }

  /** `3\frac18` and `3 1/8`. */
  private mixedOrFactor(): Node {
    const token = this.peek();
    if (token?.kind === 'number' && !token.text.includes('.') && this.taken === 0) {
      const part = fractionAfter((ahead) => this.peek(ahead));
      if (part) {
        const whole: Node = { op: 'number', value: integer(BigInt(token.text)), decimal: false };
        this.at += part.length;
        return { op: 'sum', terms: [whole, part.node] };
      }
    }
    return this.factor();
  }

  private startsFactor(): boolean {
    const token = this.peek();
    if (!token) return false;
    if (token.kind === 'mark') {
      if (token.text === '|') return this.bars === 0;
      return ['(', '[', '{', '⌊', '⌈', '∞'].includes(token.text);
    }
    if (token.kind === 'number') return this.taken > 0 || this.followsOther();
    return token.kind !== 'end' && token.kind !== 'text';
  }

  /** `2 3` is no product; `x 3` and `\frac12 3` are rare but are. */
  private followsOther(): boolean {
    const before = this.span.tokens[this.at - 1];
    return before !== undefined && before.kind !== 'number';
  }

  private factor(): Node {
    return this.nested(() => {
      const token = this.peek();
      if (token?.kind === 'letters') return this.letterProduct(token);
      return this.postfix(this.primary());
    });
  }

  /** `xy^2` is x times y squared; `f(x)` of an unknown function is a call. */
  private letterProduct(token: Token): Node {
    const letters = token.text;
    this.at++;
    const factors: Node[] = [];
    for (let i = 0; i < letters.length; i++) {
      const name = letters[i] as string;
      let node: Node = name === 'e' ? { op: 'constant', name: 'e' } : { op: 'symbol', name };
      if (name === 'i') node = { op: 'constant', name: 'i' };
      if (i < letters.length - 1) {
        factors.push(node);
        continue;
      }
      node = this.subscripted(node);
      if (unknownFunctions.has(name) && this.next('(')) node = this.unknownCall(name);
      factors.push(this.postfix(node));
    }
    return factors.length === 1 ? (factors[0] as Node) : { op: 'product', factors };
  }

  private subscripted(node: Node): Node {
    if (!this.next('_')) return node;
    this.at++;
    const name = node.op === 'symbol' || node.op === 'constant' ? node.name : '?';
    return { op: 'symbol', name: `${name}_${this.rawArgument()}` };
  }

  private unknownCall(name: string): Node {
    const args = this.bracketArguments();
    return { op: 'call', name, args, unknown: true };
  }

  protected override inside(from: number, to: number): Node {
    const parser = new ExpressionParser(sub(this.span, from, to), this.depth);
    const node = parser.sum();
    parser.expectEnd();
    return node;
  }

  private postfix(node: Node): Node {
    let raised = false;
    for (let count = 0; ; count++) {
      if (count > 8) throw new Unreadable('has too many marks in a row');
      if (this.accept('!')) node = { op: 'factorial', of: node };
      else if (this.accept('°')) node = { op: 'degrees', of: node };
      else if (this.next('_') && node.op === 'power' && node.base.op === 'symbol') {
        // v^2_0 is v_0 squared.
        node = { ...node, base: this.subscripted(node.base) };
      } else if (this.next('^')) {
        if (raised) throw new Unreadable('has two exponents in a row');
        raised = true;
        this.at++;
        const exponent = this.exponent();
        node = exponent ? { op: 'power', base: node, exponent } : { op: 'symbol', name: `${nameOf(node)}'` };
      } else if (this.next("'")) {
        this.at++;
        node = { op: 'symbol', name: `${nameOf(node)}'` };
      } else return node;
    }
  }

  /** What stands after `^`; undefined for a prime. */
  private exponent(): Node | undefined {
    if (this.accept("'")) return undefined;
    if (this.next('{')) return this.group();
    return this.nested(() => {
      if (this.accept('-')) return { op: 'negative', of: this.exponentAtom() };
      this.accept('+');
      return this.exponentAtom();
    });
  }

  private exponentAtom(): Node {
    const token = this.peek();
    if (token?.kind === 'letters' && token.text.length > 1) throw new Unreadable('has an exponent of several letters');
    if (token?.kind === 'letters') {
      this.at++;
      return letter(token.text);
    }
    const node = this.primary();
    // Towers such as 2^3^2, which TeX refuses and people write.
    if (!this.next('^')) return node;
    this.at++;
    const exponent = this.exponent();
    return exponent ? { op: 'power', base: node, exponent } : node;
  }

  /** An argument of a command: a group, or one token, of a number one digit. */
  private argument(): Node {
    const token = this.peek();
    if (!token) throw new Unreadable('ends where an argument should be');
    if (isMark(token, '{')) return this.group();
    if (token.kind === 'number' && !token.text.includes('.')) {
      const digit = token.text[this.taken] as string;
      this.taken++;
      if (this.taken >= token.text.length) {
        this.taken = 0;
        this.at++;
      }
      return { op: 'number', value: integer(BigInt(digit)), decimal: false };
    }
    if (token.kind === 'letters' && token.text.length === 1) {
      this.at++;
      return letter(token.text);
    }
    return this.primary();
  }

  private primary(): Node {
    return this.nested(() => {
      const token = this.peek();
      if (!token) throw new Unreadable('ends where a value should be');
      switch (token.kind) {
        case 'number': {
          const text = token.text.slice(this.taken);
          this.at++;
          this.taken = 0;
          return { op: 'number', value: fromDecimal(text, this.span.budget), decimal: text.includes('.') };
        }
        case 'letters': {
          this.at++;
          if (token.text.length > 1) throw new Unreadable('has several letters where one value should be');
          return letter(token.text);
        }
        case 'command':
          return this.command(token.text);
        case 'begin': {
          const close = this.span.partner[this.at] as number;
          const node = parseMatrix(sub(this.span, this.at, close + 1), (cell) => this.inside(cell.from, cell.to));
          this.at = close + 1;
          return node;
        }
        default:
          return this.bracketed(token);
      }
    });
  }

  private bracketed(token: Token): Node {
    switch (token.kind === 'mark' ? token.text : '') {
      case '(':
      case '{':
        return this.group();
      case '[': {
        // `[4,5)` is no product of brackets.
        const close = this.span.tokens[this.span.partner[this.at] as number];
        if (!isMark(close, ']')) throw new Unreadable('has an interval inside an expression');
        return this.group();
      }
      case '⌊':
        return { op: 'call', name: 'floor', args: [this.group()], unknown: false };
      case '⌈':
        return { op: 'call', name: 'ceil', args: [this.group()], unknown: false };
      case '∞':
        this.at++;
        return { op: 'constant', name: 'infinity' };
      case '|': {
        this.at++;
        this.bars++;
        const node = this.sum();
        this.bars--;
        if (!this.accept('|')) throw new Unreadable('has a bar without a partner');
        return { op: 'call', name: 'abs', args: [node], unknown: false };
      }
      default:
        throw new Unreadable(`cannot be read at "${token.text}"`);
    }
  }

  private command(name: string): Node {
    this.at++;
    switch (name) {
      case 'frac': {
        const over = this.argument();
        return { op: 'quotient', over, under: this.argument() };
      }
      case 'binom': {
        const n = this.argument();
        return { op: 'call', name: 'binom', args: [n, this.argument()], unknown: false };
      }
      case 'sqrt':
        return this.root();
      case 'pi':
        return { op: 'constant', name: 'pi' };
      case 'infinity':
      case 'infty':
        return { op: 'constant', name: 'infinity' };
      case 'imath':
        return { op: 'constant', name: 'i' };
      default:
    }
    const known = aliases.get(name) ?? name;
    if (functions.has(known)) return this.call(known);
    if (symbolCommands.has(name)) return this.subscripted({ op: 'symbol', name });
    if (namingCommands.has(name)) return this.named(name);
    throw new Unreadable(`has an unknown command \\${name}`);
  }

  /** `\overline{AB}`, `\angle ABC`: one symbol. A segment is named from either end. */
  private named(name: string): Node {
    const letters = this.rawArgument();
    const symmetric = name === 'overline' && letters.length === 2;
    return { op: 'symbol', name: `${name} ${symmetric ? [...letters].sort().join('') : letters}` };
  }

  private root(): Node {
    let degree: Node = { op: 'number', value: integer(2), decimal: false };
    if (this.next('[')) degree = this.group();
    const token = this.peek();
    const of = token?.kind === 'number' ? this.primary() : this.argument();
    return { op: 'root', of, degree };
  }

  /** A function: `\sin^2 x`, `\log_2 n`, `\sin 5x \cos x`, `\sin^{-1} x`. */
  private call(name: string): Node {
    let exponent: Node | undefined;
    let base: Node | undefined;
    for (let i = 0; i < 2; i++) {
      if (this.next('_') && !base) {
        this.at++;
        base = this.argumentOrNumber();
      } else if (this.next('^') && !exponent) {
        this.at++;
        exponent = this.exponent();
      }
    }
    if (exponent && isMinusOne(exponent) && functions.has(`arc${name}`)) {
      name = `arc${name}`;
      exponent = undefined;
    }
    const args = this.next('(') ? this.bracketArguments() : [this.bareArgument()];
    if (base && args.length === 1) args.push(base);
    const node: Node = { op: 'call', name, args, unknown: false };
    return exponent ? { op: 'power', base: node, exponent } : node;
  }

  private argumentOrNumber(): Node {
    return this.peek()?.kind === 'number' ? this.primary() : this.argument();
  }

  /** What a function without brackets applies to: the factors up to the next sign, function or bracket. */
  private bareArgument(): Node {
    const negative = this.accept('-');
    const factors: Node[] = [this.factor()];
    while (this.startsFactor() && !this.next('(') && !this.next('|')) {
      const token = this.peek() as Token;
      if (token.kind === 'command' && functions.has(aliases.get(token.text) ?? token.text)) break;
      factors.push(this.factor());
    }
    const node: Node = factors.length === 1 ? (factors[0] as Node) : { op: 'product', factors };
    return negative ? { op: 'negative', of: node } : node;
  }
}

function letter(name: string): Node {
  return name === 'e' || name === 'i' ? { op: 'constant', name } : { op: 'symbol', name };
}

function nameOf(node: Node): string {
  if (node.op === 'symbol') return node.name;
  throw new Unreadable('has a prime on something that is no symbol');
}

function isMinusOne(node: Node): boolean {
  return node.op === 'negative' && node.of.op === 'number' && node.of.value.n === one.n && node.of.value.d === one.d;
}
