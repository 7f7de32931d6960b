/** From an answer's bytes to checked values, or to an error that names the call and the field. */
import type { z } from 'zod';
import { SoarError } from '../../../errors.js';
import {
  type Call,
  type CallName,
  calls,
  protobufType,
  type ResultOf,
  sampleOutputFromProtobuf,
  trainingOutputFromProtobuf,
} from '../wire/index.js';
import type { HttpAnswer } from './exchange.js';
import { badAnswer } from './faults.js';

/** @throws SoarError TINKER_ANSWER */
export function readJson(call: string, where: string, { body }: HttpAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw badAnswer(call, where, body.length === 0 ? 'nothing' : 'no JSON');
  }
}

/** @throws SoarError TINKER_ANSWER with the first field at fault */
export function checked<S extends z.ZodType>(schema: S, value: unknown, call: string, where: string): z.output<S> {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const { path, message } = error.issues[0] ?? { path: [], message: 'not valid' };
  throw badAnswer(call, where, `${path.length > 0 ? path.join('.') : 'the whole'}: ${message}`);
}

/** A promised result, in whichever form it came. @throws SoarError TINKER_ANSWER */
export function readResult<N extends CallName>(name: N, answer: HttpAnswer, json: unknown, where: string): ResultOf<N> {
  const call: Call = calls[name];
  if (!isProtobuf(answer)) return checked(call.result as z.ZodType, json, name, where) as ResultOf<N>;
  if (!call.protobuf) throw badAnswer(name, where, 'protobuf, where there is none');
  try {
    const decode = call.protobuf === 'training' ? trainingOutputFromProtobuf : sampleOutputFromProtobuf;
    return decode(answer.body) as ResultOf<N>;
  } catch (error) {
    if (error instanceof SoarError) throw badAnswer(name, where, error.message);
    throw error;
  }
}

export function isProtobuf({ headers }: HttpAnswer): boolean {
  return headers.get('content-type')?.includes(protobufType) ?? false;
}
