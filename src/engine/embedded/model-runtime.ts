/**
 * What all policies of one architecture share inside a worker: the compiled graphs (made when first needed), the rotary
 * tables and the causal masks.
 */
import type { Tensor } from 'onnxruntime-node';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import type { Architecture } from '../../checkpoints/lora.js';
import { KvCache } from './kv-cache.js';
import { prefillGraph, stepGraph } from './llama/decode-graphs.js';
import { rotaryTables } from './llama/rotary-tables.js';
import { trainingGraph } from './llama/training-graph.js';
import { trainedInputs, type WeightInput, weightInputs } from './llama/weights.js';
import { viewsOf } from './policy-memory.js';
import { type CompiledGraph, compile, type Feeds, floats, int64s } from './session.js';

const graphs = {
  logprobs: (architecture: Architecture) => trainingGraph(architecture, 'logprobs'),
  gradient: (architecture: Architecture) => trainingGraph(architecture, 'gradient'),
  'gradient-with-kl': (architecture: Architecture) => trainingGraph(architecture, 'gradient-with-kl'),
  prefill: prefillGraph,
  step: stepGraph,
};

export type GraphName = keyof typeof graphs;

export class ModelRuntime {
  readonly architecture: Architecture;
  readonly shape: LlamaShape;
  /** What is trained, as graph inputs. */
  readonly trained: readonly WeightInput[];
  /** The frozen base beside adapters, one array for all policies; nothing where all weights are trained. */
  readonly frozen: Feeds;
  /** Rotary tables: inputs of every graph. */
  readonly tables: Feeds;
  /** Tables and position 0: inputs of the graphs that read whole sequences. */
  readonly sequenceFeeds: Feeds;
  private readonly threads: number;
  private readonly compiled = new Map<GraphName, Promise<CompiledGraph>>();
  private readonly masks = new Map<number, Tensor>();
  private cache: KvCache | undefined;

  /** @param base [parameters] by `llamaLayout`, where adapters are trained beside it */
  constructor(architecture: Architecture, base: Float32Array | undefined, threads: number) {
    const { shape } = architecture;
    this.architecture = architecture;
    this.shape = shape;
    this.trained = trainedInputs(architecture);
    this.frozen = base ? viewsOf(base, weightInputs(shape)) : {};
    this.threads = threads;
    const { cos, sin } = rotaryTables(shape);
    const dims = [shape.contextLength, shape.headSize / 2];
    this.tables = { cos: floats(cos, dims), sin: floats(sin, dims) };
    this.sequenceFeeds = { ...this.tables, first_position: int64s([0], [1]) };
  }

  graph(name: GraphName): Promise<CompiledGraph> {
    let found = this.compiled.get(name);
    if (!found) {
      found = compile(graphs[name](this.architecture), this.threads);
      this.compiled.set(name, found);
    }
    return found;
  }

  /** [repeats * time, time]: 0 where a query may look, -inf at later keys; once per group of query heads. */
  causalMask(time: number): Tensor {
    let mask = this.masks.get(time);
    if (!mask) {
      const repeats = this.shape.heads / this.shape.kvHeads;
      const data = new Float32Array(repeats * time * time);
      for (let query = 0; query < repeats * time; query++) {
        data.fill(Number.NEGATIVE_INFINITY, query * time + (query % time) + 1, (query + 1) * time);
      }
      mask = floats(data, [repeats * time, time]);
      this.masks.set(time, mask);
    }
    return mask;
  }

  /** The one cache, emptied: a worker samples one task at a time. */
  kvCache(slots: number): KvCache {
    this.cache ??= new KvCache(this.shape, slots);
    this.cache.clear();
    return this.cache;
  }

  async release(): Promise<void> {
    for (const graph of this.compiled.values()) await (await graph).release();
    this.compiled.clear();
  }
}
