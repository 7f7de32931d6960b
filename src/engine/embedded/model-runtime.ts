/**
 * What all policies of one architecture share inside a worker: the compiled graphs (made when first needed), the rotary
 * tables and the causal masks.
 */
import type { Tensor } from 'onnxruntime-node';
import { type LlamaShape, llamaLayout } from '../../checkpoints/llama-shape.js';
import type { Architecture } from '../../checkpoints/lora.js';
import { keepsAllActivations, microBatchTokens } from './activations.js';
import type { Graph } from './graph/graph.js';
import { type DecodingCache, KvCache } from './kv-cache.js';
import { byDefault, largeModel, sharingModel } from './large-model.js';
import { prefillGraph, stepGraph } from './llama/decode-graphs.js';
import { joinedFeeds } from './llama/joined-adapters.js';
import { rotaryTables } from './llama/rotary-tables.js';
import { type TrainingGraphForm, trainingGraph } from './llama/training-graph.js';
import { trainedInputs, type WeightInput, weightInputs } from './llama/weights.js';
import { viewsOf } from './policy-memory.js';
import type { WorkerSettings } from './protocol.js';
import { type CompiledGraph, compile, type Feeds, floats, int64s } from './session.js';
import { SharedPromptCache } from './shared-prompt-cache.js';

export type RuntimeSettings = Pick<
  WorkerSettings,
  'threads' | 'logitsAtOnce' | 'microBatchTokens' | 'packedBase' | 'sharedPrompts' | 'checkpointed'
>;

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
  /** Logits computed at once, in numbers. */
  readonly logitsAtOnce: number;
  /** Token positions computed at once in training and scoring. */
  readonly microBatchTokens: number;
  /** The frozen base where the step graph keeps it packed. */
  private readonly packed: Float32Array | undefined;
  private readonly threads: number;
  readonly large: boolean;
  /** Sequences of one prompt share its positions in training and scoring, its keys and values in decoding. */
  readonly sharesPrompts: boolean;
  private readonly checkpointed: boolean | 'auto';
  private readonly compiled = new Map<string, Promise<CompiledGraph>>();
  private readonly masks = new Map<number, Tensor>();
  private cache: DecodingCache | undefined;

  /** @param base [parameters] by `llamaLayout`, where adapters are trained beside it */
  constructor(architecture: Architecture, base: Float32Array | undefined, settings: RuntimeSettings) {
    const { shape } = architecture;
    this.architecture = architecture;
    this.shape = shape;
    const parameters = llamaLayout(shape).size;
    this.large = parameters >= largeModel;
    this.sharesPrompts = byDefault(settings.sharedPrompts, parameters, sharingModel);
    this.trained = trainedInputs(architecture);
    this.frozen = base ? viewsOf(base, weightInputs(shape)) : {};
    this.packed = byDefault(settings.packedBase, parameters) ? base : undefined;
    this.threads = settings.threads;
    this.checkpointed = settings.checkpointed;
    this.logitsAtOnce = settings.logitsAtOnce;
    this.microBatchTokens = microBatchTokens(settings.microBatchTokens, shape);
    const { cos, sin } = rotaryTables(shape);
    const dims = [shape.contextLength, shape.headSize / 2];
    this.tables = { cos: floats(cos, dims), sin: floats(sin, dims) };
    this.sequenceFeeds = { ...this.tables, first_position: int64s([0], [1]) };
  }

  prefillGraph(): Promise<CompiledGraph> {
    return this.once('prefill', () => prefillGraph(this.architecture));
  }

  stepGraph(): Promise<CompiledGraph> {
    return this.once('step', () =>
      stepGraph(this.architecture, { packed: this.packed, sharesPrompts: this.sharesPrompts }),
    );
  }

  /** The step graph's weights for a policy whose prompts are read with `feeds`. @param trained the policy's flat array */
  stepFeeds(feeds: Feeds, trained: Float32Array): Feeds {
    if (!this.packed) return feeds;
    return { embedding: this.frozen.embedding as Tensor, ...joinedFeeds(this.architecture, trained) };
  }

  /** Outputs of the step graph that sampling needs: where it computes at temperature 1, log-probabilities follow from probabilities. */
  stepOutputs(inverseTemperature: number): readonly string[] | undefined {
    if (!this.packed || inverseTemperature !== 1) return undefined;
    const layers = Array.from({ length: this.shape.layers }, (_, layer) => [`key_${layer}`, `value_${layer}`]);
    return ['probability', ...layers.flat()];
  }

  /** Whether a micro-batch of so many positions, rows of `time` each, is too heavy to keep all of its activations. */
  checkpoints(positions: number, time: number): boolean {
    return this.checkpointed === 'auto' ? !keepsAllActivations(positions, this.shape, time) : this.checkpointed;
  }

  trainingGraph(form: Omit<TrainingGraphForm, 'sharesPrompts' | 'threads'>): Promise<CompiledGraph> {
    const { kind, parts, checkpointed } = form;
    return this.once(`${kind}/${parts}/${checkpointed}`, () =>
      trainingGraph(this.architecture, { ...form, sharesPrompts: this.sharesPrompts, threads: this.threads }),
    );
  }

  private once(name: string, build: () => Graph): Promise<CompiledGraph> {
    let found = this.compiled.get(name);
    if (!found) {
      found = compile(build(), { threads: this.threads, memoryPattern: !this.large });
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

  /** The one cache, emptied: a worker samples one task at a time. @param longest tokens of a completion at most */
  kvCache(slots: number, longest: number): DecodingCache {
    this.cache ??= this.sharesPrompts ? new SharedPromptCache(this.shape, slots) : new KvCache(this.shape, slots);
    this.cache.clear(longest);
    return this.cache;
  }

  async release(): Promise<void> {
    for (const graph of this.compiled.values()) await (await graph).release();
    this.compiled.clear();
  }
}
