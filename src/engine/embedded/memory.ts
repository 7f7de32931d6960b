/**
 * What the embedded engine will need of memory, part by part, before anything is loaded; and what to change where it does not fit.
 * Pure. The counts of numbers follow from the code; how often the runtime keeps them beside one another was measured
 * (docs/models.md has prediction and measurement side by side).
 */
import { type LlamaShape, llamaLayout } from '../../checkpoints/llama-shape.js';
import { type LoraShape, trainedLayout } from '../../checkpoints/lora.js';
import { activationsPerToken, keepsAllActivations, microBatchTokens } from './activations.js';
import { byDefault, sharingModel } from './large-model.js';

/** What will be asked of the engine, as far as it is known when a model is opened. */
export interface Workload {
  /** Policies alive at the same time, and how many of them have an optimizer. */
  readonly policies: number;
  readonly trained: number;
  /** Sequences sampled at once in all, and the tokens of the longest one, its prompt included; 0: unknown, and not counted. */
  readonly sequences: number;
  readonly tokens: number;
}

/** A model is opened and answers one short prompt: the least that anything needs. */
export const leastWorkload: Workload = { policies: 1, trained: 0, sequences: 0, tokens: 0 };

export interface MemoryPlan extends Workload {
  readonly shape: LlamaShape;
  readonly lora?: LoraShape | undefined;
  readonly workers: number;
  readonly packedBase: boolean | 'auto';
  readonly checkpointed: boolean | 'auto';
  readonly microBatchTokens: number | 'auto';
  readonly logitsAtOnce: number;
  readonly slots: number;
}

export interface MemoryPart {
  readonly name: string;
  readonly bytes: number;
}

/** Node, the runtime's library and the compiled graphs; of one more worker. */
const [processBytes, workerBytes] = [150e6, 60e6];
/** Arrays as wide as the vocabulary that stand side by side: the softmax of a part and its gradient. */
const logitsCopies = 4;
/** The cache's arrays grow by half at a time (kv-cache.ts). */
const cacheSlack = 1.5;

const floats = 4;

/** Bytes by part, in the order in which they come to be. Parts that are not needed are left out. */
export function memoryParts(plan: MemoryPlan): MemoryPart[] {
  const { shape, lora, workers, policies, trained, sequences, tokens } = plan;
  const parameters = llamaLayout(shape).size;
  const each = trainedLayout({ shape, ...(lora && { lora }) }).size;
  // All but an embedding that is not the head, and while the widest matrix is packed, that one twice.
  const packedSize = parameters + (shape.tiedEmbeddings ? shape.vocabularySize * shape.hiddenSize : 0);
  const slots = Math.min(plan.slots, Math.ceil(sequences / workers));
  const keysAndValues = 2 * shape.layers * shape.kvHeads * shape.headSize;
  const busy = trained > 0 ? Math.min(workers, trained) : 0;
  const parts: [string, number][] = [
    ['process and compiled graphs', processBytes + workers * workerBytes],
    ['frozen base', lora ? workers * parameters * floats : 0],
    ['packed copy of the base', lora && byDefault(plan.packedBase, parameters) ? workers * packedSize * floats : 0],
    [lora ? 'adapters' : 'weights of policies', policies * each * floats],
    ['optimizers', trained * 2 * each * floats],
    // The sum, and what the runtime hands out of it.
    ['gradients', busy * 2 * each * floats],
    ['activations', (trained > 0 ? busy : workers) * activationBytes(plan)],
    ['logits', busy * logitsCopies * Math.min(plan.logitsAtOnce, positionsOf(plan) * shape.vocabularySize) * floats],
    ['cache of keys and values', workers * slots * tokens * keysAndValues * cacheSlack * floats],
    ['distributions of a step', workers * slots * shape.vocabularySize * 3 * floats],
  ];
  return parts.filter(([, bytes]) => bytes > 0).map(([name, bytes]) => ({ name, bytes }));
}

/** Of one micro-batch: a sequence longer than the budget stands alone. */
function activationBytes(plan: MemoryPlan): number {
  const { shape, tokens, trained, checkpointed } = plan;
  const positions = positionsOf(plan);
  if (trained === 0) return positions * floats * 8 * (shape.hiddenSize + shape.intermediateSize);
  // Rows of shared prompts have gaps, and their softmax is kept twice (sequence-feeds.ts).
  const time = llamaLayout(shape).size >= sharingModel ? 2 * tokens : tokens;
  const each = activationsPerToken(shape, time);
  const keeps = checkpointed === 'auto' ? keepsAllActivations(positions, shape, time) : !checkpointed;
  return positions * floats * (keeps ? each.kept : each.checkpointed);
}

const positionsOf = ({ shape, microBatchTokens: asked, tokens }: MemoryPlan): number =>
  tokens === 0 ? 0 : Math.max(tokens, microBatchTokens(asked, shape));

export const totalBytes = (parts: readonly MemoryPart[]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

export interface Alternative {
  /** A setting, as it would be given to `--set`. */
  readonly change: string;
  readonly bytes: number;
}

/** Changes of one setting that need less, the one that needs least first. */
export function alternatives(plan: MemoryPlan): Alternative[] {
  const { lora, workers, shape } = plan;
  const parameters = llamaLayout(shape).size;
  const changes: [string, Partial<MemoryPlan>][] = [];
  if (workers > 1) changes.push(['engine.workers=1', { workers: 1 }]);
  if (!lora) changes.push(['engine.lora.rank=16', { lora: { rank: 16, alpha: 32, targets: ['q_proj', 'v_proj'] } }]);
  if (lora && lora.rank > 1) {
    const rank = Math.max(1, lora.rank >> 1);
    changes.push([`engine.lora.rank=${rank}`, { lora: { ...lora, rank } }]);
  }
  if (lora && byDefault(plan.packedBase, parameters)) changes.push(['engine.packedBase=false', { packedBase: false }]);
  if (plan.slots > 32 && plan.sequences > 32) changes.push(['engine.slots=32', { slots: 32 }]);
  const tokens = microBatchTokens(plan.microBatchTokens, shape);
  if (plan.trained > 0 && plan.checkpointed !== true)
    changes.push(['engine.checkpointed=true', { checkpointed: true }]);
  if (tokens > 128 && plan.trained > 0) changes.push(['engine.microBatchTokens=128', { microBatchTokens: 128 }]);
  const now = totalBytes(memoryParts(plan));
  return changes
    .map(([change, settings]) => ({ change, bytes: totalBytes(memoryParts({ ...plan, ...settings })) }))
    .filter(({ bytes }) => bytes < now * 0.99)
    .sort((a, b) => a.bytes - b.bytes);
}
