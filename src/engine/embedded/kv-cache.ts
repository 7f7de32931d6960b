/**
 * Keys and values of the sequences being decoded, one slot each; `room` grows with the longest sequence. Active slots are always
 * 0 .. active-1, so that the graph's inputs are prefixes of the arrays. Free room holds old numbers, which the mask hides.
 */
import type { Tensor } from 'onnxruntime-node';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { type Feeds, floats, type Results } from './session.js';
import { SlotArray } from './slot-array.js';

/** Room is a multiple of this, in tokens. */
const roomStep = 8;

/** A prompt's keys and values: per layer [length, kvHeads * size], as the graphs return them. */
export interface PromptCache {
  /** Which prompt of the task it is. */
  readonly prompt: number;
  readonly length: number;
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}

/** What sampling asks of a cache. Slots are given and taken at the end: those in use are always 0 .. active-1. */
export interface DecodingCache {
  /** Forgets every sequence and keeps the memory. @param longest tokens that will be appended to a prompt at most */
  clear(longest: number): void;
  /** Tokens of a slot, those of its prompt included: the position of its next one. */
  length(slot: number): number;
  /** Puts a prompt into a slot, the one behind those in use. */
  admit(slot: number, prompt: PromptCache): void;
  /** Appends the new token of slots 0 .. active-1, as a step returned it. */
  append(active: number, results: Results): void;
  /** Moves a sequence from one slot to another, whose own is dropped. */
  move(from: number, to: number): void;
  /** Copies a sequence into another slot, whose own is dropped. */
  copy(from: number, to: number): void;
  /** The graph inputs for slots 0 .. active-1. */
  feeds(active: number): Feeds;
}

/** What the sequences of a cache are: whole ones, completions without their prompts, or prompts, to which nothing is appended. */
export type KvCacheContent = 'sequences' | 'completions' | 'prompts';

export class KvCache implements DecodingCache {
  private readonly slots: number;
  private readonly contextLength: number;
  private readonly content: KvCacheContent;
  /** Tokens that a slot may come to have. */
  private longest: number;
  private room = 0;
  /** Per layer. */
  private readonly keys: readonly SlotArray[];
  private readonly values: readonly SlotArray[];
  /** [slot, room]: 0 for a kept token, -inf for free room. */
  private mask = new Float32Array(0);
  /** Kept tokens per slot. */
  private readonly lengths: Int32Array;
  private staged: { prompt: PromptCache; keys: Float32Array[]; values: Float32Array[] } | undefined;

  constructor(shape: LlamaShape, slots: number, content: KvCacheContent = 'sequences') {
    const { layers, kvHeads, headSize } = shape;
    this.slots = slots;
    this.contextLength = shape.contextLength;
    this.content = content;
    this.longest = shape.contextLength;
    this.lengths = new Int32Array(slots);
    // As llama/step-attention.ts reads them.
    const ofKeys = content === 'sequences' ? 'tokens last' : 'tokens first';
    this.keys = Array.from({ length: layers }, () => new SlotArray(kvHeads, headSize, ofKeys));
    this.values = Array.from({ length: layers }, () => new SlotArray(kvHeads, headSize, 'tokens first'));
  }

  clear(longest: number): void {
    this.longest = this.content === 'completions' ? Math.min(longest, this.contextLength) : this.contextLength;
    this.lengths.fill(0);
    this.room = 0;
    for (const array of [...this.keys, ...this.values]) array.clear();
    this.staged = undefined;
  }

  length(slot: number): number {
    return this.lengths[slot] as number;
  }

  /**
   * Makes room for `tokens` per slot, and for some more where slots grow: growing costs a copy, room to spare costs little.
   * Keeps what is there.
   */
  private reserve(tokens: number): void {
    if (tokens <= this.room) return;
    const spare = this.content === 'prompts' ? 0 : Math.max(tokens + roomStep, this.room * 1.5);
    const wanted = Math.max(tokens, Math.min(spare, this.longest));
    const room = Math.ceil(wanted / roomStep) * roomStep;
    let used = this.slots;
    while (used > 0 && this.lengths[used - 1] === 0) used--;
    for (const array of [...this.keys, ...this.values]) array.grow(room, this.slots, used);
    this.mask = new Float32Array(this.slots * room);
    this.room = room;
    for (let slot = 0; slot < this.slots; slot++) this.setLength(slot, this.length(slot));
    this.staged = undefined;
  }

  /** Puts an empty sequence into a slot. */
  begin(slot: number): void {
    this.reserve(1);
    this.setLength(slot, 0);
  }

  /** Equal prompts that follow one another are laid out once. */
  admit(slot: number, prompt: PromptCache): void {
    this.reserve(this.content === 'prompts' ? prompt.length : prompt.length + 1);
    if (this.staged?.prompt !== prompt) {
      const blocks = (arrays: readonly SlotArray[], tokens: readonly Float32Array[]) =>
        arrays.map((array, layer) => array.block(tokens[layer] as Float32Array, prompt.length));
      this.staged = { prompt, keys: blocks(this.keys, prompt.keys), values: blocks(this.values, prompt.values) };
    }
    for (const [layer, block] of this.staged.keys.entries()) this.keys[layer]?.put(slot, block);
    for (const [layer, block] of this.staged.values.entries()) this.values[layer]?.put(slot, block);
    this.setLength(slot, prompt.length);
  }

  append(active: number, results: Results): void {
    const used = this.lengths.subarray(0, active);
    this.reserve(used.reduce((longest, length) => Math.max(longest, length), 0) + 1);
    for (const [layer, keys] of this.keys.entries()) {
      keys.append(active, used, results[`key_${layer}`] as Float32Array);
      this.values[layer]?.append(active, used, results[`value_${layer}`] as Float32Array);
    }
    for (let slot = 0; slot < active; slot++) {
      const t = used[slot] as number;
      this.mask[slot * this.room + t] = 0;
      used[slot] = t + 1;
    }
  }

  move(from: number, to: number): void {
    this.copy(from, to);
    this.setLength(from, 0);
  }

  copy(from: number, to: number): void {
    for (const array of [...this.keys, ...this.values]) array.copy(from, to);
    this.setLength(to, this.length(from));
  }

  private setLength(slot: number, length: number): void {
    this.lengths[slot] = length;
    this.mask.fill(0, slot * this.room, slot * this.room + length);
    this.mask.fill(Number.NEGATIVE_INFINITY, slot * this.room + length, (slot + 1) * this.room);
  }

  feeds(active: number): Feeds {
    const name = this.content === 'prompts' ? 'prompt' : 'past';
    const mask = this.mask.subarray(0, active * this.room);
    const feeds: Record<string, Tensor> = { [`${name}_mask`]: floats(mask, [active, 1, 1, this.room]) };
    for (const [layer, keys] of this.keys.entries()) feeds[`${name}_key_${layer}`] = keys.tensor(active);
    for (const [layer, values] of this.values.entries()) feeds[`${name}_value_${layer}`] = values.tensor(active);
    return feeds;
  }
}
