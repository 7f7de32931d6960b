/** The last closed `\boxed{}` of a text. One pass; a text of unclosed boxes costs no more than any other. */

/** Content of the box that closes last, undefined without one. Boxes inside a box are part of its content. */
export function lastBoxed(text: string): string | undefined {
  const first = text.indexOf('\\boxed');
  if (first < 0) return undefined;
  // For every open brace where its box's content starts, or -1 when it is no box.
  const open: number[] = [];
  let content: string | undefined;
  for (let i = first; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === backslash) {
      const brace = text.startsWith('boxed', i + 1) ? braceAfter(text, i + 6) : -1;
      if (brace >= 0) {
        open.push(brace + 1);
        i = brace;
      } else i++;
    } else if (c === openBrace) open.push(-1);
    else if (c === closeBrace) {
      const from = open.pop();
      if (from !== undefined && from >= 0) content = text.slice(from, i);
    }
  }
  return content;
}

const backslash = 92;
const openBrace = 123;
const closeBrace = 125;

/** Index of the brace that follows, blanks between, else -1. A longer command (`\boxedtext`) is no box. */
function braceAfter(text: string, from: number): number {
  let i = from;
  while (i - from < 8 && (text[i] === ' ' || text[i] === '\n')) i++;
  return text.charCodeAt(i) === openBrace ? i : -1;
}

/** Without boxes around the whole of an answer. */
export function unboxed(answer: string): string {
  let inner = answer.trim();
  for (let i = 0; i < 4 && inner.startsWith('\\boxed{') && inner.endsWith('}'); i++) {
    const content = lastBoxed(inner);
    if (content === undefined || content.length !== inner.length - '\\boxed{}'.length) break;
    inner = content.trim();
  }
  return inner;
}
