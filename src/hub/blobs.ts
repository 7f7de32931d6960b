/** A file of the hub as the cache keeps it: by its hash, whole and checked, or with what has arrived of it beside. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { ListFileEntry } from '@huggingface/hub';
import { SoarError } from '../errors.js';
import type { HubRepository } from './hub.js';
import { authorization, type Resolved, reached, refused } from './requests.js';

/** Into the blobs, gone on with where an earlier attempt broke off. @returns its path */
export async function fetchBlob(
  { kind, name }: HubRepository,
  commit: string,
  entry: ListFileEntry,
  store: string,
  options: Resolved,
  told: (have: number) => void,
): Promise<string> {
  const { path, size, lfs, oid = '' } = entry;
  const blob = join(store, 'blobs', lfs?.oid ?? oid);
  if (existsSync(blob)) return blob;
  await mkdir(dirname(blob), { recursive: true });
  const partial = `${blob}.incomplete`;
  let have = existsSync(partial) ? (await stat(partial)).size : 0;
  if (have < size || size === 0) {
    const prefix = kind === 'dataset' ? 'datasets/' : '';
    const url = `${options.endpoint}/${prefix}${name}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
    const headers = { ...authorization(options), ...(have > 0 && { range: `bytes=${have}-` }) };
    const response = await reached(fetch(url, { headers }), options);
    if (!response.ok || !response.body) throw refused(`${name}/${path}`, commit, response.status, options);
    // A server that knows no ranges sends everything again.
    if (response.status !== 206) have = 0;
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
    await reached(appendAll(body, partial, have, told), options);
  }
  const expected = lfs?.oid ?? oid;
  const hash = lfs ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
  for await (const part of createReadStream(partial)) hash.update(part as Buffer);
  if (hash.digest('hex') !== expected) {
    await rm(partial, { force: true });
    throw new SoarError('HUB_DAMAGED', `${path} did not arrive as the hub lists it (hash ${expected})`, {
      where: `${name}@${commit}`,
      remedy: 'try again; what arrived was thrown away',
      kind: 'environment',
    });
  }
  await rename(partial, blob);
  return blob;
}

/** Piece by piece, so that what has arrived is kept when the rest does not. */
async function appendAll(
  body: AsyncIterable<Uint8Array>,
  path: string,
  have: number,
  told: (have: number) => void,
): Promise<void> {
  const file = await open(path, have > 0 ? 'a' : 'w');
  try {
    for await (const part of body) {
      await file.appendFile(part);
      have += part.length;
      told(have);
    }
  } finally {
    await file.close();
  }
}
