import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { configSchema } from './config/config.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const docs = readFileSync(join(here, '../../docs/running.md'), 'utf8');
const sources = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(here, name), 'utf8'))
  .join('\n');

const found = (text: string, form: RegExp) => [...new Set(Array.from(text.matchAll(form), ([, name]) => name))].sort();

it('docs/running.md explains every error code of a run, and no other', () => {
  expect(found(docs, /`((?:RUN|CONFIG|EXPORT|PRETRAIN)_[A-Z_]+)`/g)).toEqual(
    found(sources, /'((?:RUN|CONFIG|EXPORT|PRETRAIN)_[A-Z_]+)'/g),
  );
});

it('docs/running.md names every event', () => {
  const events = found(readFileSync(join(here, 'events.ts'), 'utf8'), /readonly event: '([a-z-]+)'/g);
  expect(events.length).toBeGreaterThan(10);
  for (const event of events.filter((name) => name !== 'pulse')) expect(docs).toContain(`\`${event}\``);
});

it('docs/method.md and docs/studies.md name settings that exist', () => {
  const tree = configSchema.parse({}) as Record<string, unknown>;
  for (const page of ['method', 'studies']) {
    const text = readFileSync(join(here, `../../docs/${page}.md`), 'utf8');
    const named = found(text, /[` ]((?:soar|evaluate|study|judge|world|engine)\.[a-z]\w*(?:\.[a-z]\w*)*)/g);
    expect(named.length).toBeGreaterThan(5);
    const missing = named.filter((path) => {
      if (/\.(ts|json|md|html)$/.test(path)) return false;
      let at: unknown = tree;
      for (const key of path.split('.')) at = (at as Record<string, unknown> | null | undefined)?.[key];
      return at === undefined;
    });
    expect(missing).toEqual([]);
  }
});
