/** `retrieve_future`: waits, and says in the profile's words that a result is there, is not there yet, or never will be. */
import { protobufType } from '../wire/calls.js';
import { sampleOutputToJson, sampleOutputToProtobuf } from '../wire/sampling.js';
import { trainingOutputToJson, trainingOutputToProtobuf } from '../wire/training-output.js';
import type { Database } from './database.js';
import type { Future, Result } from './futures.js';
import type { ServerProfile } from './profile.js';
import { Refusal } from './refusal.js';

export interface Answer {
  readonly status: number;
  readonly body?: string | Uint8Array;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const jsonAnswer = (status: number, value: unknown): Answer => ({
  status,
  body: JSON.stringify(value),
  type: 'application/json',
});

export interface Retrieval {
  readonly id: string;
  readonly metadataOnly: boolean;
  readonly accept: string;
  readonly milliseconds: number;
  readonly gone: AbortSignal;
}

/** @throws Refusal */
export async function retrieve(database: Database, profile: ServerProfile, asked: Retrieval): Promise<Answer> {
  if (!/^\d+$/.test(asked.id)) throw new Refusal(500, 'Internal Server Error', true);
  const future = database.futures.get(asked.id);
  await database.futures.wait(future, asked.milliseconds, asked.gone);
  if (future.error) return failed(profile, future.error);
  if (!future.result) return pending(profile, asked.id, future);
  const answer = settled(future.result, profile.protobuf && asked.accept.includes(protobufType));
  const size = answer.body?.length ?? 0;
  if (profile.metadataAbove > 0 && asked.metadataOnly && size > profile.metadataAbove) {
    return jsonAnswer(200, { status: 'complete_metadata', response_payload_size: size });
  }
  database.futures.told(future);
  return answer;
}

function settled(result: Result, protobuf: boolean): Answer {
  if (result.form === 'json') return jsonAnswer(200, result.value);
  if (result.form === 'training') {
    return protobuf
      ? binary(trainingOutputToProtobuf(result.value))
      : jsonAnswer(200, trainingOutputToJson(result.value));
  }
  return protobuf ? binary(sampleOutputToProtobuf(result.value)) : jsonAnswer(200, sampleOutputToJson(result.value));
}

const binary = (body: Uint8Array): Answer => ({ status: 200, body, type: protobufType });

function failed({ futures }: ServerProfile, { message, category }: NonNullable<Future['error']>): Answer {
  if (futures !== 'skyrl') return jsonAnswer(200, { error: message, category });
  return jsonAnswer(400, { detail: message });
}

/** The hosted service uses both of its words in turn. */
function pending({ futures }: ServerProfile, id: string, future: Future): Answer {
  const turn = future.polls++;
  const queue = { queue_state: 'active' };
  if (futures === 'skyrl') return jsonAnswer(408, { detail: 'Timeout waiting for result' });
  if (futures === 'hosted' && turn % 2 === 0) return jsonAnswer(408, queue);
  return jsonAnswer(200, { type: 'try_again', request_id: id, ...queue });
}
