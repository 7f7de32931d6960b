/**
 * `forward_backward` and `forward` of one model: checked, cut into parts that the server takes, sent as one turn, and put together again.
 */
import { SoarError } from '../../../errors.js';
import type { Datum, TrainingOutput, TrainingRequest } from '../wire/index.js';
import type { Delivery } from './caller.js';
import { chunksOf, datumBytes, mergeOutputs } from './chunks.js';
import { type CallOptions, type Connection, resultOf, trainingContent } from './connection.js';
import { badAnswer } from './faults.js';
import type { Turns } from './turns.js';

export interface Loss {
  /** cross_entropy, importance_sampling, ppo, cispo, ... as the server has them. */
  readonly name: string;
  readonly config?: Readonly<Record<string, number>>;
}

export class TrainingCalls {
  private readonly connection: Connection;
  private readonly turns: Turns;
  private readonly model: string;
  private readonly home: { readonly knowsRepetitions: boolean };

  constructor(connection: Connection, turns: Turns, model: string, home: { readonly knowsRepetitions: boolean }) {
    this.connection = connection;
    this.turns = turns;
    this.model = model;
    this.home = home;
  }

  /** @throws SoarError TINKER_DATUM, TINKER_NOT_FINITE, TINKER_*, or the signal's reason */
  async run(
    data: readonly Datum[],
    loss: Loss,
    { forwardOnly, signal, onAccepted }: CallOptions & { forwardOnly: boolean },
  ): Promise<TrainingOutput> {
    if (data.length === 0) throw badDatum('there is no datum');
    data.forEach(checkDatum);
    const { fwdbwd_max_chunk_len: length, fwdbwd_max_chunk_bytes_count: bytes } = this.connection.config;
    const chunks = chunksOf(data, { length, bytes });
    const submit = (i: number, first: number, delivery?: Delivery) => {
      const request: TrainingRequest = {
        modelId: this.model,
        seqId: first + i,
        data: chunks[i] as Datum[],
        lossFn: loss.name,
        ...(loss.config && { lossFnConfig: loss.config }),
        forwardOnly,
      };
      return this.submit(request, signal, delivery);
    };

    const { first, accepted } = await this.turns.take(
      chunks.length,
      (number, delivery) => this.submitAll(chunks.length, (i) => submit(i, number, delivery), delivery),
      signal,
    );
    onAccepted?.({ sequence: first, requestIds: accepted });
    const outputs = accepted.map(async (requestId, i) => {
      const name = forwardOnly ? 'forward' : 'forwardBackward';
      const resubmit = () => submit(i, first);
      const how = { signal, subject: this.model, ...(this.repeatable(forwardOnly) && { resubmit }) };
      const output = await resultOf(this.connection, name, requestId, how);
      this.checkLength(name, output, chunks[i] as Datum[]);
      return output;
    });
    return mergeOutputs(await allDone(outputs));
  }

  /** All parts side by side, the first one last: with it, a server that goes by numbers has the whole at once. */
  private async submitAll(
    count: number,
    submit: (i: number) => Promise<string>,
    delivery: Delivery,
  ): Promise<string[]> {
    const rest = Array.from({ length: count - 1 }, (_, i) => i + 1);
    const ids: string[] = [];
    const take = async (i: number) => {
      ids[i] = await submit(i);
    };
    try {
      if (this.connection.config.parallel_fwdbwd_chunks) {
        await allDone(rest.map(take));
        await take(0);
      } else for (const i of [0, ...rest]) await take(i);
      return ids;
    } catch (error) {
      // Some of it is there and some is not.
      if (ids.some((id) => id !== undefined)) delivery.uncertain = true;
      throw error;
    }
  }

  /** @returns the request's id */
  private async submit(
    request: TrainingRequest,
    signal: AbortSignal | undefined,
    delivery?: Delivery,
  ): Promise<string> {
    const { caller, protobuf, trainingBytes } = this.connection;
    const bytes = request.data.reduce((sum, datum) => sum + datumBytes(datum), 0);
    // In protobuf both are one call, and a flag of the message tells them apart.
    const name = request.forwardOnly && !protobuf ? 'forward' : 'forwardBackward';
    const repeatable = this.repeatable(request.forwardOnly);
    const how = { signal, subject: this.model, repeatable, ...(delivery && { delivery }) };
    const send = () => caller.callWith(name, trainingContent(this.connection, request), how);
    return (await trainingBytes.use(bytes, send, signal)).request_id;
  }

  /** A pass without gradient leaves nothing behind. */
  private repeatable(forwardOnly: boolean): boolean {
    return forwardOnly || this.home.knowsRepetitions;
  }

  private checkLength(name: 'forward' | 'forwardBackward', { outputs }: TrainingOutput, chunk: readonly Datum[]): void {
    if (outputs.length === chunk.length) return;
    const what = `loss_fn_outputs: ${outputs.length} for ${chunk.length} datums`;
    throw badAnswer(name, this.connection.caller.where(name), what);
  }
}

/** Like Promise.all, but no work is left behind unseen when one fails. */
async function allDone<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(work);
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
  return ends.map((end) => (end as PromiseFulfilledResult<T>).value);
}

function checkDatum({ tokens, inputs }: Datum, i: number): void {
  if (!inputs.target_tokens) throw badDatum(`datum ${i} has no target_tokens`);
  for (const [name, { data }] of Object.entries(inputs)) {
    if (data.length !== tokens.length) {
      throw badDatum(`datum ${i} has ${data.length} values of ${name} for ${tokens.length} tokens`);
    }
  }
}

function badDatum(what: string): SoarError {
  return new SoarError('TINKER_DATUM', what, {
    remedy:
      'tokens are the sequence without its last token, target_tokens without its first; all inputs have that length',
  });
}
