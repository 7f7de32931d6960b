/** Sampling from a snapshot of a model's weights, or from the base model. */
import type { BodyOf, SampleOutput } from '../wire/index.js';
import { modelInputToJson } from '../wire/model-input.js';
import { jsonContent } from './caller.js';
import { type Connection, resultOf } from './connection.js';
import { badAnswer } from './faults.js';

export interface SampleOptions {
  /** Completions of the prompt; 1 unless said. */
  readonly samples?: number;
  readonly maxTokens: number;
  /** 1 unless said. */
  readonly temperature?: number;
  readonly topP?: number;
  /** Keeps the k most probable tokens; all unless said. */
  readonly topK?: number;
  /** Completion i draws with seed + i. */
  readonly seed?: number;
  /** Token ids or texts that end a completion. */
  readonly stop?: readonly number[] | readonly string[];
  /** Log-probabilities of the prompt's own tokens. */
  readonly promptLogprobs?: boolean;
  readonly topkPromptLogprobs?: number;
  readonly signal?: AbortSignal | undefined;
}

export class Sampler {
  /** The sampling session on the server. */
  readonly id: string;
  /** `tinker://<model>/sampler_weights/<name>` where a checkpoint lies behind it, to be deleted after use. */
  readonly checkpoint: string | undefined;
  private readonly connection: Connection;
  private sequence = 0;

  constructor(connection: Connection, id: string, checkpoint?: string) {
    this.connection = connection;
    this.id = id;
    this.checkpoint = checkpoint;
  }

  /**
   * Completions of one prompt. Repeating it after a lost answer does no harm, so it is repeated.
   * @throws SoarError TINKER_*, or the signal's reason
   */
  async sample(prompt: Int32Array, options: SampleOptions): Promise<SampleOutput> {
    const { connection, id } = this;
    const { signal } = options;
    const { samples = 1 } = options;
    const sequence = ++this.sequence;
    // The body anew for each try: thousands of these may wait for their turn.
    const submit = () => this.submit(this.body(prompt, sequence, options), prompt.length * bytesPerToken, signal);
    const output = await connection.samplingRequests.use(
      1,
      async () => resultOf(connection, 'sample', await submit(), { signal, resubmit: submit, subject: id }),
      signal,
    );
    if (output.sequences.length !== samples) {
      const what = `${output.sequences.length} sequences where ${samples} were asked for`;
      throw badAnswer('sample', connection.caller.where('sample'), what);
    }
    return output;
  }

  /** @returns the request's id */
  private submit(body: BodyOf<'sample'>, bytes: number, signal: AbortSignal | undefined): Promise<string> {
    const { caller, pressure, samplingSends, samplingBytes } = this.connection;
    const headers = { 'x-tinker-sampling-backpressure': '1' };
    const onBusy = () => {
      pressure.refused(bytes);
      return pressure.clear(signal);
    };
    const send = () => caller.callWith('sample', jsonContent(body), { signal, headers, onBusy, subject: this.id });
    const admitted = async () => {
      await pressure.clear(signal);
      return samplingBytes.use(pressure.weight(bytes), send, signal);
    };
    return samplingSends.use(1, admitted, signal).then(({ request_id }) => request_id);
  }

  private body(prompt: Int32Array, sequence: number, options: SampleOptions) {
    const { samples = 1, maxTokens, temperature, topP, topK, seed, stop } = options;
    const { promptLogprobs, topkPromptLogprobs } = options;
    return {
      num_samples: samples,
      prompt: modelInputToJson(prompt),
      sampling_session_id: this.id,
      seq_id: sequence,
      sampling_params: {
        max_tokens: maxTokens,
        ...(temperature !== undefined && { temperature }),
        ...(topP !== undefined && { top_p: topP }),
        ...(topK !== undefined && { top_k: topK }),
        ...(seed !== undefined && { seed }),
        ...(stop && { stop: [...stop] as number[] | string[] }),
      },
      ...(promptLogprobs !== undefined && { prompt_logprobs: promptLogprobs }),
      ...(topkPromptLogprobs !== undefined && { topk_prompt_logprobs: topkPromptLogprobs }),
    };
  }
}

/** Of a prompt in JSON, as the official client estimates. */
const bytesPerToken = 10;
