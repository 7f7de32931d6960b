import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createVerifier, type Verifier, type VerifierOptions } from './verifier.js';

const folder = mkdtempSync(join(tmpdir(), 'verifier-'));
afterAll(() => rmSync(folder, { recursive: true }));

const open: Verifier[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((verifier) => verifier.close()));
});

function create(name: string, options: VerifierOptions = {}): Verifier {
  const verifier = createVerifier(name, { folder, ...options });
  open.push(verifier);
  return verifier;
}

function ownModule(name: string, source: string): string {
  writeFileSync(join(folder, name), source);
  return `./${name}`;
}

describe('mathematics in a worker', () => {
  it('gives the verdicts of the library, in order', async () => {
    const verifier = create('mathematics', { workers: 2 });
    const pairs: [string, string][] = [
      ['\\frac12', 'so \\boxed{0.5}'],
      ['\\frac12', 'so \\boxed{0.6}'],
      ['5', 'five'],
      ['5', '\\boxed{\\frac{1}{}}'],
    ];
    const results = await Promise.all(pairs.map(([gold, text]) => verifier.verify(gold, text)));
    expect(results.map((result) => result.verdict)).toEqual(['correct', 'wrong', 'no-answer', 'unparsed']);
    expect(results[0]).toMatchObject({ extracted: '0.5', goldKind: 'number', answerKind: 'number', reason: '' });
    expect(verifier.timeouts).toBe(0);
  });

  it('rejects for a gold that cannot be read, and goes on', async () => {
    const verifier = create('mathematics');
    await expect(verifier.verify('', '\\boxed{}')).rejects.toMatchObject({ code: 'VERIFY_GOLD_UNREADABLE' });
    expect((await verifier.verify('1', '\\boxed{1}')).verdict).toBe('correct');
  });

  it("uses the verifier's policy where the call sets none", async () => {
    const verifier = create('mathematics', { policy: { mode: 'answer', listOrder: 'kept' } });
    expect((await verifier.verify('1,2', '2,1')).verdict).toBe('wrong');
    expect((await verifier.verify('1,2', '2,1', { listOrder: 'ignored' })).verdict).toBe('correct');
  });

  it('keeps no process alive while idle, and refuses after close', async () => {
    const verifier = create('mathematics');
    await verifier.verify('1', '\\boxed{1}');
    await verifier.close();
    await expect(verifier.verify('1', '\\boxed{1}')).rejects.toMatchObject({ code: 'VERIFIER_CLOSED' });
  });

  it('does not take its own delay for that of the worker', async () => {
    const verifier = create('mathematics', { deadline: 60 });
    await verifier.verify('1', '\\boxed{1}');
    const pending = verifier.verify('1', '\\boxed{1}');
    const until = performance.now() + 200;
    while (performance.now() < until);
    expect((await pending).verdict).toBe('correct');
    expect(verifier.timeouts).toBe(0);
  });
});

describe('exact match', () => {
  it('compares the extracted answer character for character, blanks aside', async () => {
    const verifier = create('exact');
    const verdicts = await Promise.all(
      ['\\boxed{a b}', '\\boxed{ab}', '\\boxed{a}', 'ab'].map(
        async (text) => (await verifier.verify('ab', text)).verdict,
      ),
    );
    expect(verdicts).toEqual(['correct', 'correct', 'wrong', 'no-answer']);
  });
});

describe("a user's module", () => {
  it('answers with a truth value, a verdict or an object', async () => {
    const path = ownModule(
      'own.mjs',
      `export async function verify(gold, text, policy) {
         if (text === 'object') return { verdict: 'unparsed', reason: policy.mode, extracted: gold };
         return text === 'name' ? 'no-answer' : text === gold;
       }`,
    );
    const verifier = create(path);
    expect((await verifier.verify('a', 'a')).verdict).toBe('correct');
    expect((await verifier.verify('a', 'b')).verdict).toBe('wrong');
    expect((await verifier.verify('a', 'name')).verdict).toBe('no-answer');
    expect(await verifier.verify('a', 'object')).toMatchObject({
      verdict: 'unparsed',
      reason: 'reward',
      extracted: 'a',
    });
  });

  it('that hangs or eats the memory is killed, counted and pays nothing; the next answer is judged', async () => {
    const path = ownModule(
      'hang.mjs',
      `export default function (gold, text) {
         if (text === 'hang') for (;;);
         if (text === 'memory') { const all = []; for (;;) all.push(new Array(1000).fill(gold + all.length)); }
         return text === gold;
       }`,
    );
    const verifier = create(path, { deadline: 250, memory: 32 });
    const [hung, next] = await Promise.all([verifier.verify('a', 'hang'), verifier.verify('a', 'a')]);
    expect(hung).toMatchObject({
      verdict: 'timeout',
      reason: 'was stopped after 250 ms, and again after 500',
      extracted: null,
    });
    expect(next.verdict).toBe('correct');
    expect(verifier.timeouts).toBe(1);
    expect((await verifier.verify('a', 'memory')).verdict).toBe('timeout');
    expect(verifier.timeouts).toBe(2);
    expect((await verifier.verify('a', 'a')).verdict).toBe('correct');
  });

  it('that stalls once is tried again: a stall of the machine costs no reward', async () => {
    const mark = join(folder, 'stalled');
    const path = ownModule(
      'stall.mjs',
      `import { existsSync, writeFileSync } from 'node:fs';
       export function verify(gold, text) {
         if (!existsSync(${JSON.stringify(mark)})) { writeFileSync(${JSON.stringify(mark)}, ''); for (;;); }
         return text === gold;
       }`,
    );
    const verifier = create(path);
    const both = await Promise.all([verifier.verify('a', 'a'), verifier.verify('a', 'b')]);
    expect(both.map((result) => result.verdict)).toEqual(['correct', 'wrong']);
    expect(verifier.timeouts).toBe(0);
  });

  it('that fails is an error, not a reward of zero', async () => {
    const throws = create(ownModule('throws.mjs', `export function verify() { throw new Error('no such table'); }`));
    await expect(throws.verify('a', 'a')).rejects.toMatchObject({
      code: 'VERIFIER_FAILED',
      message: 'the verifier threw: no such table',
    });
    const odd = create(ownModule('odd.mjs', `export function verify() { return 'maybe'; }`));
    await expect(odd.verify('a', 'a')).rejects.toMatchObject({ code: 'VERIFIER_MODULE_ANSWER' });
    const exits = create(ownModule('exits.mjs', `export function verify() { process.exit(3); }`));
    await expect(exits.verify('a', 'a')).rejects.toMatchObject({ code: 'VERIFIER_FAILED' });
  });

  it('that cannot be loaded is refused', async () => {
    const missing = create('./nowhere.mjs');
    await expect(missing.verify('a', 'a')).rejects.toMatchObject({ code: 'VERIFIER_MODULE_UNREADABLE' });
    const empty = create(ownModule('empty.mjs', 'export const nothing = 1;'));
    await expect(empty.verify('a', 'a')).rejects.toMatchObject({ code: 'VERIFIER_MODULE_UNREADABLE' });
    const stuck = create(ownModule('stuck.mjs', 'for (;;);'), { start: 150 });
    await expect(stuck.verify('a', 'a')).rejects.toMatchObject({ code: 'VERIFIER_START' });
  });

  it('is named by a path', () => {
    expect(() => createVerifier('maths')).toThrow(expect.objectContaining({ code: 'VERIFIER_UNKNOWN' }));
  });
});
