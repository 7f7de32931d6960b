/** The cold-start audit as a table, for a terminal or Markdown, and as a figure. Pure. */
import type { ColdStart, ColdStartRow } from '../evaluate/cold-start.js';
import { lineChart, type Series } from './figures/line-chart.js';
import type { Colour } from './figures/style.js';
import { percent } from './format.js';
import { boxTable, markdownTable, type Table } from './table.js';

const title = 'Problems without a single success in k attempts, %';

export function coldStartText(audit: ColdStart, width = 100): string {
  return `${title}\n${boxTable(coldStartTable(audit, '\n'), width)}\n${note(audit)}`;
}

export function coldStartMarkdown(audit: ColdStart): string {
  return `${title}:\n\n${markdownTable(coldStartTable(audit, ' '))}\n\n${note(audit)}`;
}

const note = ({ confidence }: ColdStart) =>
  `Ranges: ${percent(confidence, 0)} % intervals over problems. A group of k completions without a success gives no gradient.`;

function coldStartTable({ ks, rows }: ColdStart, between: string): Table {
  return {
    columns: [
      { header: 'Group', align: 'left' },
      { header: 'Problems', align: 'right' },
      ...ks.map((k) => ({ header: `0 of ${k}`, align: 'right' as const })),
    ],
    rows: rows.map(({ group, problems, none }) => [
      group,
      String(problems),
      ...none.map(({ mean, low, high }) => `${percent(mean)}${between}${percent(low)}…${percent(high)}`),
    ]),
  };
}

const colours: readonly Colour[] = ['blue', 'orange', 'green', 'sky', 'purple', 'amber', 'grey'];

/** Over k on a logarithmic axis: all problems with their band, and each level or else subject. */
export function coldStartFigure(audit: ColdStart): string {
  const { ks, rows, confidence } = audit;
  const by = rows.some((row) => row.by === 'level') ? 'level' : 'subject';
  const groups = rows.filter((row) => row.by === by).slice(0, colours.length - 1);
  const x = (k: number) => Math.log2(k);
  const series = (row: ColdStartRow, colour: Colour, kind: Series['kind']): Series => ({
    name: row.group,
    colour,
    kind,
    points: row.none.map(({ mean }, i) => ({ x: x(ks[i] as number), y: mean })),
    ...(row.by === 'all' && { band: row.none.map(({ low, high }, i) => ({ x: x(ks[i] as number), low, high })) }),
  });
  const [all] = rows as readonly [ColdStartRow];
  return lineChart({
    title: 'Problems without a single success in k attempts',
    subtitle: `all problems with a ${percent(confidence, 0)} % band${groups.length > 0 ? `, and by ${by}` : ''}`,
    x: {
      label: 'attempts k, each step doubles them',
      format: (value) => String(Math.round(2 ** value)),
      integers: true,
    },
    y: { label: 'share of problems, %', format: (value) => percent(value, 0), zero: true },
    series: [
      ...groups.map((row, i) => series(row, colours[i + 1] as Colour, 'thin-line')),
      series(all, colours[0] as Colour, 'line'),
    ],
  });
}
