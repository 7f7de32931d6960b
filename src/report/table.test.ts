import { describe, expect, it } from 'vitest';
import { boxTable, markdownTable, type Table } from './table.js';

const table: Table = {
  columns: [
    { header: 'Arm', align: 'left' },
    { header: '@1', align: 'right' },
  ],
  rows: [
    ['Hard-Only', '0.0'],
    ['PQ', '41.2\n35…47'],
  ],
};

const widths = (text: string) => new Set(text.split('\n').map((line) => [...line].length));

describe('boxTable', () => {
  it('aligns, and gives a cell as many lines as it has', () => {
    expect(boxTable(table)).toBe(
      [
        '┌───────────┬───────┐',
        '│ Arm       │    @1 │',
        '├───────────┼───────┤',
        '│ Hard-Only │   0.0 │',
        '│ PQ        │  41.2 │',
        '│           │ 35…47 │',
        '└───────────┴───────┘',
      ].join('\n'),
    );
  });

  it('wraps left-aligned columns at spaces to keep the width, and cuts a word that is too long', () => {
    const long: Table = {
      columns: [...table.columns, { header: 'Why', align: 'left' }],
      rows: [['PQ', '41.2', 'because promotionquestionsteachcare and more']],
    };
    const text = boxTable(long, 40);
    expect(widths(text)).toEqual(new Set([40]));
    const cells = text.split('\n').map((line) => line.split('│')[3]?.trim() ?? '');
    expect(cells.join('').replaceAll(' ', '')).toBe('Whybecausepromotionquestionsteachcareandmore');
  });

  it('never breaks numbers: it is wider than asked rather than wrong', () => {
    expect([...widths(boxTable(table, 10))][0]).toBeGreaterThan(10);
    expect(boxTable(table, 10)).toContain('41.2');
  });

  it('stands without rows', () => {
    expect(boxTable({ ...table, rows: [] }).split('\n')).toHaveLength(4);
  });
});

describe('markdownTable', () => {
  it('aligns by its rule and escapes what would break a cell', () => {
    const rows = [['a|b <i>', '1\n2']];
    expect(markdownTable({ ...table, rows })).toBe('| Arm | @1 |\n| --- | ---: |\n| a\\|b &lt;i> | 1 2 |');
  });
});
