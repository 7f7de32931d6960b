/** A benchmark's result as a table in Markdown, and what became worse since the one before. */

const number = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** Worse by more than a tenth: less is noise on a machine with other work. */
const noise = 0.1;

const reached = ({ median, wanted, better }) => (better === 'lower' ? median <= wanted : median >= wanted);

export function table({ measures }) {
  const rows = measures.map((one) => [
    one.name,
    `${number(one.median)} ${one.unit}`,
    `${number(one.least)} - ${number(one.most)}`,
    one.wanted === undefined
      ? ''
      : `${one.better === 'lower' ? 'at most' : 'at least'} ${one.wanted} ${one.unit}: ${reached(one) ? 'yes' : 'no'}`,
  ]);
  const head = ['', 'median', 'range', 'wanted'];
  const widths = head.map((title, i) => Math.max(title.length, 3, ...rows.map((row) => row[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** Lines, one per measure that is worse than before. */
export function worse(result, before) {
  return result.measures.flatMap((one) => {
    const old = before?.measures.find(({ name }) => name === one.name);
    if (!old) return [];
    const change = one.better === 'lower' ? one.median / old.median - 1 : old.median / one.median - 1;
    if (change <= noise) return [];
    return `worse than before: ${one.name}, ${number(old.median)} -> ${number(one.median)} ${one.unit}`;
  });
}
