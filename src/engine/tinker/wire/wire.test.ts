import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { int64Bytes, int64sOf } from './arrays.js';
import { tokensJson } from './model-input.js';
import { appendNumbers, ProtobufWriter, readFields } from './protobuf.js';
import {
  type SampleOutput,
  sampleOutputFromProtobuf,
  sampleOutputJson,
  sampleOutputToJson,
  sampleOutputToProtobuf,
} from './sampling.js';
import { readTensor, type Tensor, tensorJson, tensorToJson } from './tensor.js';
import {
  forwardBackwardBody,
  forwardBody,
  type TrainingRequest,
  trainingRequestFromProtobuf,
  trainingRequestOf,
  trainingRequestToJson,
  trainingRequestToProtobuf,
} from './training.js';
import {
  type TrainingOutput,
  trainingOutputFromProtobuf,
  trainingOutputJson,
  trainingOutputToJson,
  trainingOutputToProtobuf,
} from './training-output.js';

/** Bytes in hexadecimal, a line's rest after `--` being its explanation. */
const hex = (text: string) => new Uint8Array(Buffer.from(text.replace(/--.*$/gm, '').replace(/\s/g, ''), 'hex'));

it('integers of 64 bits are written as two halves', () => {
  expect([...int64Bytes([2 ** 32 + 2, -2])]).toEqual([2, 0, 0, 0, 1, 0, 0, 0, 254, 255, 255, 255, 255, 255, 255, 255]);
  fc.assert(
    fc.property(fc.array(fc.maxSafeInteger()), (values) => {
      expect(int64sOf(int64Bytes(values), 'test')).toEqual(values);
    }),
    { seed: 12 },
  );
});

describe('bytes worked by hand (tag = 8 * field + wire type)', () => {
  it('a training request', () => {
    const request: TrainingRequest = {
      modelId: 'm',
      seqId: 300,
      data: [
        {
          tokens: Int32Array.of(1, 258),
          inputs: { w: { dtype: 'float32', data: Float32Array.of(1, -2), shape: [2] } },
        },
      ],
      lossFn: 'ppo',
      lossFnConfig: { c: 0.5 },
      forwardOnly: true,
    };
    const bytes = hex(`
      0a 01 6d            -- model_id "m"
      10 ac 02            -- seq_id 300 = 2 * 128 + 44
      1a 24               -- a datum of 36 bytes
        0a 0c             --   a chunk of 12
          0a 0a           --     encoded_text, 10
            0a 08 01000000 02010000
        12 14             --   an entry of loss_fn_inputs, 20
          0a 01 77        --     "w"
          12 0f           --     a tensor of 15
            0a 08 0000803f 000000c0
            18 01         --       float32
            22 01 02      --       shape [2], packed
      22 03 70706f        -- loss_fn "ppo"
      2a 0c               -- an entry of loss_fn_config
        0a 01 63 11 000000000000e03f
      30 01               -- forward_only`);
    expect(trainingRequestToProtobuf(request)).toEqual(bytes);
    expect(trainingRequestFromProtobuf(bytes)).toEqual(request);
  });

  it('a training output: one field of two datums lies in one array, cut by offsets', () => {
    const output: TrainingOutput = {
      outputType: 's',
      outputs: [
        { l: { dtype: 'float32', data: Float32Array.of(-1), shape: [1] } },
        { l: { dtype: 'float32', data: Float32Array.of(-2, 0), shape: [2] } },
      ],
      metrics: { x: 0 },
    };
    const bytes = hex(`
      0a 01 73            -- loss_fn_output_type "s"
      12 33               -- a record of 51 bytes
        12 2f             --   an entry of fields, 47
          0a 01 6c        --     "l"
          12 2a           --     a batched tensor of 42
            0a 0c 000080bf 000000c0 00000000
            12 18 0000000000000000 0400000000000000 0c00000000000000
            18 01         --       float32; no trailing shape
        18 02             --   num_datums
      1a 0c               -- an entry of metrics
        0a 01 78 11 0000000000000000`);
    expect(trainingOutputToProtobuf(output)).toEqual(bytes);
    expect(trainingOutputFromProtobuf(bytes)).toEqual(output);
  });

  it('a sample: "stop" is 0 and so is not written', () => {
    const output: SampleOutput = {
      sequences: [
        { tokens: Int32Array.of(7), logprobs: Float32Array.of(-0.5), stopReason: 'stop' },
        { tokens: Int32Array.of(), stopReason: 'length' },
      ],
      promptLogprobs: Float32Array.of(Number.NaN, -1),
      topkPromptLogprobs: [null, [[3, -1]]],
    };
    const bytes = hex(`
      0a 0c 12 04 07000000 1a 04 000000bf
      0a 04 08 01 12 00
      12 08 0000c07f 000080bf
      1a 18
        0a 08 00000000 03000000
        12 08 804fc3c7 000080bf   -- -99999 = -(1 + 4411264 / 2^23) * 2^16
        18 01 20 02`);
    expect(sampleOutputToProtobuf(output)).toEqual(bytes);
    expect(sampleOutputFromProtobuf(bytes)).toEqual(output);
  });

  it('other forms that a peer may choose: unknown fields, numbers not packed, bfloat16, int32, negative numbers', () => {
    const where = 'test';
    expect(sampleOutputFromProtobuf(hex('20 05 0a 02 12 00 2d 00000000 31 0000000000000000')).sequences).toHaveLength(
      1,
    );
    expect(readTensor(hex('0a 04 803f 00c0 18 04 20 01 20 02'), where)).toEqual({
      dtype: 'float32',
      data: Float32Array.of(1, -2),
      shape: [1, 2],
    });
    expect(readTensor(hex('0a 04 ffffffff 18 03'), where)).toEqual({
      dtype: 'int64',
      data: Int32Array.of(-1),
      shape: [1],
    });
    const numbers: number[] = [];
    readFields(new ProtobufWriter().packed(1, [-1, 300, 0]).finish(), where, (_, value) =>
      appendNumbers(value, where, numbers),
    );
    expect(numbers).toEqual([-1, 300, 0]);
  });
});

const finite = fc
  .float32Array({ noNaN: true, noDefaultInfinity: true })
  .map((values) => values.map((value) => value + 0));
const ids = fc.int32Array({ min: 0 });
const name = fc.string({ minLength: 1, maxLength: 8 });
const tensor: fc.Arbitrary<Tensor> = fc.oneof(
  finite.map((data): Tensor => ({ dtype: 'float32', data, shape: [data.length] })),
  fc.int32Array({ min: 1 - 2 ** 31 }).map((data): Tensor => ({ dtype: 'int64', data, shape: [data.length] })),
  finite.map((data): Tensor => ({ dtype: 'float32', data, shape: [data.length, 1] })),
);

const trainingRequest: fc.Arbitrary<TrainingRequest> = fc
  .record(
    {
      modelId: name,
      seqId: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      data: fc.array(fc.record({ tokens: ids, inputs: fc.dictionary(name, tensor, { noNullPrototype: true }) }), {
        maxLength: 4,
      }),
      lossFn: name,
      lossFnConfig: fc.dictionary(
        name,
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
        {
          minKeys: 1,
          noNullPrototype: true,
        },
      ),
      forwardOnly: fc.boolean(),
    },
    { requiredKeys: ['modelId', 'data', 'lossFn', 'forwardOnly'], noNullPrototype: true },
  )
  .map((request) => request as TrainingRequest);

const trainingOutput: fc.Arbitrary<TrainingOutput> = fc.record(
  {
    outputType: name,
    outputs: fc.array(finite, { maxLength: 5 }).map((all) =>
      all.map((data) => ({
        logprobs: { dtype: 'float32' as const, data, shape: [data.length] },
        ids: { dtype: 'int64' as const, data: Int32Array.from(data, (_, i) => i), shape: [data.length, 1] },
      })),
    ),
    metrics: fc.dictionary(
      name,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
      {
        noNullPrototype: true,
      },
    ),
  },
  { noNullPrototype: true },
);

const sequence = fc
  .tuple(ids, fc.boolean(), fc.constantFrom('stop' as const, 'length' as const))
  .map(([tokens, scored, stopReason]) => ({
    tokens,
    ...(scored && { logprobs: Float32Array.from(tokens, (id) => -id) }),
    stopReason,
  }));
const row = fc.array(fc.tuple(fc.nat(1000), fc.integer({ min: -50, max: -1 })), { minLength: 1, maxLength: 3 });
const sampleOutput = fc
  .record(
    {
      sequences: fc.array(sequence, { maxLength: 4 }),
      promptLogprobs: fc.float32Array({ noDefaultInfinity: true }).map((values) => values.map((value) => value + 0)),
      topkPromptLogprobs: fc.array(fc.option(row), { maxLength: 4 }),
    },
    { requiredKeys: ['sequences'], noNullPrototype: true },
  )
  .map((output) => output as SampleOutput);

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const runs = { seed: 11, numRuns: 300 };

describe('round trips', () => {
  it('training requests', () => {
    fc.assert(
      fc.property(trainingRequest, (request) => {
        expect(trainingRequestFromProtobuf(trainingRequestToProtobuf(request))).toEqual(request);
        const body = request.forwardOnly ? forwardBody : forwardBackwardBody;
        expect(trainingRequestOf(body.parse(throughJson(trainingRequestToJson(request))))).toEqual(request);
      }),
      runs,
    );
  });

  it('training outputs', () => {
    fc.assert(
      fc.property(trainingOutput, (output) => {
        expect(trainingOutputFromProtobuf(trainingOutputToProtobuf(output))).toEqual(output);
        expect(trainingOutputJson.parse(throughJson(trainingOutputToJson(output)))).toEqual(output);
      }),
      runs,
    );
  });

  it('samples', () => {
    fc.assert(
      fc.property(sampleOutput, (output) => {
        const bytes = sampleOutputToProtobuf(output);
        expect(sampleOutputFromProtobuf(bytes)).toEqual(output);
        // A Buffer in the middle of another, as servers and decompressors hand them out.
        const around = Buffer.concat([Buffer.of(1), bytes, Buffer.of(2)]);
        expect(sampleOutputFromProtobuf(around.subarray(1, -1))).toEqual(output);
        expect(sampleOutputJson.parse(throughJson(sampleOutputToJson(output)))).toEqual(output);
      }),
      runs,
    );
  });
});

describe('what is refused', () => {
  const coded = (code: string) => expect.objectContaining({ code });

  it('a message cut anywhere is an error or a shorter message, never a crash or an endless loop', () => {
    const whole = trainingRequestToProtobuf({
      modelId: 'model',
      data: [{ tokens: Int32Array.of(1, 2, 3), inputs: { a: { dtype: 'int64', data: Int32Array.of(5) } } }],
      lossFn: 'ppo',
      forwardOnly: false,
    });
    for (let end = 0; end < whole.length; end++) {
      try {
        trainingRequestFromProtobuf(whole.subarray(0, end));
      } catch (error) {
        expect(error).toEqual(coded('TINKER_PROTOBUF'));
      }
    }
    expect(() => trainingRequestFromProtobuf(whole.subarray(0, whole.length - 1))).toThrow(coded('TINKER_PROTOBUF'));
  });

  it.each([
    ['a sparse tensor', () => readTensor(hex('12 00 18 01'), 't')],
    ['an unknown dtype', () => readTensor(hex('0a 00 18 09'), 't')],
    ['a shape that does not fit', () => readTensor(hex('0a 04 00000000 18 01 22 01 02'), 't')],
    ['bytes that are no whole numbers', () => readTensor(hex('0a 03 000000 18 01'), 't')],
    ['an id beyond 32 bits', () => readTensor(hex('0a 08 0000000001000000 18 02'), 't')],
    ['an image', () => trainingRequestFromProtobuf(hex('1a 04 0a 02 12 00'))],
    ['log-probabilities for other tokens', () => sampleOutputFromProtobuf(hex('0a 08 12 00 1a 04 00000000'))],
    [
      'offsets outside the data',
      () =>
        trainingOutputFromProtobuf(hex('12 1c 12 18 12 16 12 10 0000000000000000 0400000000000000 18 01 0a 00 18 01')),
    ],
    ['a wire type that proto3 does not have', () => readFields(hex('0b'), 't', () => {})],
  ])('%s in protobuf', (_, read) => {
    expect(read).toThrow(coded('TINKER_PROTOBUF'));
  });

  it('NaN and infinities on the way out, in both forms', () => {
    const tensor: Tensor = { dtype: 'float32', data: Float32Array.of(0, Number.NaN) };
    const request = {
      modelId: 'm',
      data: [{ tokens: Int32Array.of(1), inputs: { tensor } }],
      lossFn: 'ppo',
      forwardOnly: false,
    };
    expect(() => trainingRequestToProtobuf(request)).toThrow(coded('TINKER_NOT_FINITE'));
    expect(() => trainingRequestToJson(request)).toThrow(coded('TINKER_NOT_FINITE'));
    expect(() => tensorToJson({ dtype: 'float32', data: Float32Array.of(1 / 0) })).toThrow(coded('TINKER_NOT_FINITE'));
  });

  it.each([
    ['fractions as int64', { data: [0.5], dtype: 'int64' }],
    ['a shape that does not fit', { data: [1], shape: [2] }],
    ['null among the numbers', { data: [null] }],
  ])('%s in JSON', (_, json) => {
    expect(tensorJson.safeParse(json).success).toBe(false);
  });

  it('what is no token id', () => {
    expect(tokensJson.parse([0, 7, 2 ** 31 - 1])).toEqual(Int32Array.of(0, 7, 2 ** 31 - 1));
    for (const wrong of [-1, 0.5, 2 ** 31, 2 ** 32, Number.NaN, '1', null]) {
      expect([wrong, tokensJson.safeParse([3, wrong]).success]).toEqual([wrong, false]);
    }
  });
});
