/** Reports: tables, figures and the self-contained page, from plain data. */
export { coldStartFigure, coldStartMarkdown, coldStartText } from './cold-start.js';
export { evaluationMarkdown, evaluationText, headline, skippedNotes } from './evaluation-table.js';
export { reportHtml } from './html.js';
export { billText, rolesTable } from './spending.js';
export { boxTable, type Column, markdownTable, type Table } from './table.js';
export type {
  EvaluationReport,
  LedgerRow,
  PromotionReport,
  QuestionReport,
  RoleRow,
  RunReportData,
  SpendingReport,
  StageReport,
  StepReport,
} from './types.js';
