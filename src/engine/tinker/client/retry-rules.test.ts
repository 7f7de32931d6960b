import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from './exchange.js';
import { backOff, detailOf, judge } from './retry-rules.js';

const answer = (status: number, headers: Record<string, string> = {}, body: unknown = {}): HttpAnswer => ({
  status,
  headers: new Headers(headers),
  body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
});

describe('judge', () => {
  it.each([
    [200, 'take', false],
    [204, 'take', false],
    [302, 'fail', false],
    [400, 'fail', false],
    [401, 'credentials', false],
    [402, 'paused', false],
    [403, 'fail', false],
    [404, 'fail', false],
    [408, 'again', true],
    [409, 'again', false],
    [410, 'fail', false],
    [413, 'fail', false],
    [422, 'fail', false],
    [425, 'again', false],
    [429, 'again', false],
    [500, 'again', true],
    [501, 'fail', true],
    [503, 'again', true],
  ])('%i: %s, carried out perhaps: %s', (status, verdict, uncertain) => {
    expect(judge(answer(status), 0)).toEqual({ verdict, uncertain });
  });

  it('heeds what the server says about trying again', () => {
    expect(judge(answer(422, { 'x-should-retry': 'true' }), 0).verdict).toBe('again');
    expect(judge(answer(503, { 'x-should-retry': 'false' }), 0).verdict).toBe('fail');
  });

  it('reads Retry-After as seconds and as a date', () => {
    expect(judge(answer(429, { 'retry-after': '2.5' }), 0).after).toBe(2_500);
    const now = Date.UTC(2026, 0, 1);
    expect(judge(answer(429, { 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT' }), now).after).toBe(7_000);
    expect(judge(answer(429, { 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }), now).after).toBe(0);
    expect(judge(answer(429, { 'retry-after': 'soon' }), now).after).toBeUndefined();
  });

  it('does not ask again where a number or a name is taken', () => {
    const reused = { detail: 'Training request sequence number was reused' };
    expect(judge(answer(409, {}, reused), 0).verdict).toBe('fail');
    expect(judge(answer(409, {}, { detail: "Checkpoint 'a' already exists for model 'm'" }), 0).verdict).toBe('fail');
  });
});

it('backs off from half a second, doubled up to 30 s, less up to a quarter', () => {
  expect([0, 1, 2, 5, 6, 7, 2000].map((failures) => backOff(failures, 0))).toEqual([
    500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000,
  ]);
  expect(backOff(1, 0.8)).toBeCloseTo(800);
});

describe('detailOf', () => {
  it.each([
    ['a text', { detail: 'Model not found' }, 'Model not found'],
    [
      'what pydantic found, without the input that it repeats',
      { detail: [{ loc: ['body', 'lora_config'], msg: 'Field required', input: { secret: 1 } }] },
      'body.lora_config: Field required',
    ],
    ["other servers' words", { error: 'no such model' }, 'no such model'],
    ['plain text', 'Internal Server Error', 'Internal Server Error'],
    ['a web page', '<html>502</html>', 'a web page'],
    ['nothing', '', ''],
  ])('%s', (_, body, said) => {
    expect(detailOf(answer(400, {}, body))).toBe(said);
  });
});
