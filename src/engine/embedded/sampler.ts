/**
 * Sampling with continuous batching: every prompt is read once, completions join as others finish, and a finished one leaves at
 * once. Completions of a prompt that have drawn the same tokens so far share a slot and are decoded once; they part where their
 * draws differ. What a completion draws depends on its own random stream alone.
 */

import { randomStream } from '../../rl/random.js';
import type { SamplingOptions } from '../engine.js';
import { TokenChooser } from '../sampling.js';
import { compileStopRule, StopDetector } from '../stopping.js';
import { type FlatCompletions, type Ragged, raggedFloats, raggedTokens, row } from './flat-batch.js';
import type { PromptCache } from './kv-cache.js';
import type { ModelRuntime } from './model-runtime.js';
import type { PolicyMemory } from './policy-memory.js';
import { floats, int64s, type Results } from './session.js';

/** Completions `from` .. `to` of a request, counted prompt by prompt: completion i is number i % samplesPerPrompt of its prompt. */
export interface SamplingTask {
  readonly prompts: Ragged<Int32Array>;
  /** Place of prompts[0] in the whole request: names the random streams. */
  readonly firstPrompt: number;
  readonly options: SamplingOptions;
}

export interface SamplerSettings {
  /** Sequences decoded at once. */
  readonly slots: number;
}

interface Running {
  /** Index of the completion in the task. */
  readonly index: number;
  readonly tokens: number[];
  readonly logprobs: number[];
  readonly uniform: () => number;
  readonly stop: StopDetector;
}

interface ReadPrompt {
  readonly cache: PromptCache;
  readonly logprob: Float32Array;
  readonly probability: Float32Array;
}

export async function sampleTask(
  runtime: ModelRuntime,
  policy: PolicyMemory,
  task: SamplingTask,
  pieces: readonly Uint8Array[],
  settings: SamplerSettings,
): Promise<FlatCompletions> {
  const { options, prompts } = task;
  const perPrompt = options.samplesPerPrompt;
  const total = prompts.ends.length * perPrompt;
  const slots = Math.min(settings.slots, total);
  const cache = runtime.kvCache(settings.slots, options.maxNewTokens);
  const choose = new TokenChooser(options, runtime.shape.vocabularySize);
  const stopRule = compileStopRule(options);
  const reader = new PromptReader(runtime, policy, task);
  const step = await runtime.stepGraph();
  const inverse = inverseTemperature(options);
  const weights = runtime.stepFeeds(policy.feeds, policy.weights);
  const fixed = { ...weights, ...runtime.tables, inverse_temperature: floats(Float32Array.of(inverse), []) };
  const wanted = runtime.stepOutputs(inverse);
  const vocabulary = runtime.shape.vocabularySize;

  const finished: Running[] = new Array(total);
  const stopped = new Uint8Array(total);
  /** By slot: the completions that are there, alike so far. */
  const running: Running[][] = [];
  let unfinished = 0;

  /** Draws the next token of a completion; true when it is its last. */
  const draw = (sequence: Running, logprob: Float32Array | undefined, probability: Float32Array): boolean => {
    const token = choose.choose(probability, sequence.uniform);
    sequence.tokens.push(token);
    sequence.logprobs.push(logprob ? (logprob[token] as number) : Math.log(probability[token] as number));
    const stops = sequence.stop.push(token);
    if (!stops && sequence.tokens.length < options.maxNewTokens) return false;
    stopped[sequence.index] = stops ? 1 : 0;
    finished[sequence.index] = sequence;
    unfinished--;
    return true;
  };
  /** Draws for all completions of a slot; those that go on, by the token they drew. */
  const drawAll = (
    alike: readonly Running[],
    logprob: Float32Array | undefined,
    probability: Float32Array,
  ): Running[][] => {
    const [only] = alike as [Running];
    if (alike.length === 1) return draw(only, logprob, probability) ? [] : [[only]];
    const byToken = new Map<number, Running[]>();
    for (const sequence of alike) {
      if (draw(sequence, logprob, probability)) continue;
      const token = lastToken(sequence);
      const same = byToken.get(token);
      if (same) same.push(sequence);
      else byToken.set(token, [sequence]);
    }
    return [...byToken.values()];
  };

  for (let next = 0; ; ) {
    while (unfinished < slots && next < total) {
      const place = Math.floor(next / perPrompt);
      const prompt = await reader.read(place);
      const joining: Running[] = [];
      for (; unfinished < slots && next < Math.min(total, (place + 1) * perPrompt); unfinished++) {
        const name = `${options.seed}/${task.firstPrompt + place}/${next % perPrompt}`;
        joining.push({
          index: next++,
          tokens: [],
          logprobs: [],
          uniform: options.temperature === 0 ? noUniform : randomStream(name).float,
          stop: new StopDetector(stopRule, pieces),
        });
      }
      for (const alike of drawAll(joining, prompt.logprob, prompt.probability)) {
        cache.admit(running.length, prompt.cache);
        running.push(alike);
      }
    }
    if (running.length === 0) break;

    const active = running.length;
    const tokens = Int32Array.from(running, ([first]) => lastToken(first as Running));
    const positions = Int32Array.from(running, (_, slot) => cache.length(slot));
    const feeds = {
      ...fixed,
      ...cache.feeds(active),
      tokens: int64s(tokens, [active, 1]),
      positions: int64s(positions, [active, 1]),
    };
    const results = await step.run(feeds, wanted);
    cache.append(active, results);
    const { logprob } = results;
    const probability = results.probability as Float32Array;
    // From the last slot down: a hole is filled by the last slot, which has been dealt with already.
    for (let slot = active - 1; slot >= 0; slot--) {
      const at = slot * vocabulary;
      const alike = running[slot] as Running[];
      const [stay, ...part] = drawAll(
        alike,
        logprob?.subarray(at, at + vocabulary),
        probability.subarray(at, at + vocabulary),
      );
      if (stay) {
        running[slot] = stay;
        for (const group of part) {
          cache.copy(slot, running.length);
          running.push(group);
        }
        continue;
      }
      const last = running.pop() as Running[];
      if (last === alike) continue;
      running[slot] = last;
      cache.move(running.length, slot);
    }
  }
  return {
    tokens: raggedTokens(finished.map((sequence) => Int32Array.from(sequence.tokens))),
    logprobs: raggedFloats(finished.map((sequence) => Float32Array.from(sequence.logprobs))),
    stopped,
  };
}

/** Greedy decoding looks at probabilities at temperature 1. */
const inverseTemperature = ({ temperature }: SamplingOptions): number => (temperature === 0 ? 1 : 1 / temperature);

const lastToken = ({ tokens }: Running): number => tokens.at(-1) as number;

/** Greedy decoding draws nothing. */
const noUniform = (): number => 0;

/** Reads prompts a batch at a time, in order, and keeps only what is still needed. */
class PromptReader {
  private readonly runtime: ModelRuntime;
  private readonly policy: PolicyMemory;
  private readonly task: SamplingTask;
  private readonly budget: number;
  private ready: ReadPrompt[] = [];
  private first = 0;

  constructor(runtime: ModelRuntime, policy: PolicyMemory, task: SamplingTask) {
    this.runtime = runtime;
    this.policy = policy;
    this.task = task;
    this.budget = runtime.microBatchTokens;
  }

  async read(prompt: number): Promise<ReadPrompt> {
    if (prompt >= this.first + this.ready.length) {
      this.first = prompt;
      this.ready = await this.readFrom(prompt);
    }
    return this.ready[prompt - this.first] as ReadPrompt;
  }

  private async readFrom(from: number): Promise<ReadPrompt[]> {
    const { runtime, policy, task } = this;
    const prompts: Int32Array[] = [];
    let time = 0;
    for (let i = from; i < task.prompts.ends.length; i++) {
      const prompt = row(task.prompts, i);
      const longest = Math.max(time, prompt.length);
      if (prompts.length > 0 && longest * (prompts.length + 1) > this.budget) break;
      prompts.push(prompt);
      time = longest;
    }
    const tokens = new Int32Array(prompts.length * time);
    const picks = new Int32Array(2 * prompts.length);
    prompts.forEach((prompt, b) => {
      tokens.set(prompt, b * time);
      picks[2 * b] = b;
      picks[2 * b + 1] = prompt.length - 1;
    });
    const graph = await runtime.prefillGraph();
    const results = await graph.run({
      ...policy.feeds,
      ...runtime.sequenceFeeds,
      causal_mask: runtime.causalMask(time),
      tokens: int64s(tokens, [prompts.length, time]),
      picks: int64s(picks, [prompts.length, 2]),
      inverse_temperature: floats(Float32Array.of(inverseTemperature(task.options)), []),
    });
    return prompts.map((prompt, b) => this.cut(results, from + b, b, prompt.length, time));
  }

  private cut(results: Results, prompt: number, b: number, length: number, time: number): ReadPrompt {
    const { shape } = this.runtime;
    const width = shape.kvHeads * shape.headSize;
    const rows = (name: string) =>
      Array.from({ length: shape.layers }, (_, layer) =>
        (results[`${name}_${layer}`] as Float32Array).subarray(b * time * width, (b * time + length) * width),
      );
    const at = b * shape.vocabularySize;
    const distribution = (name: string) => (results[name] as Float32Array).subarray(at, at + shape.vocabularySize);
    return {
      cache: { prompt, length, keys: rows('key'), values: rows('value') },
      logprob: distribution('logprob'),
      probability: distribution('probability'),
    };
  }
}
