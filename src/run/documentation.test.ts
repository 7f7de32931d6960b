import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const docs = readFileSync(join(here, '../../docs/running.md'), 'utf8');
const sources = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(here, name), 'utf8'))
  .join('\n');

const found = (text: string, form: RegExp) => [...new Set(Array.from(text.matchAll(form), ([, name]) => name))].sort();

it('docs/running.md explains every error code of a run, and no other', () => {
  expect(found(docs, /`((?:RUN|CONFIG|EXPORT)_[A-Z_]+)`/g)).toEqual(
    found(sources, /'((?:RUN|CONFIG|EXPORT)_[A-Z_]+)'/g),
  );
});

it('docs/running.md names every event', () => {
  const events = found(readFileSync(join(here, 'events.ts'), 'utf8'), /readonly event: '([a-z-]+)'/g);
  expect(events.length).toBeGreaterThan(10);
  for (const event of events.filter((name) => name !== 'pulse')) expect(docs).toContain(`\`${event}\``);
});
