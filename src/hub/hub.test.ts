/** Against a local server that speaks as the hub does. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { gitHash, type HubServer, openHub, sha256 } from '../../test/hub-server.js';
import { readProblemSet } from '../problems/sets/read-problem-set.js';
import { fetchSnapshot, parseHubName } from './hub.js';

const commit = 'c'.repeat(40);
const large = Buffer.from('{"question":"One?","gold":"1"}\n'.repeat(2000));
const small = Buffer.from('{"question":"Two?","gold":"2"}\n');
const files = { 'data/large.jsonl': large, 'data/small.jsonl': small };

let hub: HubServer;
let cacheDir: string;
beforeAll(async () => {
  hub = await openHub({ kind: 'dataset', name: 'org/set', commit, files });
});
afterAll(() => hub.close());
beforeEach(() => {
  if (cacheDir) rmSync(cacheDir, { recursive: true });
  cacheDir = mkdtempSync(join(tmpdir(), 'hub-'));
  hub.requests.length = 0;
  hub.fault = {};
});
afterAll(() => rmSync(cacheDir, { recursive: true }));

const repository = { kind: 'dataset', name: 'org/set', revision: 'main' } as const;
const everything = (paths: readonly string[]) => paths;
const fetched = (options: object = {}, revision = 'main', choose: typeof everything = everything) =>
  fetchSnapshot({ ...repository, revision }, choose, { cacheDir, endpoint: hub.endpoint, offline: false, ...options });
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('this must fail'),
    (error) => `${error.code}: ${error.message}`,
  );

it('fetches what is asked for, once, into the layout that all clients share', async () => {
  const found = await fetched();
  expect(found).toMatchObject({ commit, paths: ['data/large.jsonl', 'data/small.jsonl'] });
  const store = join(cacheDir, 'datasets--org--set');
  expect(found.folder).toBe(join(store, 'snapshots', commit));
  expect(readFileSync(join(found.folder, 'data/large.jsonl'))).toEqual(large);
  expect(readFileSync(join(store, 'blobs', gitHash(small)))).toEqual(small);
  expect(readFileSync(join(store, 'refs', 'main'), 'utf8')).toBe(commit);
  const downloads = () => hub.requests.filter((path) => path.includes('/resolve/')).length;
  expect(downloads()).toBe(2);
  await fetched();
  expect(downloads()).toBe(2);
});

it('fetches no more than what is chosen', async () => {
  await fetched({}, commit, (paths) => paths.filter((path) => path.includes('small')));
  expect(hub.requests.filter((path) => path.includes('/resolve/'))).toEqual([
    `/datasets/org/set/resolve/${commit}/data/small.jsonl`,
  ]);
});

it('answers from the cache alone when offline, by branch and by commit', async () => {
  expect(await failure(fetched({ offline: true }))).toMatch(/^HUB_NOT_CACHED/);
  await fetched();
  hub.requests.length = 0;
  for (const revision of ['main', commit]) {
    const { paths, folder } = await fetched({ offline: true }, revision);
    expect(paths.toSorted()).toEqual(['data/large.jsonl', 'data/small.jsonl']);
    expect(readFileSync(join(folder, 'data/small.jsonl'))).toEqual(small);
  }
  expect(hub.requests).toEqual([]);
});

it('goes on with a download that broke off', async () => {
  hub.fault = { breakAfter: 1000 };
  expect(await failure(fetched())).toMatch(/^HUB_UNREACHABLE/);
  hub.fault = {};
  hub.requests.length = 0;
  const { folder } = await fetched();
  expect(hub.requests.some((line) => /large\.jsonl bytes=[1-9]\d*-$/.test(line))).toBe(true);
  expect(readFileSync(join(folder, 'data/large.jsonl'))).toEqual(large);
});

it('throws away what is not what the hub lists', async () => {
  hub.fault = { other: true };
  expect(await failure(fetched())).toMatch(/^HUB_DAMAGED: data\/large\.jsonl/);
  hub.fault = {};
  expect(readFileSync(join((await fetched()).folder, 'data/large.jsonl'))).toEqual(large);
});

it('sends the token, and says so when one is missing', async () => {
  hub.fault = { token: 'secret' };
  expect(await failure(fetched({ token: '' }))).toMatch(/^HUB_NOT_FOUND/);
  expect((await fetched({ token: 'secret' })).commit).toBe(commit);
});

it('says what is not there', async () => {
  expect(await failure(fetched({}, 'nowhere'))).toMatch(/^HUB_NOT_FOUND: the hub has no org\/set@nowhere/);
  expect(await failure(fetched({ endpoint: 'http://127.0.0.1:9' }))).toMatch(/^HUB_UNREACHABLE/);
});

describe('names', () => {
  it('have an organisation and perhaps a revision', () => {
    expect(parseHubName('hf:org/set')).toEqual({ name: 'org/set', revision: 'main' });
    expect(parseHubName('hf:org/set@refs/convert/parquet')).toEqual({
      name: 'org/set',
      revision: 'refs/convert/parquet',
    });
  });
  it.each(['hf:set', 'hf:org/set/file', 'hf:'])('%s is none', (name) =>
    expect(() => parseHubName(name)).toThrow(/hub/),
  );
});

it('a problem set is read from it, and named by its commit', async () => {
  const options = { cacheDir, endpoint: hub.endpoint, offline: false };
  const set = await readProblemSet('hf:org/set', { hub: options });
  expect(set).toMatchObject({ name: 'set', source: `hf:org/set@${commit}`, rows: 2001 });
  expect(set.problems.map(({ id, source }) => [id, source])).toEqual([
    ['data/large.jsonl:1', 'data/large.jsonl:1'],
    ['data/small.jsonl:1', 'data/small.jsonl:1'],
  ]);
  expect(set.refused).toHaveLength(1999);
  mkdirSync(join(cacheDir, 'own'));
  writeFileSync(join(cacheDir, 'own', 'set.jsonl'), large);
  expect((await readProblemSet(join(cacheDir, 'own'))).sha256).toBe(sha256(large));
});
