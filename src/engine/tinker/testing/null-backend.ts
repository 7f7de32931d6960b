/** The backend without a model, for measuring a client: answers of the asked sizes at once, the same numbers every time. */
import type { SampleOutput } from '../wire/sampling.js';
import type { TrainingRequest } from '../wire/training.js';
import type { Backend, Draw, PassResult, ServedAdapter, Snapshot } from './backend.js';

/** Every token has the probability 1 / 2. */
const logprob = Math.fround(Math.log(0.5));
/** Between two tokens, so that a completion comes from all over the vocabulary. */
const stride = 7919;

export interface NullModel {
  /** Ids from 0 that completions are made of. */
  readonly vocabularySize: number;
  /** Token ids that completions end with, in turn. */
  readonly endings?: readonly (readonly number[])[];
}

export class NullBackend implements Backend {
  private readonly model: NullModel;

  constructor(model: NullModel) {
    this.model = model;
  }

  async create(rank: number): Promise<ServedAdapter> {
    return new NullAdapter(this, rank);
  }

  /** Completions of full length, so that a test knows how much there is. */
  async sampleFrom(_snapshot: Snapshot | undefined, { prompt, count, seed, options, promptLogprobs }: Draw) {
    const length = options.maxNewTokens;
    const { vocabularySize, endings = [] } = this.model;
    const sequences = Array.from({ length: count }, (_, i) => {
      const tokens = new Int32Array(length);
      for (let t = 0; t < length; t++) tokens[t] = (seed + stride * (i + t)) % vocabularySize;
      const ending = endings[(seed + i) % endings.length]?.slice(-length) ?? [];
      tokens.set(ending, length - ending.length);
      return { tokens, logprobs: new Float32Array(length).fill(logprob), stopReason: 'length' as const };
    });
    const known = new Float32Array(prompt.length - 1).fill(logprob);
    return { sequences, ...(promptLogprobs && { promptLogprobs: known }) };
  }

  async close(): Promise<void> {}
}

class NullAdapter implements ServedAdapter {
  private readonly backend: NullBackend;
  private readonly rank: number;
  private steps = 0;

  constructor(backend: NullBackend, rank: number) {
    this.backend = backend;
    this.rank = rank;
  }

  async version(): Promise<string> {
    return `step-${this.steps}`;
  }

  async forward({ data }: TrainingRequest): Promise<PassResult> {
    const logprobs = data.map(({ tokens }) => new Float32Array(tokens.length).fill(logprob));
    return { logprobs, losses: logprobs };
  }

  forwardBackward(request: TrainingRequest): Promise<PassResult> {
    return this.forward(request);
  }

  async step(): Promise<number> {
    this.steps++;
    return 1;
  }

  async snapshot(): Promise<Snapshot> {
    return { rank: this.rank, version: await this.version() };
  }

  async load(): Promise<void> {}

  async overwrite(): Promise<void> {}

  async scale(): Promise<void> {}

  sample(draw: Draw): Promise<SampleOutput> {
    return this.backend.sampleFrom(undefined, draw);
  }

  gradients() {
    return [];
  }

  async release() {
    return [];
  }
}
