/**
 * A policy on a Tinker service: a LoRA adapter of its base model. It takes a place on the server only once it is trained, or scored or
 * sampled away from the base; until then it is the base model, or a checkpoint, by name. Its weights never come here: a saved state
 * holds the path of a checkpoint.
 *
 * Trusts: the server to keep adapters apart, and what its profile says of it.
 */

import type { ModelDescription } from '../../../checkpoints/model-description.js';
import { SoarError } from '../../../errors.js';
import { checkPrompts, checkSequences, checkTrainingBatch } from '../../checks.js';
import type {
  Completion,
  FixedOptimizer,
  OptimizerStep,
  Policy,
  PolicyState,
  SamplingOptions,
  Sequence,
  Tokens,
  TrainingBatch,
  UpdateMetrics,
} from '../../engine.js';
import type { Sampler } from '../client/index.js';
import { loadUndone } from '../probe/describe-profile.js';
import { lossRequest, planUpdate } from '../profiles/objective.js';
import { updateMetrics } from '../profiles/update-metrics.js';
import type { Adapter } from './adapter.js';
import type { Checkpoint } from './checkpoints.js';
import { checkpointFault } from './faults.js';
import { promptSeed } from './seeds.js';
import type { Service } from './service.js';
import { decodeTinkerState, encodeTinkerState } from './state.js';
import { cut, stopsToSend } from './stops.js';

/** What of a model all policies share. `hash`: of its name on the service and of the local description. */
export type ServedModel = ModelDescription & { readonly fixedOptimizer: FixedOptimizer };

/** Where the weights as they are now are to be had: the base model, a checkpoint, or (nothing) only the adapter. */
type Place = 'base' | { readonly checkpoint: Checkpoint; readonly optimizer: boolean } | undefined;

export class TinkerPolicy implements Policy {
  readonly model: string;
  readonly tokenizer;
  readonly contextLength: number;
  readonly contextFrom: string;
  private readonly service: Service;
  private readonly served: ServedModel;
  private place: Place;
  private adapter: Adapter | undefined;
  private tail: Promise<unknown> = Promise.resolve();
  private released: Promise<void> | undefined;

  /** Takes over one use of the place's checkpoint. */
  constructor(service: Service, served: ServedModel, place: Exclude<Place, undefined>) {
    this.service = service;
    this.served = served;
    this.model = served.hash;
    this.tokenizer = served.tokenizer;
    this.contextLength = served.contextLength;
    this.contextFrom = served.contextFrom;
    this.place = place;
  }

  fork(): Promise<Policy> {
    return this.inTurn(async () => {
      const { path } = await this.standing();
      if (path === undefined) return new TinkerPolicy(this.service, this.served, 'base');
      return new TinkerPolicy(this.service, this.served, {
        checkpoint: this.service.checkpoints.use(path),
        optimizer: false,
      });
    });
  }

  sample(prompts: readonly Tokens[], options: SamplingOptions): Promise<Completion[][]> {
    return this.inTurn(async () => {
      checkPrompts(prompts, options, this, this.served.vocabularySize);
      if (prompts.length === 0) return [];
      const sampler = await this.sampler();
      const stop = stopsToSend(options, this.tokenizer);
      const { samplesPerPrompt: samples, maxNewTokens: maxTokens, temperature, topP, topK, seed } = options;
      const asked = prompts.map((prompt, p) =>
        sampler.sample(prompt, {
          samples,
          maxTokens,
          temperature,
          ...(topP !== undefined && { topP }),
          ...(topK && { topK }),
          ...(stop && { stop }),
          seed: promptSeed(seed, p),
          signal: this.service.signal,
        }),
      );
      // All of them come back before the next operation, also where one failed.
      const outputs = await allOf(asked);
      return outputs.map(({ sequences }) =>
        sequences.map(({ tokens, logprobs, stopReason }) => {
          if (!logprobs) throw noLogprobs();
          return cut({ tokens, logprobs, stopReason }, options, this.tokenizer);
        }),
      );
    });
  }

  logprobs(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    return this.inTurn(async () => {
      checkSequences(sequences, this, this.served.vocabularySize);
      const asked = sequences.filter(({ tokens, promptLength }) => tokens.length > promptLength);
      const found = asked.length > 0 ? await this.score(asked) : [];
      let next = 0;
      return sequences.map(({ tokens, promptLength }) =>
        tokens.length > promptLength ? (found[next++] as Float32Array) : new Float32Array(0),
      );
    });
  }

  update(batch: TrainingBatch, step: OptimizerStep): Promise<UpdateMetrics> {
    return this.inTurn(async () => {
      checkTrainingBatch(batch, this, this.served.vocabularySize);
      this.checkStep(step);
      const { profile, client } = this.service;
      const plan = planUpdate(batch, profile);
      const adapter = await this.live();
      if (adapter.loadedWithoutOptimizer && profile.weightsOnlyLoad === 'undone') throw loadUndone(adapter.model.id);
      const sequences = plan.trained.map(({ sequence }) => sequence);
      const readFirst = plan.way === 'slopes' ? sequences : [];
      const own = readFirst.length > 0 ? await adapter.logprobs(readFirst) : [];
      const { fwdbwd_max_chunk_len: length, fwdbwd_max_chunk_bytes_count: bytes } = client.config;
      const request = lossRequest(batch, plan, profile, { length, bytes }, own);
      const before = this.place;
      this.place = undefined;
      const { logprobs, gradNorm } = await adapter.step(request, this.askable(step)).catch((error: unknown) => {
        if (!adapter.lost) this.place = before;
        throw error;
      });
      await this.leave(before);
      const rows = sequences.map(({ promptLength }, i) => (logprobs[i] as Float32Array).slice(promptLength - 1));
      const tokensRead = readFirst.reduce((sum, { tokens }) => sum + tokens.length, 0);
      return { ...updateMetrics(batch, plan, rows, gradNorm), tokensRead };
    });
  }

  save({ optimizer = true }: { readonly optimizer?: boolean } = {}): Promise<PolicyState> {
    return this.inTurn(async () => {
      const at = await this.standing();
      if (this.place !== 'base' && this.place) this.place.checkpoint.given = true;
      return encodeTinkerState(this.model, this.service.rank, { ...at, optimizer: optimizer && at.optimizer });
    });
  }

  load(state: PolicyState): Promise<void> {
    return this.inTurn(async () => {
      const { path, optimizer } = decodeTinkerState(this.model, this.service.rank, state);
      if (path !== undefined) {
        await this.service.client.weightsInfo(path, { signal: this.service.signal }).catch((error: unknown) => {
          throw checkpointFault(error, path);
        });
      }
      const before = this.place;
      this.place = path === undefined ? 'base' : { checkpoint: this.service.checkpoints.use(path), optimizer };
      // A state that was read from elsewhere still names it.
      if (this.place !== 'base') this.place.checkpoint.given = true;
      await this.dropAdapter();
      await this.leave(before);
    }, true);
  }

  release(): Promise<void> {
    this.released ??= this.tail.then(async () => {
      await this.dropAdapter();
      await this.leave(this.place);
    });
    return this.released;
  }

  /** After all that was asked for before. `anew`: also where the policy was lost. */
  private async inTurn<T>(act: () => Promise<T>, anew = false): Promise<T> {
    if (this.released) {
      throw new SoarError('ENGINE_RELEASED', 'this policy was released', {
        kind: 'internal',
        remedy: 'fork or open another one',
      });
    }
    this.service.checkOpen();
    const turn = this.tail.then(async () => {
      this.service.checkOpen();
      if (this.adapter?.lost && !anew) throw this.adapter.lost;
      return act();
    });
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  /** The adapter, made now if there is none yet. */
  private async live(): Promise<Adapter> {
    if (this.adapter) return this.adapter;
    const { place } = this;
    const origin = place && place !== 'base' ? { path: place.checkpoint.path, optimizer: place.optimizer } : undefined;
    this.adapter = await this.service.makeAdapter(origin);
    return this.adapter;
  }

  private sampler(): Promise<Sampler> {
    if (this.adapter || this.place !== 'base') return this.live().then((adapter) => adapter.sampler());
    if (this.service.profile.baseSampling) return this.service.baseSampler();
    return this.service.untouchedAdapter().then((adapter) => adapter.sampler());
  }

  private async score(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    if (this.adapter || this.place !== 'base') return (await this.live()).logprobs(sequences);
    const { profile } = this.service;
    // A prompt to be scored needs room for the one token that is sampled after it.
    const fits = sequences.every(({ tokens }) => tokens.length < this.contextLength);
    const scored = profile.baseSampling && profile.promptLogprobs !== 'none';
    if (!scored || !fits) return (await this.service.untouchedAdapter()).logprobs(sequences);
    const sampler = await this.service.baseSampler();
    const options = { maxTokens: 1, temperature: 1, seed: 0, promptLogprobs: true, signal: this.service.signal };
    const outputs = await allOf(sequences.map(({ tokens }) => sampler.sample(tokens, options)));
    return outputs.map(({ promptLogprobs }, i) => {
      const { tokens, promptLength } = sequences[i] as Sequence;
      const expected = tokens.length - (profile.promptLogprobs === 'shorter' ? 1 : 0);
      if (promptLogprobs?.length !== expected) throw noLogprobs();
      return promptLogprobs.slice(promptLength - tokens.length);
    });
  }

  /** Where the weights are to be had, saved now if they are nowhere but in the adapter. */
  private async standing(): Promise<{ readonly path?: string; readonly optimizer: boolean }> {
    if (this.place === 'base') return { optimizer: false };
    if (!this.place) {
      const { checkpoints, journal } = this.service;
      const path = await (this.adapter as Adapter).save((checkpoint) =>
        journal.record({ event: 'saving', checkpoint }),
      );
      this.place = { checkpoint: checkpoints.use(path), optimizer: true };
    }
    return { path: this.place.checkpoint.path, optimizer: this.place.optimizer };
  }

  private async leave(place: Place): Promise<void> {
    if (place && place !== 'base') await this.service.checkpoints.release(place.checkpoint);
  }

  private async dropAdapter(): Promise<void> {
    const { adapter } = this;
    this.adapter = undefined;
    if (adapter) await this.service.releaseAdapter(adapter);
  }

  /** What is the service's own is not asked for otherwise: weight decay reaches other adapters on one kind of server. */
  private askable(step: OptimizerStep): OptimizerStep {
    const own = Object.entries(this.service.profile.fixedOptimizer).filter(([, value]) => value !== 'unknown');
    return { ...step, ...Object.fromEntries(own) };
  }

  /** @throws SoarError ENGINE_OPTIMIZER_STEP */
  private checkStep(step: OptimizerStep): void {
    for (const [name, value] of Object.entries(this.served.fixedOptimizer)) {
      const asked = step[name as keyof FixedOptimizer];
      if (asked === value) continue;
      const there = value === 'unknown' ? 'is whatever the service was started with' : `is ${value} there`;
      throw new SoarError('ENGINE_OPTIMIZER_STEP', `${name} ${asked} would be ignored: it ${there}`, {
        remedy: `ask for what the service has, or list ${name} in engine.allowIgnored`,
      });
    }
  }
}

/** Like Promise.all, but nothing is still under way when it rejects. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(work);
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}

const noLogprobs = () =>
  new SoarError('TINKER_ANSWER', 'log-probabilities are missing, or not one for each token', {
    kind: 'environment',
    remedy: 'use a service that returns them, and let `soar probe` find its profile',
  });
