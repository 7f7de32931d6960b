/** A policy of the reference engine: single-precision weights in one flat array, everything computed in double precision from them. */
import type { Tokenizer } from '../../checkpoints/tokenizer.js';
import { SoarError } from '../../errors.js';
import { adamwStep, type Moments, newMoments, norm } from '../adamw.js';
import { checkPrompts, checkSequences, checkTrainingBatch } from '../checks.js';
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
} from '../engine.js';
import { decodeLlamaState, encodeLlamaState, type StatedModel } from '../llama-state.js';
import { adapterGradient, effectiveWeights } from './adapters.js';
import { llamaLogits, logProbabilities, parametersOf } from './llama.js';
import { batchGradient } from './objective.js';
import { sampleCompletions } from './sampler.js';
import { Tape } from './tape.js';

export interface ReferenceModel extends StatedModel {
  /** The frozen weights, where adapters are trained. */
  readonly base?: Float32Array;
  readonly tokenizer: Tokenizer;
  readonly contextFrom: string;
  /** Throws once the engine is closed. */
  readonly checkOpen: () => void;
}

/** Every method does its work before it returns, so operations are applied in the order they are called. */
export class ReferencePolicy implements Policy {
  readonly model: string;
  readonly tokenizer: Tokenizer;
  readonly contextLength: number;
  readonly contextFrom: string;
  private readonly opened: ReferenceModel;
  /** What is trained: all weights, or adapters. */
  private readonly weights: Float32Array;
  /** Made at the first step. */
  private optimizer: Moments | undefined;
  private released = false;

  /** Takes the array over. */
  constructor(opened: ReferenceModel, weights: Float32Array) {
    this.opened = opened;
    this.model = opened.hash;
    this.weights = weights;
    this.tokenizer = opened.tokenizer;
    this.contextLength = opened.shape.contextLength;
    this.contextFrom = opened.contextFrom;
  }

  async fork(): Promise<Policy> {
    this.checkAlive();
    return new ReferencePolicy(this.opened, this.weights.slice());
  }

  async sample(prompts: readonly Tokens[], options: SamplingOptions): Promise<Completion[][]> {
    this.checkAlive();
    const { shape } = this.opened;
    checkPrompts(prompts, options, this, shape.vocabularySize);
    return sampleCompletions(shape, this.effective(), this.tokenizer, prompts, options);
  }

  async logprobs(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    this.checkAlive();
    const { shape } = this.opened;
    checkSequences(sequences, this, shape.vocabularySize);
    const parameters = parametersOf(shape, this.effective());
    return sequences.map(({ tokens, promptLength }) => {
      const logits = llamaLogits(new Tape(), shape, parameters, tokens);
      const completion = tokens.subarray(promptLength);
      return Float32Array.from(completion, (token, t) => logProbabilities(logits, promptLength + t - 1)[token]);
    });
  }

  async update(batch: TrainingBatch, step: OptimizerStep): Promise<UpdateMetrics> {
    this.checkAlive();
    const { shape } = this.opened;
    checkTrainingBatch(batch, this, shape.vocabularySize);
    const { gradient: full, metrics } = batchGradient(shape, this.effective(), batch);
    const { lora } = this.opened;
    const gradient = Float32Array.from(lora ? adapterGradient(this.opened, this.weights, full) : full);
    const gradNorm = norm(gradient);
    if (!Number.isFinite(gradNorm) || !Number.isFinite(metrics.loss)) {
      throw new SoarError('ENGINE_NOT_FINITE', `loss ${metrics.loss} or gradient norm ${gradNorm} is not finite`, {
        remedy: 'lower the learning rate, or set maxGradNorm; the policy is as it was before this update',
      });
    }
    this.optimizer = adamwStep(this.weights, gradient, this.optimizer ?? newMoments(gradient.length), step, gradNorm);
    return { ...metrics, gradNorm };
  }

  async save({ optimizer = true }: { readonly optimizer?: boolean } = {}): Promise<PolicyState> {
    this.checkAlive();
    const moments = optimizer ? this.optimizer : undefined;
    const weights = this.weights.slice();
    return encodeLlamaState(this.opened, moments ? { weights, optimizer: copyOf(moments) } : { weights });
  }

  async load(state: PolicyState): Promise<void> {
    this.checkAlive();
    const saved = decodeLlamaState(this.opened, state);
    this.weights.set(saved.weights);
    this.optimizer = saved.optimizer && copyOf(saved.optimizer);
  }

  async release(): Promise<void> {
    this.released = true;
  }

  private checkAlive(): void {
    if (this.released) {
      throw new SoarError('ENGINE_RELEASED', 'this policy was released', {
        kind: 'internal',
        remedy: 'fork or open another one',
      });
    }
    this.opened.checkOpen();
  }

  private effective(): Float32Array | Float64Array {
    const { base } = this.opened;
    return base ? effectiveWeights(this.opened, base, this.weights) : this.weights;
  }
}

const copyOf = ({ m, v, steps }: Moments): Moments => ({ m: m.slice(), v: v.slice(), steps });
