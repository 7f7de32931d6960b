/** A compiled graph: an onnxruntime session on the CPU and the tensors that feed it. The engine's only file that imports the runtime. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { SoarError } from '../../errors.js';
import type { Graph } from './graph/graph.js';
import { onnxModel } from './graph/onnx.js';

export type Feeds = Record<string, Tensor>;
export type Results = Record<string, Float32Array>;

export interface CompiledGraph {
  /** Outputs are fresh arrays; inputs are read in place. @param wanted names of outputs; all by default. Each is copied. */
  run(feeds: Feeds, wanted?: readonly string[]): Promise<Results>;
  release(): Promise<void>;
}

/** @throws SoarError ENGINE_RUNTIME when the runtime refuses the graph. */
export async function compile(
  graph: Graph,
  { threads, memoryPattern = true }: { readonly threads: number; readonly memoryPattern?: boolean },
): Promise<CompiledGraph> {
  const session = await runtime(() =>
    InferenceSession.create(onnxModel(graph), {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      enableMemPattern: memoryPattern,
      externalData: Array.from(graph.constants, ([path, { data }]) => ({ path, data: bytesOf(data) })),
      // Spinning threads cost nothing on a quiet machine and ruin a busy one.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    }),
  );
  return {
    async run(feeds, wanted = session.outputNames) {
      const outputs = await runtime(() => session.run(feeds, wanted));
      const results: Results = {};
      for (const name of wanted) results[name] = (outputs[name] as Tensor).data as Float32Array;
      return results;
    },
    release: () => session.release(),
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);

async function runtime<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw new SoarError('ENGINE_RUNTIME', `the compute runtime failed: ${(cause as Error).message}`, {
      kind: 'internal',
      cause,
    });
  }
}

export const floats = (data: Float32Array, shape: readonly number[]): Tensor => new Tensor('float32', data, shape);

/** Non-negative integers as int64: written as little-endian low words, the high words stay 0. */
export function int64s(data: ArrayLike<number>, shape: readonly number[]): Tensor {
  const words = new BigInt64Array(data.length);
  const low = new Int32Array(words.buffer);
  for (let i = 0; i < data.length; i++) low[2 * i] = data[i] as number;
  return new Tensor('int64', words, shape);
}
