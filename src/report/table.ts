/** Tables as text: with box lines for a terminal, or Markdown. Knows nothing of what is in them. Pure. */

export interface Column {
  readonly header: string;
  readonly align: 'left' | 'right';
}

export interface Table {
  readonly columns: readonly Column[];
  /** [row][column]; a cell may have several lines. */
  readonly rows: readonly (readonly string[])[];
}

const narrowest = 8;

/**
 * At most `width` characters wide where that can be had: left-aligned columns are wrapped, the widest first, down to 8
 * characters. Right-aligned ones hold numbers and are never broken. Ends without a line end.
 */
export function boxTable(table: Table, width = 100): string {
  const { columns } = table;
  const widths = columns.map((column, c) => widest([column.header, ...table.rows.map((row) => row[c])]));
  const total = () => widths.reduce((sum, one) => sum + one + 3, 1);
  while (total() > width) {
    const wide = columns
      .map((_, c) => c)
      .filter((c) => columns[c].align === 'left' && widths[c] > narrowest)
      .sort((a, b) => widths[b] - widths[a])[0];
    if (wide === undefined) break;
    widths[wide] -= 1;
  }
  const row = (cells: readonly string[]) => boxRow(cells, columns, widths);
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((one) => '─'.repeat(one + 2)).join(middle) + right;
  return [
    rule('┌', '┬', '┐'),
    ...row(columns.map((column) => column.header)),
    rule('├', '┼', '┤'),
    ...table.rows.flatMap(row),
    rule('└', '┴', '┘'),
  ].join('\n');
}

/** Lines of a cell are joined by a space. Ends without a line end. */
export function markdownTable({ columns, rows }: Table): string {
  const cell = (text: string) =>
    text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [
    line(columns.map((column) => column.header)),
    `|${columns.map((column) => (column.align === 'left' ? ' --- ' : ' ---: ')).join('|')}|`,
    ...rows.map(line),
  ].join('\n');
}

function boxRow(cells: readonly string[], columns: readonly Column[], widths: readonly number[]): string[] {
  const lines = cells.map((cell, c) =>
    columns[c].align === 'left' ? cell.split('\n').flatMap((line) => wrap(line, widths[c])) : cell.split('\n'),
  );
  const height = Math.max(...lines.map((cell) => cell.length));
  return Array.from({ length: height }, (_, i) => {
    const filled = columns.map(({ align }, c) => {
      const text = lines[c][i] ?? '';
      const space = ' '.repeat(widths[c] - length(text));
      return align === 'left' ? text + space : space + text;
    });
    return `│ ${filled.join(' │ ')} │`;
  });
}

/** At spaces; a word that is too long is cut. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    if (line !== '' && length(line) + 1 + length(word) <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    while (length(word) > width) {
      lines.push([...word].slice(0, width).join(''));
      word = [...word].slice(width).join('');
    }
    line = word;
  }
  return [...lines, line];
}

function widest(cells: readonly string[]): number {
  return Math.max(...cells.flatMap((cell) => cell.split('\n').map(length)));
}

/** In code points: what the tables hold is ours to word, and narrow. */
function length(text: string): number {
  return [...text].length;
}
