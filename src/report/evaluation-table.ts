/** The tables of an evaluation: pass@k of every arm, and how far each is from Hard-Only. For a terminal and for Markdown. Pure. */
import type { ArmSummary, EvaluationSummary } from '../evaluate/summary.js';
import { percent, plural, signedPercent } from './format.js';
import { boxTable, markdownTable, type Table } from './table.js';
import type { EvaluationReport } from './types.js';

export function evaluationText(
  summary: EvaluationSummary,
  skipped: EvaluationReport['skipped'] = [],
  width = 100,
): string {
  const parts = [`${tableTitle(summary)}\n${boxTable(passTable(summary, '\n'), width)}`];
  const differences = differenceTable(summary, '\n');
  if (differences) parts.push(`${differenceTitle(summary)}\n${boxTable(differences, width)}`);
  return [...parts, notes(summary, skipped).join('\n')].join('\n\n');
}

export function evaluationMarkdown(summary: EvaluationSummary, skipped: EvaluationReport['skipped'] = []): string {
  const parts = [`${tableTitle(summary)}:\n\n${markdownTable(passTable(summary, ' '))}`];
  const differences = differenceTable(summary, ' ');
  if (differences) parts.push(`${differenceTitle(summary)}:\n\n${markdownTable(differences)}`);
  return [...parts, notes(summary, skipped).join('\n\n')].join('\n\n');
}

export function tableTitle({ arms }: EvaluationSummary): string {
  return `pass@k on ${plural(arms[0]?.problems ?? 0, 'held-out hard problem')}, %`;
}

export function differenceTitle({ reference, arms }: EvaluationSummary): string {
  return `Difference from ${arms.find(({ arm }) => arm === reference)?.title}, percentage points`;
}

export function passTable(summary: EvaluationSummary, between: '\n' | ' '): Table {
  return {
    columns: columns(summary, [{ header: 'Seeds', align: 'right' }]),
    rows: summary.arms.map(({ title, seeds, passAtK }) => [
      title,
      String(seeds),
      ...passAtK.map((one) => percent(one.mean) + between + range(one, between)),
    ]),
  };
}

/** As the paper states its results: mean ± standard deviation over seeds. */
export function deviationTable(summary: EvaluationSummary): Table {
  return {
    columns: columns(summary, [{ header: 'Seeds', align: 'right' }]),
    rows: summary.arms.map(({ title, seeds, passAtK }) => [
      title,
      String(seeds),
      ...passAtK.map((one) => `${percent(one.mean)} ± ${percent(one.deviation)}`),
    ]),
  };
}

/** Undefined when nothing is compared. */
export function differenceTable(summary: EvaluationSummary, between: '\n' | ' '): Table | undefined {
  const compared = summary.arms.filter((arm): arm is ArmSummary & Required<Pick<ArmSummary, 'difference'>> =>
    Boolean(arm.difference),
  );
  if (compared.length === 0) return undefined;
  return {
    columns: columns(summary),
    rows: compared.map(({ title, difference }) => [
      title,
      ...difference.map((one) => signedPercent(one.mean) + between + range(one, between)),
    ]),
  };
}

export const wilsonNote = 'Where no sample was right, or all were, an interval is Wilson’s over the problems.';

export function notes(summary: EvaluationSummary, skipped: EvaluationReport['skipped']): string[] {
  const confidence = percent(summary.confidence, 0);
  const usual = `Ranges: ${confidence} % intervals, bootstrap over problems and seeds.`;
  const still = summary.arms.filter(({ trains }) => !trains).map(({ title }) => title);
  const degenerate = summary.arms.some(({ passAtK }) => passAtK.some(({ method }) => method === 'wilson'));
  return [
    usual,
    ...(degenerate ? [wilsonNote] : []),
    ...(still.length > 0 && still.length < summary.arms.length
      ? [`Seeds are students, each trained anew; of ${still.join(' and ')}, samplings of one model.`]
      : []),
    ...skippedNotes(skipped),
  ];
}

export function skippedNotes(skipped: EvaluationReport['skipped']): string[] {
  return skipped.map(({ arm, reason }) => `Not run: ${arm}, because ${reason}.`);
}

/** One sentence: what the promotion questions did. Undefined without both arms. */
export function headline(summary: EvaluationSummary): string | undefined {
  const find = (name: string) => summary.arms.find(({ arm }) => arm === name);
  const [pq, hardOnly] = [find('pq'), find('hard-only')];
  const difference = pq?.difference?.[0];
  if (!pq || !hardOnly || !difference) return undefined;
  const at = (arm: ArmSummary) => `${percent(arm.passAtK[0].mean)}\u00A0%`;
  const by = `${signedPercent(difference.mean)} points, ${percent(summary.confidence, 0)}\u00A0% interval ${range(difference, '\n')}`;
  return `Trained with the promotion questions, a fresh student reaches pass@${summary.ks[0]} of ${at(pq)} on held-out hard problems; on the hard problems alone, ${at(hardOnly)} (${by}).`;
}

function columns({ ks }: EvaluationSummary, more: Table['columns'] = []): Table['columns'] {
  return [
    { header: 'Arm', align: 'left' },
    ...more,
    ...ks.map((k) => ({ header: `pass@${k}`, align: 'right' as const })),
  ];
}

function range({ low, high }: { low: number; high: number }, between: '\n' | ' '): string {
  return between === '\n' ? `${percent(low)}…${percent(high)}` : `[${percent(low)}, ${percent(high)}]`;
}
