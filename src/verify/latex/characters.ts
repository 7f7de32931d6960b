/**
 * Unicode to LaTeX, character by character, before anything else looks at an answer. Superscripts are mapped here because the
 * usual compatibility folding (NFKC) turns `5²` into 52. Digits of other scripts are left alone and so never read as digits.
 */

const table = new Map<string, string>([
  ...pairs('−‐‑‒–—﹣－', '-'),
  ...pairs('×✕∗∙⋅·•', '*'),
  ...pairs('÷∕⁄', '/'),
  ...pairs('≤⩽≦', '\\le '),
  ...pairs('≥⩾≧', '\\ge '),
  ...pairs('≈≃≅', '\\approx '),
  ...pairs('\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000', ' '),
  ...pairs('\u200b\u200c\u200d\u2060\ufeff', ''),
  ...pairs('“”„‟', '"'),
  ...pairs('‘’′', "'"),
  ...entries(
    '≠ \\ne ,∞ \\infty ,π \\pi ,∪ \\cup ,∩ \\cap ,∈ \\in ,∅ \\emptyset ,± \\pm ,∓ \\mp ,∖ \\setminus ,≡ \\equiv ,√ sqrt ',
  ),
  ...entries(
    '½ \\frac{1}{2},⅓ \\frac{1}{3},⅔ \\frac{2}{3},¼ \\frac{1}{4},¾ \\frac{3}{4},⅕ \\frac{1}{5},⅛ \\frac{1}{8}',
  ),
  ...entries(
    'α \\alpha ,β \\beta ,γ \\gamma ,δ \\delta ,θ \\theta ,λ \\lambda ,μ \\mu ,σ \\sigma ,φ \\phi ,ω \\omega ',
  ),
  ...entries(
    'ℝ \\mathbb{R},ℤ \\mathbb{Z},ℕ \\mathbb{N},ℚ \\mathbb{Q},ℂ \\mathbb{C},∠ \\angle ,△ \\triangle ,⟨ \\langle ,⟩ \\rangle ',
  ),
  ...entries('⌊ \\lfloor ,⌋ \\rfloor ,⌈ \\lceil ,⌉ \\rceil ,º °,… \\ldots '),
]);

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ';
const superscriptMeaning = '0123456789+-n';
const subscripts = '₀₁₂₃₄₅₆₇₈₉';

/** The same answer in ASCII LaTeX, as far as its characters have one. Linear in the length. */
export function foldCharacters(source: string): string {
  if (isAscii(source)) return source;
  let out = '';
  let script: '' | '^' | '_' = '';
  for (const character of source) {
    const above = superscripts.indexOf(character);
    const below = subscripts.indexOf(character);
    const kind = above >= 0 ? '^' : below >= 0 ? '_' : '';
    if (kind !== script) {
      if (script) out += '}';
      if (kind) out += `${kind}{`;
      script = kind;
    }
    if (above >= 0) out += superscriptMeaning[above];
    else if (below >= 0) out += String(below);
    else out += table.get(character) ?? fullWidth(character);
  }
  return script ? `${out}}` : out;
}

function isAscii(source: string): boolean {
  for (let i = 0; i < source.length; i++) if (source.charCodeAt(i) > 126) return false;
  return true;
}

/** The full-width forms of East Asian keyboards are the ASCII characters, 0xFEE0 higher. */
function fullWidth(character: string): string {
  const code = character.charCodeAt(0);
  return code >= 0xff01 && code <= 0xff5e ? String.fromCharCode(code - 0xfee0) : character;
}

function pairs(characters: string, meaning: string): [string, string][] {
  return [...characters].map((character) => [character, meaning]);
}

function entries(list: string): [string, string][] {
  return list.split(',').map((entry) => [entry[0] as string, entry.slice(2)]);
}
