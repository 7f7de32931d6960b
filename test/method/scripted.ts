/**
 * Scripted stand-ins for the tests of method/: a policy that says what a script tells it and writes down what it was asked, a
 * domain one can read, and a memory that keeps copies. No model, no chance.
 */
import type { Prompt, Tokenizer } from '../../src/checkpoints/tokenizer.js';
import type {
  Completion,
  OptimizerStep,
  Policy,
  PolicyState,
  SamplingOptions,
  Sequence,
  Tokens,
  TrainingBatch,
  UpdateMetrics,
} from '../../src/engine/engine.js';
import type { ProposalRecord, StepMemory, StudyRecord } from '../../src/method/memory.js';
import type { Domain, Grade } from '../../src/problems/domain.js';

/** One character, one token. */
const spoken = (prompt: Prompt) =>
  typeof prompt === 'string' ? prompt : prompt.messages.map(({ content }) => content).join('');
const characters: Tokenizer = {
  vocabularySize: 128,
  endTokens: [],
  encode: (prompt) => Int32Array.from(spoken(prompt), (character) => character.charCodeAt(0)),
  write: spoken,
  decode: (tokens) => Array.from(tokens, (token) => String.fromCharCode(token)).join(''),
  pieces: [],
};

export interface Asked {
  readonly prompt: string;
  /** Of the completion within its prompt. */
  readonly index: number;
  readonly options: SamplingOptions;
  readonly weights: Float32Array;
}

export interface Script {
  /** What the policy says; a text that ends with '.' has stopped by itself. */
  complete(asked: Asked): string;
  /** What an update does to the weights; `seed` is that of the last sampling. */
  learn?(weights: Float32Array, batch: TrainingBatch, seed: string): void;
}

export interface Call {
  /** The policy's name, or 'memory'. */
  readonly policy: string;
  /** The method called. */
  readonly call: string;
  readonly prompts?: readonly string[];
  readonly options?: SamplingOptions;
  readonly batch?: TrainingBatch;
  readonly step?: OptimizerStep;
}

export const noMetrics: UpdateMetrics = {
  loss: 0,
  gradNorm: 0,
  tokensTrained: 0,
  tokensSkipped: 0,
  entropy: 0,
  klSampler: 0,
  klReference: Number.NaN,
  padding: 0,
};

export class ScriptedPolicy implements Policy {
  readonly model = 'scripted';
  readonly tokenizer = characters;
  contextLength = 2000;
  contextFrom = 'the test';
  /** Log-probability of every token that it scores. */
  logprob = -1;
  weights = new Float32Array(2);
  released = false;
  private readonly name: string;
  private readonly script: Script;
  private readonly calls: Call[];
  private forks = 0;
  private seed = '';

  constructor(name: string, script: Script, calls: Call[]) {
    this.name = name;
    this.script = script;
    this.calls = calls;
  }

  private note(call: string, facts: Omit<Call, 'policy' | 'call'> = {}): void {
    if (this.released && call !== 'release') throw new Error(`${this.name} is released`);
    this.calls.push({ policy: this.name, call, ...facts });
  }

  async fork(): Promise<ScriptedPolicy> {
    this.note('fork');
    const fork = new ScriptedPolicy(`${this.name}/${this.forks++}`, this.script, this.calls);
    fork.weights = this.weights.slice();
    return fork;
  }

  async sample(prompts: readonly Tokens[], options: SamplingOptions): Promise<Completion[][]> {
    const texts = prompts.map((prompt) => characters.decode(prompt));
    this.note('sample', { prompts: texts, options });
    this.seed = options.seed;
    return texts.map((prompt) =>
      Array.from({ length: options.samplesPerPrompt }, (_, index) => {
        const text = this.script.complete({ prompt, index, options, weights: this.weights });
        return {
          tokens: characters.encode(text),
          logprobs: new Float32Array(text.length).fill(-0.5),
          stopReason: text.endsWith('.') ? 'stop' : 'length',
        };
      }),
    );
  }

  async logprobs(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    this.note('logprobs');
    return sequences.map(({ tokens, promptLength }) =>
      new Float32Array(tokens.length - promptLength).fill(this.logprob),
    );
  }

  async update(batch: TrainingBatch, step: OptimizerStep): Promise<UpdateMetrics> {
    this.note('update', { batch, step });
    this.script.learn?.(this.weights, batch, this.seed);
    return noMetrics;
  }

  async save(): Promise<PolicyState> {
    this.note('save');
    return { format: 'scripted', facts: {}, arrays: { weights: this.weights.slice() } };
  }

  async load(state: PolicyState): Promise<void> {
    this.note('load');
    this.weights = state.arrays.weights.slice();
  }

  async release(): Promise<void> {
    this.note('release');
    this.released = true;
  }
}

/** A teacher writes `question|answer.`, a student `thought=answer.`; a question's kind is its first character. */
export const plainDomain: Domain = {
  name: 'plain',
  teacherPrompt: '>',
  stopStrings: ['.'],
  parseProposal: (completion, finished) => {
    if (!finished) return { accepted: false, reason: 'unfinished' };
    const [question, answer] = completion.slice(0, -1).split('|');
    if (question === '') return { accepted: false, reason: 'no-question' };
    return answer === undefined ? { accepted: false, reason: 'no-answer' } : { accepted: true, question, answer };
  },
  // In two turns: `question|.`, then `=answer.`
  turns: {
    questionPrompt: '?>',
    questionStops: ['|'],
    question: (completion) => completion.split('|')[0],
    answerPrompt: (question) => `${question}!`,
    parseAnswer: (completion, finished) => {
      const answer = /=(.*)\.$/.exec(completion)?.[1];
      return answer === undefined ? { reason: finished ? 'no-answer' : 'unfinished' } : { answer };
    },
  },
  studentPrompt: (question) => `${question}?`,
  grade: async (answers) =>
    answers.map(({ gold, completion }): Grade => {
      const said = /=(.*)\.$/.exec(completion)?.[1];
      if (said === undefined) return { answered: false, correct: false, containsGold: false };
      return { answered: true, correct: said === gold, containsGold: said.includes(gold) };
    }),
  kind: (question) => question[0],
  checkTokenizer: () => {},
  close: async () => {},
};

export class CopyingMemory implements StepMemory {
  private readonly calls: Call[];
  private record: ProposalRecord | undefined;
  private readonly baseline = new Map<string, number>();
  private readonly studies = new Map<string, { record: StudyRecord; student: PolicyState | undefined }>();

  constructor(calls: Call[] = []) {
    this.calls = calls;
  }

  private note(call: string): void {
    this.calls.push({ policy: 'memory', call });
  }

  proposals(): ProposalRecord | undefined {
    return this.record;
  }

  async recordProposals(record: ProposalRecord): Promise<void> {
    this.note('proposals');
    this.record = structuredClone(record);
  }

  baselineAccuracy(): ReadonlyMap<string, number> {
    return this.baseline;
  }

  async recordBaselineAccuracy(found: ReadonlyMap<string, number>): Promise<void> {
    this.note(`baseline ${[...found.keys()].sort().join(' ')}`);
    for (const [id, accuracy] of found) this.baseline.set(id, accuracy);
  }

  study(dataset: number, repeat: number): StudyRecord | undefined {
    return this.studies.get(`${dataset}-${repeat}`)?.record;
  }

  async recordStudy(record: StudyRecord, student?: PolicyState): Promise<void> {
    this.note(`study ${record.dataset}-${record.repeat}`);
    this.studies.set(`${record.dataset}-${record.repeat}`, structuredClone({ record, student }));
  }

  async student(dataset: number, repeat: number): Promise<PolicyState> {
    this.note(`student ${dataset}-${repeat}`);
    const found = this.studies.get(`${dataset}-${repeat}`);
    if (!found?.student) throw new Error(`no student of study ${dataset}-${repeat}`);
    return found.student;
  }
}
