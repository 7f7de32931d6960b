/**
 * Files of the Hugging Face hub, kept in the cache that all its clients share (`<kind>s--<org>--<name>/{refs,blobs,snapshots}`): a
 * revision is resolved to a commit, missing files are fetched, a broken download is gone on with, and every file is checked
 * against the hash that the hub lists. Offline, the cache alone answers.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { HubApiError, type ListFileEntry, listFiles } from '@huggingface/hub';
import { SoarError } from '../errors.js';
import { fetchBlob } from './blobs.js';
import type { HubOptions } from './hub-options.js';
import { authorization, type Resolved, reached, refused, unreachable, withEnvironment } from './requests.js';

export interface HubRepository {
  readonly kind: 'dataset' | 'model';
  /** `org/name` */
  readonly name: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

export interface HubSnapshot {
  readonly commit: string;
  /** Where the files lie. */
  readonly folder: string;
  /** Relative to it, as they were asked for. */
  readonly paths: readonly string[];
}

/** `org/name`, as the hub names a repository. */
export const isHubName = (text: string) => /^\w[\w.-]*\/\w[\w.-]*$/.test(text);

/** `hf:org/name@revision`; the revision is main where none is said. @throws SoarError HUB_NAME */
export function parseHubName(text: string): { name: string; revision: string } {
  const match = /^hf:([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/.exec(text);
  if (match) return { name: match[1] as string, revision: match[2] ?? 'main' };
  throw new SoarError('HUB_NAME', `'${text}' names nothing on the hub`, { remedy: 'write hf:<org>/<name>[@revision]' });
}

/** Picks files out of all that the hub lists, or that the cache has. */
export type ChooseFiles = (paths: readonly string[], from: 'hub' | 'cache') => readonly string[];

export interface HubProgress {
  /** What arrives now. */
  readonly path: string;
  /** Bytes of all files that were missing: those that have arrived, and all. */
  readonly done: number;
  readonly of: number;
}

/**
 * The files that `choose` picks out of all, on this disk. What a commit is never changes, so one that the cache has whole is taken
 * from there when the hub does not answer.
 * @throws SoarError HUB_UNREACHABLE, HUB_NOT_FOUND, HUB_NOT_CACHED, HUB_DAMAGED, and what `choose` throws
 */
export async function fetchSnapshot(
  repository: HubRepository,
  choose: ChooseFiles,
  given: HubOptions = {},
  onProgress: (progress: HubProgress) => void = () => undefined,
): Promise<HubSnapshot> {
  const options = withEnvironment(given);
  const store = join(options.cacheDir, `${repository.kind}s--${repository.name.replace('/', '--')}`);
  if (options.offline) return cachedSnapshot(repository, store, choose);
  try {
    return await reachedSnapshot(repository, store, choose, options, onProgress);
  } catch (error) {
    const unreached = error instanceof SoarError && error.code === 'HUB_UNREACHABLE';
    if (!unreached || !commitForm.test(repository.revision)) throw error;
    return cachedSnapshot(repository, store, choose).catch(() => {
      throw error;
    });
  }
}

async function reachedSnapshot(
  repository: HubRepository,
  store: string,
  choose: ChooseFiles,
  options: Resolved,
  onProgress: (progress: HubProgress) => void,
): Promise<HubSnapshot> {
  const commit = await commitOf(repository, options);
  const listed = await listing(repository, commit, options);
  const paths = choose([...listed.keys()], 'hub');
  const folder = join(store, 'snapshots', commit);
  const missing = paths.filter((path) => !existsSync(join(folder, path)));
  const sizeOf = (path: string) => (listed.get(path) as ListFileEntry).size;
  const of = missing.reduce((sum, path) => sum + sizeOf(path), 0);
  let before = 0;
  for (const path of missing) {
    const entry = listed.get(path) as ListFileEntry;
    const told = (have: number) => onProgress({ path, done: before + have, of });
    const blob = await fetchBlob(repository, commit, entry, store, options, told);
    before += entry.size;
    const link = join(folder, path);
    await mkdir(dirname(link), { recursive: true });
    // A link may be left of a file that somebody took away.
    await rm(link, { force: true });
    await symlink(relative(dirname(link), blob), link);
  }
  // As other clients do, so that the name can be resolved without the hub.
  await mkdir(join(store, 'refs', dirname(repository.revision)), { recursive: true });
  await writeFile(join(store, 'refs', repository.revision), commit);
  return { commit, folder, paths };
}

const commitForm = /^[0-9a-f]{40}$/;

async function cachedSnapshot(
  { name, revision }: HubRepository,
  store: string,
  choose: ChooseFiles,
): Promise<HubSnapshot> {
  const ref = join(store, 'refs', revision);
  const commit = commitForm.test(revision) ? revision : existsSync(ref) ? (await readFile(ref, 'utf8')).trim() : '';
  const folder = join(store, 'snapshots', commit);
  if (commit === '' || !existsSync(folder)) {
    throw new SoarError('HUB_NOT_CACHED', `${name}@${revision} is not in the cache, and the hub is not to be asked`, {
      where: store,
      remedy: 'fetch it once with a connection, or unset HF_HUB_OFFLINE',
      kind: 'environment',
    });
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const all = entries
    .filter((entry) => !entry.isDirectory() && existsSync(join(entry.parentPath, entry.name)))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  return { commit, folder, paths: choose(all, 'cache') };
}

async function commitOf({ kind, name, revision }: HubRepository, options: Resolved): Promise<string> {
  if (commitForm.test(revision)) return revision;
  const url = `${options.endpoint}/api/${kind}s/${name}/revision/${encodeURIComponent(revision)}`;
  const response = await reached(fetch(url, { headers: authorization(options) }), options);
  if (!response.ok) throw refused(name, revision, response.status, options);
  const { sha } = (await response.json()) as { sha?: unknown };
  if (typeof sha === 'string' && commitForm.test(sha)) return sha;
  throw new SoarError('HUB_ANSWER', 'the hub names no commit', { where: url, kind: 'environment' });
}

async function listing(
  { kind, name }: HubRepository,
  commit: string,
  options: Resolved,
): Promise<Map<string, ListFileEntry>> {
  const found = new Map<string, ListFileEntry>();
  const files = listFiles({
    repo: { type: kind, name },
    revision: commit,
    recursive: true,
    hubUrl: options.endpoint,
    // Not as the library's access token: it knows the form of the hub's own tokens alone, and mirrors have others.
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init?.headers, ...authorization(options) } }),
  });
  try {
    for await (const entry of files) if (entry.type === 'file') found.set(entry.path, entry);
  } catch (error) {
    if (error instanceof HubApiError) throw refused(name, commit, error.statusCode, options);
    throw unreachable(error, options);
  }
  return found;
}
