/** What can be exported in which form, and a request checked against it and against what the run has. Pure. */
import { SoarError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { type History, promotionsOf } from '../entries.js';

/** The first format of each is the one taken when none is asked for. */
export const exportFormats = {
  student: ['hf', 'peft'],
  teacher: ['hf', 'peft'],
  /** The student's, in the one form that there is for it. */
  adapter: ['peft'],
  questions: ['jsonl', 'parquet'],
} as const;

type Named = keyof typeof exportFormats;
export type ExportWhat = Exclude<Named, 'adapter'>;
export type ExportFormat = (typeof exportFormats)[Named][number];

export const exportWhats = Object.keys(exportFormats) as Named[];

export interface ExportRequest {
  /** One of `exportWhats`, as typed. */
  readonly what: string;
  /** One of `exportFormats[what]`, as typed. */
  readonly format?: string;
  /** Default: exports/<run>-<what>. */
  readonly out?: string;
  /** Which student, from 1. Default: the last. */
  readonly promotion?: number;
  /** Put in the place of what is in the folder. */
  readonly force?: boolean;
}

export interface ExportChoice {
  readonly what: ExportWhat;
  readonly format: ExportFormat;
  /** Of a student, from 1. */
  readonly promotion?: number;
  /** Outer step, from 1, that what is exported stems from: a promotion's, or the last closed one. */
  readonly step: number;
}

/**
 * @param run as the user names it, for messages
 * @throws SoarError EXPORT_WHAT, EXPORT_FORMAT, EXPORT_PROMOTION, EXPORT_NOTHING
 */
export function chooseExport(request: ExportRequest, history: History, run: string): ExportChoice {
  const named = whatOf(request);
  const format = formatOf(request, named);
  const what = named === 'adapter' ? 'student' : named;
  if (request.promotion !== undefined && what !== 'student') {
    throw new SoarError('EXPORT_PROMOTION', `--promotion picks a student; there is one ${what} of a run`, {
      where: `--promotion ${request.promotion}`,
      remedy: 'leave it out, or export --what student',
    });
  }
  const { steps } = history;
  if (what === 'teacher') {
    if (steps.length === 0)
      throw nothing('this run has closed no outer step yet, so its teacher is the base model', run);
    return { what, format, step: steps.length };
  }
  const promotedAt = steps.flatMap(({ step, promotion }) => (promotion ? step + 1 : []));
  const count = promotionsOf(history).length;
  if (count === 0) {
    const has = what === 'student' ? 'no student' : 'no promotion questions';
    throw nothing(`this run has promoted nothing, so it has ${has}`, run, promoteMore);
  }
  if (what === 'questions') return { what, format, step: promotedAt[count - 1] };
  const promotion = request.promotion ?? count;
  if (promotion < 1 || promotion > count) {
    throw new SoarError('EXPORT_PROMOTION', `there is no promotion ${promotion}; this run has ${count}`, {
      where: `--promotion ${promotion}`,
      remedy: count === 1 ? 'leave it out' : `choose 1 to ${count}, or leave it out for the last`,
    });
  }
  return { what, format, promotion, step: promotedAt[promotion - 1] };
}

function whatOf({ what }: ExportRequest): Named {
  if (Object.hasOwn(exportFormats, what)) return what as Named;
  const guess = nearest(what, exportWhats);
  throw new SoarError('EXPORT_WHAT', `a run has no '${what}'${guess ? `, did you mean '${guess}'?` : ''}`, {
    where: `--what ${what}`,
    remedy: `choose one of ${exportWhats.join(', ')}`,
  });
}

function formatOf({ format }: ExportRequest, what: Named): ExportFormat {
  const fitting: readonly string[] = exportFormats[what];
  if (format === undefined) return exportFormats[what][0];
  if (fitting.includes(format)) return format as ExportFormat;
  const others = exportWhats.filter((other) => (exportFormats[other] as readonly string[]).includes(format));
  const guess = nearest(format, fitting);
  const hint = others.length > 0 ? `; it fits ${others.join(', ')}` : guess ? `, did you mean '${guess}'?` : '';
  throw new SoarError('EXPORT_FORMAT', `the format '${format}' does not fit --what ${what}${hint}`, {
    where: `--format ${format}`,
    remedy: exportWhats.map((one) => `--what ${one}: ${exportFormats[one].join(', ')}`).join('; '),
  });
}

const nothing = (why: string, run: string, otherwise = '') =>
  new SoarError('EXPORT_NOTHING', why, { where: run, remedy: `let it go on with \`soar resume ${run}\`${otherwise}` });

const promoteMore =
  '; if it is done, start another with a lower soar.promotion.threshold, more outer steps or another seed';

/** The name of the folder where none is asked for. */
export function exportName(run: string, { what, format, promotion }: ExportChoice, asked: ExportRequest): string {
  const one = asked.promotion === undefined ? '' : `-${promotion}`;
  return `${run}-${what}${one}${exportFormats[what].length > 1 ? `-${format}` : ''}`;
}
