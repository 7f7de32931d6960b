/** Other spellings of a gold that mean the same: every one must be accepted. Made from the text, without the parser under test. */
import type { Value } from '../answer/value.js';

/** Equivalent answers; `kind` says which rewrites apply. */
export function rewrites(gold: string, kind: Value['kind']): string[] {
  const text = gold.trim();
  const out = [`$${text}$`, `\\(${text}\\)`, ` ${text} `, `{${text}}`, `\\boxed{${text}}`];
  if (!text.endsWith('.')) out.push(`${text}.`);
  if (text.includes('\\frac')) out.push(text.replaceAll('\\frac', '\\dfrac'), text.replaceAll('\\frac', '\\tfrac'));
  if (!text.includes('\\left')) out.push(...largeBrackets(text));
  if (text.includes('\\left')) out.push(text.replaceAll('\\left', '').replaceAll('\\right', ''));
  if (!text.includes('\\text') && !text.includes('\\mbox'))
    out.push(text.replaceAll('+', ' + ').replaceAll('=', ' = '));
  out.push(text.replaceAll('-', '\u2212'), text.replaceAll('\\pi', 'π'), text.replaceAll('\\infty', '∞'));
  out.push(replaceAfterDigit(text, '\\pi', '\\cdot \\pi'), replaceAfterDigit(text, '\\sqrt', ' \\cdot \\sqrt'));
  out.push(text.replace(/\\sqrt\{(\d+)\}/g, '($1)^{1/2}'));
  out.push(...integers(text), ...fractions(text));
  if (kind === 'expression')
    out.push(`0 + ${text}`, `\\frac{2(${text})}{2}`, `(${text}) \\cdot 1`, `${unused(text)} = ${text}`);
  if (kind === 'number' && !/[%$^]|text|mbox|circ|approx|,|\.$/.test(text))
    out.push(`x = ${text}`, `${text} = x`, `\\{${text}\\}`);
  if (kind === 'text' || kind === 'choice')
    out.push(words(text), words(text).toLowerCase().length > 1 ? words(text).toUpperCase() : text);
  if (kind === 'list' && plainNumbers(text))
    out.push(text.split(',').reverse().join(','), text.split(',').join(' \\text{ and } '));
  const unit = /^(.*\d)\\?[,;! ]*\\(?:text|mbox)\s*\{[a-z. ]+\}(?:\^\d)?$/.exec(text);
  if (unit && kind === 'number') out.push(unit[1] as string);
  return [...new Set(out)];
}

/** A name that the text does not have. */
function unused(text: string): string {
  return [...'ywuvt'].find((letter) => !text.includes(letter)) ?? 'y';
}

function largeBrackets(text: string): string[] {
  if (text.includes('\\{')) return [];
  const open = text.replace(/([([])/g, '\\left$1').replace(/([)\]])/g, '\\right$1');
  return /sqrt\[/.test(text) || /\\sqrt\\left/.test(open) ? [] : [open];
}

function replaceAfterDigit(text: string, what: string, by: string): string {
  return text.replace(new RegExp(`(\\d)\\${what}`, 'g'), `$1 ${by.replace('$', '$$')}`);
}

function integers(text: string): string[] {
  if (!/^-?\d+$/.test(text)) return [];
  const value = BigInt(text);
  const grouped = text.replace(/\B(?=(\d{3})+$)/g, ',');
  return [
    `${text}.0`,
    `\\frac{${value * 2n}}{2}`,
    `${value - 1n} + 1`,
    `${text} \\text{ units}`,
    grouped,
    grouped.replaceAll(',', '{,}'),
    grouped.replaceAll(',', ',\\!'),
  ];
}

function fractions(text: string): string[] {
  const match = /^(-?)\\[dt]?frac\{(\d+)\}\{(\d+)\}$/.exec(text);
  if (!match) return [];
  const [, sign = '', over = '', under = ''] = match;
  const [n, d] = [BigInt(over), BigInt(under)];
  const out = [
    `${sign}${over}/${under}`,
    `\\frac{${sign}${n * 6n}}{${d * 6n}}`,
    `${sign}\\frac{${over}\\pi}{${under}\\pi}`,
  ];
  const places = 12;
  const scaled = n * 10n ** BigInt(places);
  if (scaled % d === 0n) {
    const digits = (scaled / d).toString().padStart(places + 1, '0');
    out.push(`${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`);
  }
  if (n > d && n % d !== 0n) out.push(`${sign}${n / d}\\frac{${n % d}}{${under}}`);
  return out;
}

function words(text: string): string {
  return text.replace(/\\(?:text|mbox)\{([^}]*)\}/g, '$1');
}

function plainNumbers(text: string): boolean {
  return /^[-\d, .]+$/.test(text) && !/\d,\d{3}/.test(text);
}
