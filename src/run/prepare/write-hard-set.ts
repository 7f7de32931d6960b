/** What a finished screen becomes: the split, the audit, and the files of the folder. */
import { join } from 'node:path';
import { SoarError } from '../../errors.js';
import { coldStart } from '../../evaluate/cold-start.js';
import type { Problem } from '../../problems/problem.js';
import { hardSplit, type ScreenedProblem } from '../../problems/screening.js';
import { countReasons } from '../../problems/sets/read-problem-set.js';
import { coldStartFigure, coldStartMarkdown } from '../../report/cold-start.js';
import type { Askable, TakenSet } from '../asking.js';
import type { Disk } from '../disk.js';
import { type HardSetManifest, hardSetFiles, type ScreenIdentity } from '../hard-set-folder.js';
import { sha256 } from '../snapshots.js';
import { jsonLinesText, writeWhole } from '../write-whole.js';
import type { Prepared, PrepareRequest } from './request.js';

export interface Screen {
  readonly request: PrepareRequest;
  readonly set: TakenSet;
  readonly asked: Askable;
  readonly identity: ScreenIdentity;
  readonly screened: readonly ScreenedProblem[];
  readonly disk: Disk;
}

/** The manifest goes last: without it a folder is no hard set. */
export async function writeHardSet({ request, set, asked, identity, screened, disk }: Screen): Promise<Prepared> {
  const { out, trainFraction, attempts, stopAtFirstSuccess, config } = request;
  const { problems } = asked;
  const audit = coldStart(
    problems.map(({ subject, level }, i) => ({ ...(screened[i] as ScreenedProblem), subject, level })),
    { attempts, stopAtFirstSuccess },
  );
  const hard = screened.filter(({ first }) => first === null).length;
  const train = Math.round(trainFraction * hard);
  const split = { trainFraction, seed: `prepare/${config.seed}` };
  const successes = screened.map((one) => one.successes);
  const halves = hardSplit(problems, successes, { train, test: hard - train }, split.seed);
  const refused = [...set.refused, ...asked.tooLong];
  const texts = { train: jsonLinesText(halves.train), test: jsonLinesText(halves.test) };
  const made = screened.reduce((sum, one) => sum + one.attempts, 0);
  const manifest: HardSetManifest = {
    made: 'soar prepare',
    screen: identity,
    model: { folder: config.model, sha256: identity.model },
    dataset: { name: set.name, format: set.format, source: set.source, sha256: set.sha256 },
    split,
    counts: {
      rows: set.rows,
      refused: Object.fromEntries(countReasons(refused)),
      beyondLimit: set.beyondLimit,
      problems: set.problems.length,
      screened: problems.length,
      solved: problems.length - hard,
      hard,
      train: halves.train.length,
      test: halves.test.length,
      cutPrompts: asked.cut.size,
      unwritablePrompts: asked.unwritable,
      attempts: made,
      attemptsSaved: attempts * problems.length - made,
      tokens: screened.reduce((sum, one) => sum + one.tokens, 0),
    },
    files: { train: sha256(texts.train), test: sha256(texts.test) },
  };
  const rows = problems.map(({ id, source, subject, level }, i) => ({
    id,
    ...screened[i],
    source,
    ...(subject !== undefined && { subject }),
    ...(level !== undefined && { level }),
    ...(asked.cut.has(problems[i] as Problem) && { cut: true }),
  }));
  const write = (name: keyof typeof hardSetFiles, text: string) =>
    writeWhole(join(out, hardSetFiles[name]), text, disk);
  await write('screen', jsonLinesText(rows));
  await write('refused', jsonLinesText(refused));
  await write('table', `${coldStartMarkdown(audit)}\n`);
  await write('figure', coldStartFigure(audit));
  await write('train', texts.train);
  await write('test', texts.test);
  await write('manifest', `${JSON.stringify(manifest, null, 2)}\n`);
  await disk.syncFolder(out);
  if (hard === 0) {
    throw new SoarError(
      'PREPARE_NOTHING_HARD',
      `every one of the ${problems.length} problems was solved at least once`,
      {
        where: join(out, hardSetFiles.screen),
        remedy: 'take harder problems; ordinary training has enough to learn from here',
      },
    );
  }
  return { manifest, audit };
}
