/** A study for a terminal, as Markdown, and as a self-contained page. Pure. */

import { escapeText } from './escape.js';
import { wilsonNote } from './evaluation-table.js';
import { percent, plural } from './format.js';
import { figure, htmlTable, note, page, section } from './page.js';
import type { StudyClock, StudyReport } from './study-data.js';
import { studyFigures } from './study-figures.js';
import { studyTables } from './study-tables.js';
import { boxTable, markdownTable } from './table.js';

export function studyText(report: StudyReport, clock: StudyClock, width = 100): string {
  return studyTables(report, clock, '\n')
    .map(([title, table]) => `${title}\n${boxTable(table, width)}`)
    .concat(notesOf(report).join('\n'))
    .join('\n\n');
}

export function studyMarkdown(report: StudyReport, clock: StudyClock): string {
  return `${[
    `# ${report.name}`,
    ...studyTables(report, clock, ' ').map(([title, table]) => `${title}:\n\n${markdownTable(table)}`),
    ...notesOf(report),
  ].join('\n\n')}\n`;
}

export function studyHtml(report: StudyReport, clock: StudyClock): string {
  const tables = studyTables(report, clock, '\n').flatMap(([title, table]) => [
    `<h3>${escapeText(title)}</h3>`,
    htmlTable(table),
  ]);
  return page(report.name, [
    `<header><h1>${escapeText(report.name)}</h1></header>`,
    section('Result', ...tables, ...notesOf(report).map(note)),
    section('Figures', ...[...studyFigures(report).values()].map(figure)),
  ]);
}

function notesOf({ summary, transfer, rows, failures, tests, loops, embedding }: StudyReport): string[] {
  const trained = tests.some(({ p }) => p.some((one) => one !== null));
  return [
    `Ranges: ${percent(summary.confidence, 0)} % intervals, bootstrap over problems and teachers, with all students of a teacher together.`,
    ...([...summary.arms, ...(transfer?.arms ?? [])].some(({ passAtK }) =>
      passAtK.some(({ method }) => method === 'wilson'),
    )
      ? [wilsonNote]
      : []),
    ...(trained
      ? [
          'p: two-sided permutation test against the reference, whole teachers exchanged. Seeds to tell: per row, for the difference of pass@1, a power of .8 at level .05. Over .1: share of seeds whose pass@1 is above .1.',
        ]
      : []),
    'Cost: completion tokens sampled, tokens in a gradient, verdicts of the verifier, and seconds by the clock with others side by side; a mean per student, with its questions and its looks at the held-out problems, and per loop.',
    ...(loops.length > 0
      ? [
          `Vendi: by ${embedding}, mean ± standard deviation of 100 bootstrap subsamples of 128 questions. Distance: mean of 1 - cosine over pairs. Right: well-posed with a right answer; wrong, ambiguous and malformed are the rest.`,
        ]
      : []),
    ...rows.flatMap(({ title, skipped }) => {
      const reasons = [...new Set(skipped.map(({ reason }) => reason))];
      return reasons.map(
        (reason) =>
          `${title}: not run for ${plural(skipped.filter((one) => one.reason === reason).length, 'seed')}, because ${reason}.`,
      );
    }),
    ...failures.map(({ what, code, message }) => `Failed: ${what} (${code}: ${message}).`),
  ];
}
