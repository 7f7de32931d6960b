/**
 * LaTeX or plain text to tokens, in one pass from left to right: every character is looked at a bounded number of times, whatever
 * the text. Spacing, sizes and faces are dropped here; `\left(`, `(` and `\bigl(` are one token.
 */
import { limits, Unreadable } from '../budget.js';
import { faceCommands, ignored, marks, plainNames, type Token, type TokenKind, textCommands } from './tokens.js';

const singleMarks = new Set("+-*/=<>,;:!|^_&%°()[]{}'€£");

/** @throws Unreadable on a character or a form that no answer has. */
export function lex(source: string): Token[] {
  if (source.length > limits.answerLength * 2) throw new Unreadable('longer than an answer may be');
  return new Lexer(source).run();
}

class Lexer {
  private readonly source: string;
  private readonly tokens: Token[] = [];
  private at = 0;
  private space = false;
  /** Where the blanks and points begin that end the text. */
  private tail: number | undefined;

  constructor(source: string) {
    this.source = source;
  }

  run(): Token[] {
    const { source } = this;
    while (this.at < source.length) {
      const c = source[this.at] as string;
      if (isBlank(c) || c === '~' || c === '$') {
        this.space = true;
        this.at++;
      } else if (isDigit(c) || (c === '.' && isDigit(source[this.at + 1]))) this.number();
      else if (isLetter(c)) this.letters();
      else if (c === '\\') this.command();
      else if (singleMarks.has(c)) {
        this.at++;
        if ((c === '<' || c === '>') && source[this.at] === '=') {
          this.at++;
          this.push('mark', c === '<' ? '≤' : '≥');
        } else if (c === '!' && source[this.at] === '=' && this.space) {
          // With a blank before it: 5!=120 is a factorial and an equals sign.
          this.at++;
          this.push('mark', '≠');
        } else this.mark(c);
      } else if (c === '.' || c === '?' || c === '"' || c === '`') {
        this.at++;
        if (c === '.' && source.startsWith('..', this.at)) {
          this.at += 2;
          this.push('mark', '…');
        } else if (c === '.' && this.restIsBlank()) this.space = true;
        else this.push('mark', c);
      } else throw new Unreadable(`has a character that no answer has: ${JSON.stringify(c)}`);
    }
    return this.tokens;
  }

  private push(kind: TokenKind, text: string): void {
    this.tokens.push({ kind, text, space: this.space });
    this.space = false;
  }

  private mark(c: string): void {
    // `^\circ`, `^{\circ}` and `°` are one mark.
    if (c === '^') {
      const from = this.at;
      this.skipBlanks();
      const brace = this.source[this.at] === '{';
      if (brace) this.at++;
      this.skipBlanks();
      const rest = ['\\circ', '\\degree', '°'].find((sign) => this.source.startsWith(sign, this.at));
      if (rest) {
        this.at += rest.length;
        this.skipBlanks();
        if (!brace || this.source[this.at] === '}') {
          if (brace) this.at++;
          this.push('mark', '°');
          return;
        }
      }
      this.at = from;
    }
    this.push('mark', c);
  }

  private number(): void {
    let text = this.digits();
    // 1,\!000 and 1{,}000 and 1\,000: a comma or a thin space that the writer marked as part of the number.
    for (;;) {
      const end = this.markedThousands();
      if (end === undefined) break;
      text += this.source.slice(end, end + 3);
      this.at = end + 3;
    }
    if (this.source[this.at] === '.' && !this.source.startsWith('...', this.at) && this.decimalFollows()) {
      this.at++;
      text += `.${this.digits()}`;
    }
    if (text.includes('.')) text += this.repeating();
    this.push('number', text);
  }

  /** A point belongs to the number when digits follow it, a repeating part does, or nothing that could be a sentence. */
  private decimalFollows(): boolean {
    const next = this.source[this.at + 1];
    return isDigit(next) || (next === '\\' && this.source.startsWith('\\overline', this.at + 1));
  }

  private digits(): string {
    const from = this.at;
    while (isDigit(this.source[this.at])) this.at++;
    return this.source.slice(from, this.at);
  }

  private markedThousands(): number | undefined {
    const { source } = this;
    let i = this.at;
    let marked = false;
    let separator = false;
    for (let steps = 0; steps < 8; steps++) {
      if (source[i] === ' ' && separator) i++;
      else if (source.startsWith('{,}', i) && !separator) {
        i += 3;
        marked = separator = true;
      } else if (source[i] === ',' && !separator) {
        i++;
        separator = true;
      } else if (source.startsWith('\\!', i) && separator) {
        i += 2;
        marked = true;
      } else if (source.startsWith('\\,', i) && !separator) {
        i += 2;
        marked = separator = true;
      } else break;
    }
    if (!marked) return undefined;
    for (let k = 0; k < 3; k++) if (!isDigit(source[i + k])) return undefined;
    return isDigit(source[i + 3]) ? undefined : i;
  }

  /** `0.1\overline{6}`: the repeating part, in parentheses. */
  private repeating(): string {
    if (!this.source.startsWith('\\overline', this.at)) return '';
    const from = this.at;
    this.at += '\\overline'.length;
    this.skipBlanks();
    const brace = this.source[this.at] === '{';
    if (brace) this.at++;
    const digits = brace ? this.digits() : isDigit(this.source[this.at]) ? (this.source[this.at++] as string) : '';
    if (digits && (!brace || this.source[this.at++] === '}')) return `(${digits})`;
    this.at = from;
    return '';
  }

  private letters(): void {
    const from = this.at;
    while (isLetter(this.source[this.at])) this.at++;
    const run = this.source.slice(from, this.at);
    this.push(plainNames.has(run) ? 'command' : 'letters', run);
  }

  private command(): void {
    const { source } = this;
    this.at++;
    const c = source[this.at];
    if (!isLetter(c)) {
      this.at++;
      this.controlSymbol(c);
      return;
    }
    const from = this.at;
    while (isLetter(source[this.at])) this.at++;
    const name = source.slice(from, this.at);
    const mark = marks.get(name);
    if (mark !== undefined) this.push('mark', mark);
    else if (name === 'not' && source[this.at] === '=') {
      this.at++;
      this.push('mark', '≠');
    } else if (ignored.has(name)) {
      this.space = true;
      // `\left.` has a point that is no bracket.
      if ((name === 'left' || name === 'right') && source[this.at] === '.') this.at++;
    } else if (name === 'frac' || name === 'dfrac' || name === 'tfrac' || name === 'cfrac')
      this.push('command', 'frac');
    else if (name === 'dbinom' || name === 'tbinom') this.push('command', 'binom');
    else if (textCommands.has(name)) this.words(this.argument(name));
    else if (faceCommands.has(name)) this.face(name);
    else if (name === 'phantom' || name === 'hphantom' || name === 'vphantom') this.argumentOrCharacter();
    else if (name === 'hspace' || name === 'vspace') this.argument(name);
    else if (name === 'begin' || name === 'end') {
      const environment = this.argument(name).replace('*', '');
      if (name === 'begin' && environment === 'array') this.argument(name);
      this.push(name, environment);
    } else this.push('command', name);
  }

  private controlSymbol(c: string | undefined): void {
    if (c === undefined) throw new Unreadable('ends in a backslash');
    if (c === '{' || c === '}' || c === '\\') this.push('mark', `\\${c}`);
    else if (c === '|') this.push('mark', '‖');
    else if (c === '%' || c === '&') this.push('mark', c);
    else if (c === '$') this.push('mark', '$');
    else if (',;:! >()[]\n\t/-'.includes(c)) this.space = true;
    else throw new Unreadable(`has an unknown command \\${c}`);
  }

  /** The words of `\text{..}`: "and" and "or" are separators, everything else one token. */
  private words(content: string): void {
    const word = content.trim().replace(/^,\s*/, '').trim();
    if (word === 'and' || word === 'or') {
      this.space = true;
      this.push('letters', word);
      this.space = true;
    } else if (word === ',' || word === ';' || (word === '' && content.includes(','))) this.push('mark', ',');
    else if (word === '') this.space = true;
    else this.push('text', content.trim());
  }

  private face(name: string): void {
    this.skipBlanks();
    if (this.source[this.at] !== '{') return;
    const from = this.at;
    const content = this.argument(name).trim();
    if (plainNames.has(content)) this.push('command', content);
    else if (content.length > 1 && allLettersOrBlanks(content)) this.words(content);
    else this.at = from;
  }

  private argumentOrCharacter(): void {
    this.skipBlanks();
    if (this.source[this.at] === '{') this.argument('phantom');
    else this.at++;
  }

  /** The content of the braces that follow. */
  private argument(name: string): string {
    this.skipBlanks();
    const { source } = this;
    if (source[this.at] !== '{') throw new Unreadable(`\\${name} has no braces`);
    const from = ++this.at;
    let depth = 1;
    for (; this.at < source.length; this.at++) {
      const c = source[this.at];
      if (c === '\\') this.at++;
      else if (c === '{') depth++;
      else if (c === '}' && --depth === 0) return source.slice(from, this.at++);
    }
    throw new Unreadable(`\\${name}{ is not closed`);
  }

  private skipBlanks(): void {
    while (isBlank(this.source[this.at])) this.at++;
  }

  private restIsBlank(): boolean {
    if (this.tail === undefined) {
      let i = this.source.length;
      while (i > 0 && (isBlank(this.source[i - 1]) || '$}.'.includes(this.source[i - 1] as string))) i--;
      this.tail = i;
    }
    return this.at >= this.tail;
  }
}

export function isDigit(c: string | undefined): boolean {
  return c !== undefined && c >= '0' && c <= '9';
}

export function isLetter(c: string | undefined): boolean {
  return c !== undefined && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

function isBlank(c: string | undefined): boolean {
  return c === ' ' || c === '\n' || c === '\t' || c === '\r';
}

function allLettersOrBlanks(text: string): boolean {
  for (const c of text) if (!isLetter(c) && c !== ' ' && c !== '/' && c !== '.') return false;
  return true;
}
