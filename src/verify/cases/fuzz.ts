/** Random answers: soups of LaTeX pieces, and golds with pieces cut, doubled or moved. */
import type { RandomStream } from '../../rl/random.js';

const pieces = (
  '0 1 2 3 7 10 12 100 1,000 0.5 .25 x y n k a b e i f(x) \\pi \\infty \\frac \\frac12 \\frac{1}{2} \\sqrt \\sqrt{2} \\sqrt[3]{5} ' +
  '\\binom{4}{2} \\sin \\cos^2 \\log_2 \\ln + - * / = < > \\le \\ge \\ne ^ ^2 ^{10} ^{-1} _ _2 _{10} ( ) [ ] { } \\{ \\} \\left( \\right) | ' +
  '\\lfloor \\rfloor , ; : ! \\% \\$ ^\\circ \\pm \\cup \\in \\cdot \\times \\text{and} \\text{or} \\text{cm} \\text{even} \\text{(A)} p.m. ' +
  '4:30 \\begin{pmatrix} \\end{pmatrix} & \\\\ \\overline{3} \\quad \\! \\, $ . \\approx \\mathbb{R} \\setminus A B dog ٣ ² ½ √ −'
).split(' ');

/** Up to twenty pieces in a row, blanks now and then. */
export function soup(random: RandomStream): string {
  let text = '';
  for (let count = 1 + random.integer(20); count > 0; count--) {
    text += pieces[random.integer(pieces.length)] + (random.integer(4) === 0 ? ' ' : '');
  }
  return text;
}

/** A text with one stretch cut, doubled, or replaced by a piece. */
export function disturbed(text: string, random: RandomStream): string {
  const from = random.integer(text.length + 1);
  const to = Math.min(text.length, from + random.integer(6));
  const [head, middle, tail] = [text.slice(0, from), text.slice(from, to), text.slice(to)];
  const change = [tail, middle + middle + tail, pieces[random.integer(pieces.length)] + tail, tail + middle];
  return head + change[random.integer(change.length)];
}
