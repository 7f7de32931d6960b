import { describe, expect, it } from 'vitest';
import { type Call, plainDomain, ScriptedPolicy } from '../../test/method/scripted.js';
import { SoarError } from '../errors.js';
import { type ProposalRequest, partition, proposedProblems, roundSize, sampleProposals } from './proposal.js';
import { soarSettingsSchema } from './settings.js';

const { sampling } = soarSettingsSchema.parse({}).teacher;

/** `says(n)` is the n-th completion over all rounds. */
function request(says: (n: number) => string, calls: Call[] = []): ProposalRequest {
  let n = 0;
  const teacher = new ScriptedPolicy('teacher', { complete: () => says(n++) }, calls);
  teacher.contextLength = 40;
  return {
    teacher,
    domain: plainDomain,
    form: 'single-turn',
    sampling,
    count: 6,
    answerTokens: 30,
    capFactor: 3,
    seed: '7/outer-0/proposals',
  };
}

describe('sampleProposals', () => {
  it('samples until enough are accepted, and keeps them in order', async () => {
    const calls: Call[] = [];
    // Every third is malformed: 4 of the first 6 are accepted; 2 are missing, at 4 of 6 that takes 3 more.
    const found = await sampleProposals(request((n) => (n % 3 === 2 ? 'junk.' : `q${n}|${n}.`), calls));
    expect(found.proposals.map(({ question, answer }) => [question, answer])).toEqual(
      [0, 1, 3, 4, 6, 7].map((n) => [`q${n}`, `${n}`]),
    );
    expect(found).toMatchObject({ sampled: 9, rejected: { 'no-answer': 3 } });
    expect(calls.map((call) => [call.prompts, call.options?.samplesPerPrompt, call.options?.seed])).toEqual([
      [['>'], 6, '7/outer-0/proposals/round-0'],
      [['>'], 3, '7/outer-0/proposals/round-1'],
    ]);
  });

  it('keeps what the policy gradient needs', async () => {
    const { proposals } = await sampleProposals(request(() => 'k|5.'));
    expect(proposals[0]).toEqual({
      question: 'k',
      answer: '5',
      kind: 'k',
      tokens: Int32Array.from('k|5.', (c) => c.charCodeAt(0)),
      logprobs: new Float32Array(4).fill(-0.5),
    });
  });

  it('counts each reason, questions that leave no room for an answer included', async () => {
    // The context is 40, an answer 30, and the student's prompt is one longer than the question.
    const [fits, long] = [9, 10].map((length) => `${'q'.repeat(length)}|1.`);
    const said = ['|1.', 'q.', 'q|1', fits, long, ...Array.from({ length: 8 }, (_, i) => `q${i}|1.`)];
    const found = await sampleProposals(request((n) => said[n] ?? 'q|1.'));
    expect(found.rejected).toEqual({ 'no-question': 1, 'no-answer': 1, unfinished: 1, 'question-too-long': 1 });
  });

  it('gives up at the cap, and shows counts and examples', async () => {
    const run = sampleProposals(request((n) => (n === 0 ? 'q|1.' : n % 2 ? 'bad.' : 'cut')));
    const error = await run.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SoarError);
    expect(error).toMatchObject({ code: 'METHOD_VALID_RATE_COLLAPSED' });
    const { message } = error as SoarError;
    expect(message).toContain('1 of 6 usable proposals in 18 completions');
    expect(message).toContain('no-answer 9');
    expect(message).toContain('unfinished 8');
    expect(message).toContain('unfinished: "cut"');
  });

  describe('in two turns', () => {
    const turns: Record<string, string> = { a: 'a|.', none: '|.', long: `${'q'.repeat(10)}|.`, b: 'b|.', c: 'c|.' };
    const asked = Object.keys(turns);
    const replies: Record<string, string> = { 'a!': 'so=1.', 'b!': 'hm.', 'c!': 'yes=2' };
    function asking(calls: Call[] = []): ProposalRequest {
      let n = 0;
      const complete = ({ prompt }: { prompt: string }) =>
        prompt === '?>' ? (turns[asked[n++] as string] ?? 'a|.') : (replies[prompt] ?? '.');
      const teacher = new ScriptedPolicy('teacher', { complete }, calls);
      teacher.contextLength = 40;
      const of = request(() => '');
      return { ...of, teacher, form: 'multi-turn', sampling: { ...sampling, maxNewTokens: 30 }, count: 5 };
    }

    it('asks for questions, then for one answer to each that can be asked', async () => {
      const calls: Call[] = [];
      const found = await sampleProposals(asking(calls));
      expect(found.proposals.map(({ question, answer }) => [question, answer])).toEqual(Array(5).fill(['a', '1']));
      expect(found.rejected).toEqual({ 'no-question': 1, 'question-too-long': 1, 'no-answer': 1, unfinished: 1 });
      const [first, second] = calls.map(({ prompts, options }) => [prompts, options?.samplesPerPrompt, options?.seed]);
      expect(first).toEqual([['?>'], 5, '7/outer-0/proposals/round-0']);
      expect(second).toEqual([['a!', 'b!', 'c!'], 1, '7/outer-0/proposals/round-0/answers']);
      expect(calls[0]?.options?.stopStrings).toEqual(['|']);
      expect(calls[1]?.options?.stopStrings).toEqual(['.']);
    });

    it('keeps both turns, since the gradient needs both', async () => {
      const { proposals } = await sampleProposals(asking());
      const text = (tokens: ArrayLike<number> = []) => String.fromCharCode(...Array.from(tokens));
      expect(text(proposals[0]?.tokens)).toBe('a|.');
      expect(text(proposals[0]?.answerTurn?.tokens)).toBe('so=1.');
      expect(proposals[0]?.answerTurn?.logprobs).toEqual(new Float32Array(5).fill(-0.5));
    });
  });

  it('never samples beyond the cap', async () => {
    const calls: Call[] = [];
    await sampleProposals(request(() => '.', calls)).catch(() => {});
    expect(calls.map((call) => call.options?.samplesPerPrompt)).toEqual([6, 6, 6]);
  });
});

describe('roundSize', () => {
  it.each([
    [256, 0, 0, 256],
    // 256 wanted, 192 of 256 came through: 64 more at 3/4 take 86.
    [256, 192, 256, 86],
    [256, 255, 300, 2],
    [256, 0, 256, 256],
  ])('of %d wanted and %d of %d accepted asks for %d', (count, accepted, sampled, size) => {
    expect(roundSize(count, accepted, sampled)).toBe(size);
  });
});

it('partition cuts sequentially into datasets', () => {
  expect(partition([0, 1, 2, 3, 4, 5], 2)).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
});

it('proposedProblems takes the answer of the teacher for gold', () => {
  const proposal = { question: 'q', answer: '7', kind: 'k', tokens: new Int32Array(0), logprobs: new Float32Array(0) };
  expect(proposedProblems([proposal, proposal], 'step-3')).toEqual([
    { id: 'step-3-0', question: 'q', gold: '7', source: 'teacher', subject: 'k' },
    { id: 'step-3-1', question: 'q', gold: '7', source: 'teacher', subject: 'k' },
  ]);
});
