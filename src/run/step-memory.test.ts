import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { PolicyState } from '../engine/engine.js';
import type { ProposalRecord, StudyRecord } from '../method/index.js';
import { nodeDisk } from './disk.js';
import { addToHistory, type History, historyOf, type OuterStepEntry, type RunEntry } from './entries.js';
import { openJournal, readJournal } from './journal.js';
import { openStepMemory } from './step-memory.js';

const folder = mkdtempSync(join(tmpdir(), 'soar-memory-'));
const path = join(folder, 'journal.jsonl');
const studentsFolder = join(folder, 'students');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  rmSync(path, { force: true });
  rmSync(studentsFolder, { recursive: true, force: true });
  await nodeDisk.makeFolder(studentsFolder);
});

async function memory(history?: History) {
  const { journal, entries } = await openJournal<RunEntry>(path, nodeDisk);
  const known = history ?? historyOf(entries);
  const record = async (entry: RunEntry) => {
    await journal.append(entry);
    addToHistory(known, entry);
  };
  return {
    record,
    close: journal.close,
    memory: await openStepMemory({ history: known, record, studentsFolder, disk: nodeDisk }),
  };
}

const proposals: ProposalRecord = {
  proposals: [
    {
      question: 'p3:12?',
      answer: '7',
      kind: 'program-3',
      tokens: Int32Array.of(5, 1, 70_000),
      // Numbers that a decimal text of seven digits would not carry.
      logprobs: Float32Array.of(-0.1, -1e-30, -3.4028234e38),
    },
    {
      question: 'in two turns',
      answer: '8',
      kind: 'other',
      tokens: Int32Array.of(3),
      logprobs: Float32Array.of(-0.3),
      answerTurn: { tokens: Int32Array.of(9, 70_001), logprobs: Float32Array.of(-0.7, -1e-31) },
    },
  ],
  sampled: 3,
  tokensSampled: 70,
  rejected: { 'no-answer': 2 },
  rewardQuestions: ['a', 'b'],
};
const cost = { tokensSampled: 5, tokensTrained: 3, graded: 2 };
const study: StudyRecord = { dataset: 1, repeat: 0, accuracy: 0.25, reward: 0.125, steps: [], cost };
const state: PolicyState = {
  format: 'f',
  facts: { steps: 3, tied: true, layout: 'x' },
  arrays: { weights: Float32Array.of(0.1, -0, 1e-42), 'adam.m': new Float32Array(0) },
};

describe('step memory', () => {
  it('gives back in another process what was recorded in one, to the bit', async () => {
    const first = await memory();
    await first.memory.recordProposals(proposals);
    await first.memory.recordBaselineAccuracy(new Map([['a', 0.5]]), cost);
    await first.memory.recordBaselineAccuracy(new Map([['b', 0.125]]), cost);
    await first.memory.recordStudy(study, state);
    await first.close();
    const { memory: second } = await memory();
    expect(second.proposals()).toEqual(proposals);
    expect([...second.baselineAccuracy()]).toEqual([
      ['a', 0.5],
      ['b', 0.125],
    ]);
    expect(second.study(1, 0)).toEqual(study);
    expect(second.study(0, 1)).toBeUndefined();
    const back = await second.student(1, 0);
    expect(back).toEqual(state);
    expect(Object.is(back.arrays.weights[1], -0)).toBe(true);
  });

  it('forgets a step when it is closed; the baseline accuracies only when it promoted', async () => {
    const closing = (promotions: number): OuterStepEntry =>
      ({
        unit: 'outer-step',
        step: 0,
        state: { step: 1, window: [], promotions: Array(promotions).fill({ step: 0 }), finished: null },
      }) as unknown as OuterStepEntry;
    for (const promotions of [0, 1]) {
      rmSync(path, { force: true });
      const { memory: first, record } = await memory();
      await first.recordProposals(proposals);
      await first.recordBaselineAccuracy(new Map([['a', 0.5]]), cost);
      await first.recordStudy(study, state);
      await record(closing(promotions));
      const { memory: next } = await memory();
      expect(next.proposals()).toBeUndefined();
      expect(next.study(1, 0)).toBeUndefined();
      expect(next.baselineAccuracy().size).toBe(promotions === 0 ? 1 : 0);
    }
  });

  it('has the file of every study in the journal, and refuses another content', async () => {
    const { memory: open } = await memory();
    await open.recordStudy(study, state);
    const file = join(studentsFolder, 'step-0000', '1-0.safetensors');
    expect(readdirSync(join(studentsFolder, 'step-0000'))).toEqual(['1-0.safetensors']);
    expect((await readJournal<RunEntry>(path, nodeDisk)).map(({ unit }) => unit)).toEqual(['study']);
    writeFileSync(file, 'x');
    await expect(open.student(1, 0)).rejects.toMatchObject({ code: 'RUN_STUDENT_DAMAGED', where: file });
    rmSync(file);
    await expect(open.student(1, 0)).rejects.toMatchObject({
      code: 'RUN_STUDENT_DAMAGED',
      message: expect.stringContaining('missing'),
    });
  });
});
