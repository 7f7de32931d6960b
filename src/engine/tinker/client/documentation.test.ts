import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const room = fileURLToPath(new URL('..', import.meta.url));
const docs = readFileSync(join(room, '../../../docs/tinker-client.md'), 'utf8');
const sources = ['client', 'wire']
  .flatMap((folder) => readdirSync(join(room, folder)).map((name) => join(room, folder, name)))
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

const found = (text: string, form: RegExp) => [...new Set(Array.from(text.matchAll(form), ([, name]) => name))].sort();

it('docs/tinker-client.md explains every error code of the client, and no other', () => {
  const inDocs = found(docs, /`(TINKER_[A-Z_]+)`/g).filter((name) => name !== 'TINKER_API_KEY');
  expect(inDocs).toEqual(found(sources, /'(TINKER_[A-Z_]+)'/g));
});
