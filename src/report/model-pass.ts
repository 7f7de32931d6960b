/** pass@k of a model as a table for a terminal. Pure. */
import type { ModelPass } from '../evaluate/model-pass.js';
import { percent } from './format.js';
import { boxTable } from './table.js';

export function modelPassText({ ks, rows, samples, confidence }: ModelPass, width = 100): string {
  const table = {
    columns: [
      { header: 'Problems', align: 'left' as const },
      { header: 'Count', align: 'right' as const },
      ...ks.map((k) => ({ header: `pass@${k}`, align: 'right' as const })),
    ],
    rows: rows.map(({ group, problems, passAtK }) => [
      group,
      String(problems),
      ...passAtK.map(({ mean, low, high }) => `${percent(mean)}\n${percent(low)}…${percent(high)}`),
    ]),
  };
  const note = `Ranges: ${percent(confidence, 0)} % intervals over problems. Estimated without bias from ${samples} completions per problem.`;
  return `pass@k, %\n${boxTable(table, width)}\n${note}`;
}
