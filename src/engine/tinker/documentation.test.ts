import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const docs = readFileSync(join(here, '../../../docs/tinker-engine.md'), 'utf8');
const sources = ['.', 'policy', 'probe', 'profiles']
  .flatMap((folder) => readdirSync(join(here, folder)).map((name) => join(here, folder, name)))
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

const found = (text: string, form: RegExp) => [...new Set(Array.from(text.matchAll(form), ([, name]) => name))].sort();

it('docs/tinker-engine.md explains every error code that the engine itself throws, and no other', () => {
  const table = docs.slice(docs.indexOf('## Errors'));
  expect(found(table, /`((?:TINKER|ENGINE)_[A-Z_]+)`/g)).toEqual(
    found(sources, /new SoarError\(\s*'((?:TINKER|ENGINE)_[A-Z_]+)'/g),
  );
});
