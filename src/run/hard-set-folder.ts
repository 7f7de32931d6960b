/**
 * A hard set as `soar prepare` leaves it in a folder: problems to train on, held-out ones, what became of every problem, and a
 * manifest that says how all of it was made. Every line is checked when it is read.
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { Tokenizer } from '../checkpoints/tokenizer.js';
import { SoarError } from '../errors.js';
import type { Domain } from '../problems/domain.js';
import type { Problem } from '../problems/problem.js';
import { verificationPolicySchema } from '../verify/settings.js';
import type { Disk } from './disk.js';
import { sha256 } from './snapshots.js';

export const hardSetFiles = {
  manifest: 'manifest.json',
  train: 'hard-train.jsonl',
  test: 'hard-test.jsonl',
  screen: 'screen.jsonl',
  refused: 'refused.jsonl',
  table: 'cold-start.md',
  figure: 'cold-start.svg',
} as const;

const count = z.int().min(0);
const counts = z.record(z.string(), count);

/** What fixes the screen's results: two screens that agree in all of this are the same. */
export const screenIdentitySchema = z.strictObject({
  version: z.literal(1),
  model: z.string(),
  dataset: z.string(),
  limit: count.nullable(),
  domain: z.string(),
  verifier: z.string(),
  /** As `promptForm` has it. */
  prompt: z.string(),
  longPrompts: z.enum(['refuse', 'cut']),
  sampling: z.strictObject({ temperature: z.number(), maxNewTokens: count, topP: z.number(), topK: count }),
  attempts: count,
  stopAtFirstSuccess: z.boolean(),
  seed: z.string(),
  engine: z.string(),
});
export type ScreenIdentity = z.output<typeof screenIdentitySchema>;

const manifestSchema = z.strictObject({
  made: z.literal('soar prepare'),
  screen: screenIdentitySchema,
  model: z.strictObject({ folder: z.string(), sha256: z.string() }),
  dataset: z.strictObject({ name: z.string(), format: z.string(), source: z.string(), sha256: z.string() }),
  split: z.strictObject({ trainFraction: z.number(), seed: z.string() }),
  counts: z.strictObject({
    rows: count,
    refused: counts,
    /** Usable, but past the number asked for. */
    beyondLimit: count,
    problems: count,
    screened: count,
    solved: count,
    hard: count,
    train: count,
    test: count,
    cutPrompts: count,
    unwritablePrompts: count,
    attempts: count,
    attemptsSaved: count,
    tokens: count,
  }),
  /** SHA-256 of the files. */
  files: z.strictObject({ train: z.string(), test: z.string() }),
});
export type HardSetManifest = z.output<typeof manifestSchema>;

const problemSchema = z.strictObject({
  id: z.string().min(1),
  question: z.string().min(1),
  gold: z.string().min(1),
  source: z.string(),
  subject: z.string().optional(),
  level: z.string().optional(),
  verification: verificationPolicySchema.partial().optional(),
});

export interface PreparedHardSet {
  readonly manifest: HardSetManifest;
  readonly train: readonly Problem[];
  readonly test: readonly Problem[];
}

/** @throws SoarError HARD_SET_MISSING, HARD_SET_DAMAGED */
export async function readHardSet(folder: string, disk: Disk): Promise<PreparedHardSet> {
  const at = (name: string) => join(folder, name);
  const text = await disk.read(at(hardSetFiles.manifest));
  if (!text) {
    throw new SoarError('HARD_SET_MISSING', 'there is no finished hard set in this folder', {
      where: folder,
      remedy: 'make one with `soar prepare <dataset> --model <folder> --out <this folder>`, or let it finish',
    });
  }
  const manifest = parsed(manifestSchema, text.toString('utf8'), at(hardSetFiles.manifest));
  const problems = async (name: 'train' | 'test'): Promise<Problem[]> => {
    const path = at(hardSetFiles[name]);
    const bytes = (await disk.read(path)) ?? Buffer.alloc(0);
    if (sha256(bytes) !== manifest.files[name]) throw damaged(path, 'it is not the file that the manifest names');
    const lines = bytes.toString('utf8').split('\n').slice(0, -1);
    return lines.map((line, i) => parsed(problemSchema, line, `${path}:${i + 1}`) as Problem);
  };
  return { manifest, train: await problems('train'), test: await problems('test') };
}

function parsed<T>(schema: z.ZodType<T>, text: string, where: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(where, `it is not JSON (${(cause as Error).message})`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw damaged(where, `${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

function damaged(where: string, how: string): SoarError {
  return new SoarError('HARD_SET_DAMAGED', `the hard set is damaged or was changed by hand: ${how}`, {
    where,
    remedy: 'make it again with `soar prepare`; its journal keeps the screen, so this is quick',
  });
}

/**
 * Refuses a hard set of another model or prompt: its problems need not be hard for this one.
 * @throws SoarError HARD_SET_OTHER_MODEL, HARD_SET_OTHER_PROMPT
 */
export function checkHardSet(
  { screen, model }: HardSetManifest,
  now: { readonly model: string; readonly prompt: string },
  folder: string,
): void {
  const other = (code: string, what: string) =>
    new SoarError(code, `this hard set was made with another ${what}: its problems need not be hard for this one`, {
      where: join(folder, hardSetFiles.manifest),
      remedy: 'run `soar prepare` with this one, or take the set as it is with --set problems.acceptOther=true',
    });
  if (screen.model !== now.model) throw other('HARD_SET_OTHER_MODEL', `model (${model.folder})`);
  if (screen.prompt !== now.prompt) throw other('HARD_SET_OTHER_PROMPT', 'student prompt');
}

/** The student prompt around a question that reads <QUESTION>, as the model reads it; a chat says that it is one. */
export function promptForm(
  { studentPrompt }: Pick<Domain, 'studentPrompt'>,
  { write }: Pick<Tokenizer, 'write'>,
): string {
  const prompt = studentPrompt('<QUESTION>');
  return typeof prompt === 'string' ? prompt : `chat: ${write(prompt)}`;
}
