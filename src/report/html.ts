/**
 * `report.html`: a run on one page that asks nothing of a network: no script, no font, no picture from elsewhere, and a
 * content policy that forbids them. Whatever a model wrote is escaped. Pure.
 */
import { type EvaluationSummary, summarize } from '../evaluate/summary.js';
import { escapeText } from './escape.js';
import { heldOutFigure, passFigure, trainingFigure } from './evaluation-figures.js';
import {
  differenceTable,
  differenceTitle,
  headline,
  notes,
  passTable,
  skippedNotes,
  tableTitle,
} from './evaluation-table.js';
import { compact, duration, percent, plural } from './format.js';
import { pageStyle } from './page-style.js';
import { kindsFigure, rewardFigure, studentFigure } from './run-figures.js';
import type { Table } from './table.js';
import type { EvaluationReport, LedgerRow, QuestionReport, RunReportData } from './types.js';

const policy = "default-src 'none'; style-src 'unsafe-inline'";

export function reportHtml(data: RunReportData): string {
  const { evaluation } = data;
  const summary =
    evaluation && evaluation.results.length > 0 ? summarize(evaluation.results, evaluation.settings) : undefined;
  const sections = [
    header(data, summary),
    ...(evaluation ? [evaluationSection(evaluation, summary)] : []),
    ...(data.steps.length > 0 ? [loopSection(data)] : []),
    ...(data.stages.length > 0 ? [stageSection(data)] : []),
    ...(data.promotionQuestions.length > 0 ? [promotionSection(data)] : []),
    ...(data.ledger.length > 0 ? [ledgerSection(data.ledger)] : []),
    configSection(data.config),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(data.name)} · SOAR</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

const states: Readonly<Record<RunReportData['state'], string>> = {
  running: 'This run is still going on; the page shows what it had done when it was written.',
  stopped: 'This run was stopped before its end; the page shows what it had done.',
  finished: '',
};

function header(data: RunReportData, summary: EvaluationSummary | undefined): string {
  const lead = (summary && headline(summary)) || loopLine(data);
  const facts = data.facts.map(
    ([name, value]) => `<div><dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd></div>`,
  );
  return [
    `<header><h1>${escapeText(data.name)}</h1>`,
    states[data.state] && `<p class="state">${states[data.state]}</p>`,
    `<p class="lead">${escapeText(lead)}</p>`,
    `<dl class="facts">${facts.join('')}</dl></header>`,
  ]
    .filter(Boolean)
    .join('\n');
}

function loopLine({ steps, promotionQuestions }: RunReportData): string {
  return `${plural(steps.length, 'outer step')}, ${plural(promotionQuestions.length, 'promotion')}.`;
}

function evaluationSection({ results, skipped }: EvaluationReport, summary: EvaluationSummary | undefined): string {
  if (!summary) return section('Result', ...skippedNotes(skipped).map(note));
  const differences = differenceTable(summary, '\n');
  return section(
    'Result',
    `<h3>${escapeText(tableTitle(summary))}</h3>`,
    htmlTable(passTable(summary, '\n')),
    ...(differences ? [`<h3>${escapeText(differenceTitle(summary))}</h3>`, htmlTable(differences)] : []),
    ...notes(summary, skipped).map(note),
    figure(passFigure(summary)),
    figure(heldOutFigure(results, summary.arms)),
    figure(trainingFigure(results, summary.arms)),
  );
}

function loopSection(data: RunReportData): string {
  return section('The outer loop', figure(rewardFigure(data)), figure(studentFigure(data)), figure(kindsFigure(data)));
}

function stageSection({ stages }: RunReportData): string {
  return section(
    "Samples of the teacher's questions",
    note('Drawn at random from the accepted ones. The answer is the teacher’s own and may be wrong.'),
    ...stages.map(({ promotions, steps: [first, last], samples }) => {
      const when = promotions === 0 ? 'Before the first promotion' : `After promotion ${promotions}`;
      const steps = first === last ? `step ${first}` : `steps ${first} to ${last}`;
      return `<h3>${when} <small>${steps}</small></h3>\n${questionTable(samples)}`;
    }),
  );
}

function promotionSection({ promotionQuestions }: RunReportData): string {
  const total = promotionQuestions.reduce((sum, { questions }) => sum + questions.length, 0);
  return section(
    `Promotion questions (${total})`,
    ...promotionQuestions.map(
      ({ step, accuracy, questions }, i) =>
        `<details><summary>Promotion ${i + 1}, at step ${step}: ${plural(questions.length, 'question')}; the promoted student solves ${percent(accuracy)} % of the reward questions</summary>\n${questionTable(questions)}</details>`,
    ),
  );
}

function ledgerSection(rows: readonly LedgerRow[]): string {
  return section(
    'Where tokens and time went',
    htmlTable({
      columns: [
        { header: 'Part', align: 'left' },
        { header: 'Time', align: 'right' },
        { header: 'Tokens sampled', align: 'right' },
        { header: 'Tokens trained', align: 'right' },
        { header: 'Sampled and trained per second', align: 'right' },
      ],
      rows: rows.map(({ part, seconds, tokensSampled, tokensTrained }) => [
        part,
        duration(seconds),
        compact(tokensSampled),
        compact(tokensTrained),
        seconds > 0 ? compact((tokensSampled + tokensTrained) / seconds) : '',
      ]),
    }),
  );
}

function configSection(config: string): string {
  return section('Config', `<details><summary>All settings</summary><pre>${escapeText(config)}</pre></details>`);
}

function questionTable(questions: readonly QuestionReport[]): string {
  const rows = questions.map(
    ({ kind, question, answer }) =>
      `<tr><td class="kind">${escapeText(kind)}</td><td class="said">${escapeText(question)}</td><td class="said">${escapeText(answer)}</td></tr>`,
  );
  return `<div class="wide"><table class="questions"><thead><tr><th>Kind</th><th>Question</th><th>Answer</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function htmlTable({ columns, rows }: Table): string {
  const cells = (tag: 'th' | 'td', texts: readonly string[]) =>
    texts.map((text, c) => `<${tag} class="${columns[c].align}">${cellLines(text)}</${tag}>`).join('');
  const head = cells(
    'th',
    columns.map(({ header }) => header),
  );
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table></div>`;
}

/** The lines after the first are what qualifies it. */
function cellLines(text: string): string {
  const [first, ...rest] = text.split('\n').map(escapeText);
  return [first, ...rest.map((line) => `<small>${line}</small>`)].join('<br>');
}

const section = (title: string, ...parts: readonly string[]) =>
  `<section><h2>${escapeText(title)}</h2>\n${parts.filter(Boolean).join('\n')}</section>`;

const note = (text: string) => `<p class="note">${escapeText(text)}</p>`;

const figure = (svg: string | undefined) => (svg === undefined ? '' : `<figure>${svg}</figure>`);
