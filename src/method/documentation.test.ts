/** docs/method.md names files, tests and config fields: each must exist. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mathematicsSettingsSchema } from '../problems/mathematics/settings.js';
import { soarSettingsSchema } from './settings.js';

const text = readFileSync(new URL('../../docs/method.md', import.meta.url), 'utf8');
const source = new URL('../', import.meta.url);
const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
const rooms = files.filter((file) => /^(method|rl)\/.*\.ts$/.test(file) && !file.includes('documentation'));
const code = new Map(rooms.map((file) => [file, readFileSync(new URL(file, source), 'utf8')]));
const tests = [...code].flatMap(([file, content]) => (file.endsWith('.test.ts') ? [content] : [])).join('\n');
const sections = text.split('\n## ');

describe('docs/method.md', () => {
  it('names files that exist', () => {
    const named = [...text.matchAll(/`([\w/-]+\.ts)`/g)].map(([, file]) => file);
    expect(named.length).toBeGreaterThan(10);
    const missing = named.filter((file) => !code.has(file.startsWith('rl/') ? file : `method/${file}`));
    expect(missing).toEqual([]);
  });

  it('names tests that exist', () => {
    const named = [...text.replaceAll('\n', ' ').matchAll(/"([a-z][^"]{15,})"/g)].map(([, title]) => title);
    expect(named.length).toBeGreaterThan(15);
    const pattern = (title: string) =>
      new RegExp(
        title
          .split('…')
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('\\S+'),
      );
    expect(named.filter((title) => !pattern(title).test(tests))).toEqual([]);
  });

  it('names functions that exist', () => {
    const named = [...text.matchAll(/`([a-z]\w+)` \(`/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(10);
    const all = [...code.values()].join('\n');
    expect(named.filter((name) => !new RegExp(`function ${name}\\b`).test(all))).toEqual([]);
  });

  it('names config fields that exist', () => {
    const open = sections.find((section) => section.startsWith('What the paper leaves open')) ?? '';
    const cells = open.split('\n').flatMap((line) => (line.startsWith('| ') ? [line.split(' | ')[1]] : []));
    const fields = cells.flatMap((cell) => [...cell.matchAll(/`([\w.]+)`/g)].map(([, field]) => field));
    expect(fields.length).toBeGreaterThan(15);
    const missing = fields.filter((field) => {
      let value: unknown = { ...soarSettingsSchema.parse({}), mathematics: mathematicsSettingsSchema.parse({}) };
      for (const key of field.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
      return value === undefined;
    });
    expect(missing).toEqual([]);
  });

  it('names every error code of the two rooms', () => {
    const thrown = new Set(
      [...code].flatMap(([file, content]) =>
        file.endsWith('.test.ts') ? [] : [...content.matchAll(/'((?:METHOD|RL)_[A-Z_]+)'/g)].map(([, name]) => name),
      ),
    );
    const listed = new Set([...text.matchAll(/^\| `((?:METHOD|RL)_[A-Z_]+)`/gm)].map(([, name]) => name));
    expect([...listed].sort()).toEqual([...thrown].sort());
  });
});
