/** Sampling one completion after the other, the whole text so far read anew for each token. */
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import type { Tokenizer } from '../../checkpoints/tokenizer.js';
import { randomStream } from '../../rl/random.js';
import type { Completion, SamplingOptions, Tokens } from '../engine.js';
import { TokenChooser } from '../sampling.js';
import { type CompiledStopRule, compileStopRule, StopDetector } from '../stopping.js';
import { llamaLogits, logProbabilities, parametersOf } from './llama.js';
import { Tape } from './tape.js';

/** What may follow a text. Both [vocabulary]. */
interface Next {
  /** Natural log, temperature 1. */
  readonly logprob: Float32Array;
  /** At the sampling temperature. */
  readonly probability: Float32Array;
}

type Model = (text: readonly number[]) => Next;

export function sampleCompletions(
  shape: LlamaShape,
  weights: Float32Array | Float64Array,
  tokenizer: Tokenizer,
  prompts: readonly Tokens[],
  options: SamplingOptions,
): Completion[][] {
  const model = nextTokenModel(shape, weights, options.temperature);
  const chooser = new TokenChooser(options, shape.vocabularySize);
  const rule = compileStopRule(options);
  return prompts.map((prompt, p) =>
    Array.from({ length: options.samplesPerPrompt }, (_, c) => {
      const uniform = randomStream(`${options.seed}/${p}/${c}`).float;
      return complete(model, chooser, rule, tokenizer, prompt, options.maxNewTokens, uniform);
    }),
  );
}

function complete(
  model: Model,
  chooser: TokenChooser,
  rule: CompiledStopRule,
  tokenizer: Tokenizer,
  prompt: Tokens,
  maxNewTokens: number,
  uniform: () => number,
): Completion {
  const stop = new StopDetector(rule, tokenizer.pieces);
  const text = [...prompt];
  const logprobs: number[] = [];
  let stopped = false;
  while (!stopped && logprobs.length < maxNewTokens) {
    const { logprob, probability } = model(text);
    const token = chooser.choose(probability, uniform);
    text.push(token);
    logprobs.push(logprob[token]);
    stopped = stop.push(token);
  }
  return {
    tokens: Int32Array.from(text.slice(prompt.length)),
    logprobs: Float32Array.from(logprobs),
    stopReason: stopped ? 'stop' : 'length',
  };
}

/** A text that was met before in the request is not computed again: a tiny model meets the same few all the time. */
function nextTokenModel(shape: LlamaShape, weights: Float32Array | Float64Array, temperature: number): Model {
  const parameters = parametersOf(shape, weights);
  const known = new Map<string, Next>();
  return (text) => {
    const key = text.join();
    let next = known.get(key);
    if (!next) {
      const logits = llamaLogits(new Tape(), shape, parameters, text);
      const hot = logProbabilities(logits, text.length - 1, temperature === 0 ? 1 : temperature);
      next = {
        logprob: Float32Array.from(logProbabilities(logits, text.length - 1)),
        probability: Float32Array.from(hot, Math.exp),
      };
      known.set(key, next);
    }
    return next;
  };
}
