/** Request bodies: read within bounds, unpacked, parsed by the call's schema as strictly as the profile says. */
import type { IncomingMessage } from 'node:http';
import * as zlib from 'node:zlib';
import { z } from 'zod';
import { SoarError } from '../../../errors.js';
import { type CallName, calls, protobufType } from '../wire/calls.js';
import { loadWeightsBody } from '../wire/checkpoints.js';
import { type TrainingRequest, trainingRequestFromProtobuf } from '../wire/training.js';
import type { ServerProfile } from './profile.js';
import { Refusal } from './refusal.js';

const mostBytes = 1 << 30;

/** Node has it from 22.15 and 23.8. */
const unzstd = (zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Buffer }).zstdDecompressSync;
export const zstdHere = unzstd !== undefined;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > mostBytes) throw new Refusal(413, 'The body is too large');
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

/** Packed bodies are known for passes alone. @throws Refusal 415, 422 */
export function unpacked(bytes: Buffer, encoding: string | undefined, call: CallName, { zstd }: ServerProfile): Buffer {
  if (!encoding) return bytes;
  if (encoding !== 'zstd' || !zstd || !unzstd || call !== 'forwardBackward') {
    throw new Refusal(415, `Unsupported content encoding: ${encoding}`);
  }
  try {
    return unzstd(bytes);
  } catch (error) {
    throw new Refusal(422, `Invalid zstd forward_backward body: ${error}`);
  }
}

export const isProtobuf = (contentType: string | undefined): boolean => contentType?.includes(protobufType) ?? false;

export function protobufPass(bytes: Buffer): TrainingRequest {
  try {
    // A plain array: `slice` of a Buffer is a view.
    return trainingRequestFromProtobuf(new Uint8Array(bytes));
  } catch (error) {
    if (!(error instanceof SoarError)) throw error;
    throw new Refusal(422, `Invalid proto forward_backward body: ${error.message}`);
  }
}

/** SkyRL's default; whoever forks must say false. */
const lenientLoad = loadWeightsBody.extend({ optimizer: z.boolean().default(true) });

/** @throws Refusal 422 with what is wrong, as pydantic says it */
export function parsedBody(bytes: Buffer, call: CallName, { strictBodies }: ServerProfile): unknown {
  const { body: given } = calls[call] as { body?: z.ZodType };
  const schema = call === 'loadWeights' ? lenientLoad : given;
  if (!schema) return undefined;
  const strict = strictBodies && schema instanceof z.ZodObject ? schema.strict() : schema;
  const json = jsonOf(bytes);
  const tokens = call === 'sample' ? (json as { sampling_params?: { max_tokens?: unknown } } | null) : null;
  if (tokens?.sampling_params && !(Number(tokens.sampling_params.max_tokens) > 0)) {
    throw new Refusal(400, 'max_tokens must be a positive number');
  }
  const parsed = strict.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Refusal(
    422,
    parsed.error.issues.map(({ path, message, code }) => ({ loc: ['body', ...path], msg: message, type: code })),
  );
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Refusal(422, [{ loc: ['body'], msg: 'JSON decode error', type: 'json_invalid' }]);
  }
}
