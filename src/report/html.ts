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
import { percent, plural } from './format.js';
import { figure, htmlTable, note, page, section } from './page.js';
import { kindsFigure, rewardFigure, studentFigure } from './run-figures.js';
import { billText, partsTable, rolesTable, spendingNote } from './spending.js';
import type { EvaluationReport, QuestionReport, RunReportData, SpendingReport } from './types.js';

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
    ...(data.spending.parts.length > 0 ? [spendingSection(data.spending)] : []),
    configSection(data.config),
  ];
  return page(data.name, sections);
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

function spendingSection(spending: SpendingReport): string {
  const { roles } = spending;
  return section(
    'Where tokens and time went',
    ...[billText(spending)].filter(Boolean).map(note),
    htmlTable(partsTable(spending)),
    ...(roles.length > 0 ? ['<h3>By role</h3>', htmlTable(rolesTable(spending)), note(spendingNote)] : []),
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
