/** Where rows come from: a file, a folder, the hub or standard input, as files of bytes with the names that the user knows. */
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { SoarError } from '../../errors.js';
import { fetchSnapshot, parseHubName } from '../../hub/hub.js';
import type { ReadOptions } from './problem-set.js';
import { endingOf, rowEndings, type SourceFile } from './raw-rows.js';

export interface SourceFiles {
  /** Short, for folders and reports. */
  readonly name: string;
  /** Of a hub dataset with its commit. */
  readonly source: string;
  readonly files: readonly SourceFile[];
  /** What the files' names begin with that says only where they lie. */
  readonly place: string;
}

/** @throws SoarError PROBLEMS_MISSING, PROBLEMS_SPLIT, PROBLEMS_NO_FILES, HUB_* */
export async function sourceFiles(source: string, options: ReadOptions): Promise<SourceFiles> {
  if (source === '-')
    return { name: 'stdin', source, files: [await standardInput(options.input ?? process.stdin)], place: '' };
  if (source.startsWith('hf:')) return hubFiles(source, options);
  if (!existsSync(source)) {
    throw new SoarError('PROBLEMS_MISSING', `there is no problem set '${source}'`, {
      where: source,
      remedy: 'give a file, a folder, hf:<org>/<dataset>[@revision], or - for JSON lines on standard input',
    });
  }
  const name = basename(source).replace(/\.[A-Za-z]+$/, '');
  if (!statSync(source).isDirectory()) {
    const place = source.slice(0, source.length - basename(source).length);
    return { name, source, files: [await fileAt(source, source)], place };
  }
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(source, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  const chosen = chooseFiles(paths, options.split, source);
  const files = await Promise.all(chosen.map((path) => fileAt(join(source, path), path)));
  return { name, source, files, place: '' };
}

async function hubFiles(source: string, options: ReadOptions): Promise<SourceFiles> {
  const { name, revision } = parseHubName(source);
  const repository = { kind: 'dataset', name, revision } as const;
  const { commit, folder, paths } = await fetchSnapshot(
    repository,
    (all) => chooseFiles(all, options.split, source),
    options.hub,
  );
  return {
    name: name.split('/').at(-1) as string,
    source: `hf:${name}@${commit}`,
    files: await Promise.all(paths.map((path) => fileAt(join(folder, path), path))),
    place: '',
  };
}

async function standardInput(input: AsyncIterable<Uint8Array | string>): Promise<SourceFile> {
  const parts: Uint8Array[] = [];
  for await (const part of input) parts.push(Buffer.from(part as Uint8Array));
  return { name: 'stdin.jsonl', bytes: Buffer.concat(parts) };
}

const fileAt = async (path: string, name: string): Promise<SourceFile> => ({ name, bytes: await readFile(path) });

const splits = ['train', 'test', 'validation'];

/** Of all paths, in order: those of the most telling kind of file, of one split. */
export function chooseFiles(paths: readonly string[], split: string | undefined, where: string): string[] {
  const visible = paths.filter((path) => !path.split('/').some((part) => part.startsWith('.'))).toSorted();
  const kind = rowEndings.find((ending) => visible.some((path) => endingOf(path) === ending));
  const files = visible.filter((path) => endingOf(path) === kind);
  if (files.length === 0) {
    throw new SoarError('PROBLEMS_NO_FILES', `no file in there ends in ${rowEndings.join(', ')}`, {
      where,
      remedy: 'unpack archives first, or name the file itself',
    });
  }
  if (split === 'all') return files;
  const present = splits.filter((word) => files.some((path) => speaksOf(path, word)));
  if (split === undefined) {
    if (present.length < 2) return files;
    throw new SoarError('PROBLEMS_SPLIT', `there are several splits: ${present.join(', ')}`, {
      where,
      remedy: 'name one with --split, or take everything with --split all',
    });
  }
  const chosen = files.filter((path) => speaksOf(path, split));
  if (chosen.length > 0) return chosen;
  throw new SoarError('PROBLEMS_SPLIT', `no path in there speaks of '${split}'`, {
    where,
    remedy: `the files are ${files.slice(0, 5).join(', ')}${files.length > 5 ? `, and ${files.length - 5} more` : ''}`,
  });
}

const speaksOf = (path: string, word: string) =>
  path
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .includes(word.toLowerCase());
