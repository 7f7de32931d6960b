/** A prompt or a training sequence: token ids, in JSON and in protobuf. Images are part of the protocol and not of this client. */
import { z } from 'zod';
import { int32Bytes, int32sOf, numbersOf } from './arrays.js';
import { asBytes, type ProtobufWriter, readFields, unreadable, type WireValue } from './protobuf.js';

// A number that is no integer of 31 bits is changed by `| 0`.
const isTokenId = (id: unknown) => typeof id === 'number' && (id | 0) === id && id >= 0;

const tokenIds = z.custom<number[]>((value) => Array.isArray(value) && value.every(isTokenId), {
  error: 'expected an array of token ids',
});

/** Token ids as an answer or a request has them in JSON. */
export const tokensJson = tokenIds.transform((ids) => new Int32Array(ids));

export const modelInputJson = z
  .object({ chunks: z.array(z.object({ type: z.literal('encoded_text').optional(), tokens: tokenIds })) })
  .transform(({ chunks }) => Int32Array.from(chunks.flatMap(({ tokens }) => tokens)));

export function modelInputToJson(tokens: Int32Array): z.input<typeof modelInputJson> {
  return { chunks: [{ type: 'encoded_text', tokens: numbersOf(tokens) }] };
}

/** message Chunk { oneof { EncodedTextChunk encoded_text = 1; ... } }, EncodedTextChunk { bytes tokens = 1 (int32) } */
export function writeModelInput(to: ProtobufWriter, field: number, tokens: Int32Array): void {
  to.message(field, (chunk) => chunk.message(1, (text) => text.bytes(1, int32Bytes(tokens))));
}

export function readChunk(from: WireValue, where: string): Int32Array {
  let tokens: Int32Array | undefined;
  readFields(asBytes(from, where), where, (field, value) => {
    if (field !== 1) throw unreadable(where, 'is an image or a sound, not text');
    tokens = new Int32Array(0);
    readFields(asBytes(value, where), where, (inner, bytes) => {
      if (inner === 1) tokens = int32sOf(asBytes(bytes, where), where);
    });
  });
  if (!tokens) throw unreadable(where, 'is empty');
  return tokens;
}
