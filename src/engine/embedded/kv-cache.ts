/**
 * Keys and values of the sequences being decoded, one slot each. Keys [slot, kvHeads, size, room], values
 * [slot, kvHeads, room, size], in plain arrays that the graph reads in place; `room` grows with the longest sequence.
 * Active slots are always 0 .. active-1, so that the graph's input is a prefix of the array. Free room holds old numbers,
 * which the mask hides.
 */
import type { Tensor } from 'onnxruntime-node';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { type Feeds, floats, type Results } from './session.js';

/** Room is a multiple of this, in tokens. */
const roomStep = 8;

/** A prompt's keys and values: per layer [length, kvHeads * size], as the graphs return them. */
export interface PromptCache {
  readonly length: number;
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
}

export class KvCache {
  private readonly layers: number;
  private readonly kvHeads: number;
  private readonly size: number;
  /** Floats of one token, of keys or of values. */
  private readonly width: number;
  private readonly slots: number;
  private readonly contextLength: number;
  private room = 0;
  /** Per layer; may be longer than slots * width * room. */
  private keys: Float32Array[];
  private values: Float32Array[];
  /** [slot, room]: 0 for a kept token, -inf for free room. */
  private mask = new Float32Array(0);
  /** Kept tokens per slot. */
  private readonly lengths: Int32Array;
  private staged: { prompt: PromptCache; keys: Float32Array[]; values: Float32Array[] } | undefined;

  constructor(shape: LlamaShape, slots: number) {
    this.layers = shape.layers;
    this.kvHeads = shape.kvHeads;
    this.size = shape.headSize;
    this.width = shape.kvHeads * shape.headSize;
    this.slots = slots;
    this.contextLength = shape.contextLength;
    this.lengths = new Int32Array(slots);
    this.keys = Array.from({ length: this.layers }, () => new Float32Array(0));
    this.values = Array.from({ length: this.layers }, () => new Float32Array(0));
  }

  /** Forgets every sequence and keeps the memory. */
  clear(): void {
    this.lengths.fill(0);
    this.room = 0;
    this.staged = undefined;
  }

  length(slot: number): number {
    return this.lengths[slot] as number;
  }

  /**
   * Makes room for `tokens` per slot, and for some more up to the context: growing costs a copy, room to spare costs little.
   * Keeps what is there.
   */
  reserve(tokens: number): void {
    if (tokens <= this.room) return;
    const wanted = Math.min(Math.max(tokens + roomStep, this.room * 1.5), Math.max(tokens, this.contextLength));
    const room = Math.ceil(wanted / roomStep) * roomStep;
    let used = this.slots;
    while (used > 0 && this.lengths[used - 1] === 0) used--;
    const needed = this.slots * this.width * room;
    for (let layer = 0; layer < this.layers; layer++) {
      const [keys, values] = [this.keys[layer] as Float32Array, this.values[layer] as Float32Array];
      this.keys[layer] = respaced(keys, needed, used * this.width, this.room, room);
      this.values[layer] = respaced(values, needed, used * this.kvHeads, this.room * this.size, room * this.size);
    }
    this.mask = new Float32Array(this.slots * room);
    this.room = room;
    for (let slot = 0; slot < this.slots; slot++) this.setLength(slot, this.length(slot));
    this.staged = undefined;
  }

  /** Puts a prompt into a slot. Prompts that follow one another are laid out once. */
  admit(slot: number, prompt: PromptCache): void {
    this.reserve(prompt.length + 1);
    if (this.staged?.prompt !== prompt) this.staged = this.stage(prompt);
    const block = this.width * this.room;
    for (let layer = 0; layer < this.layers; layer++) {
      (this.keys[layer] as Float32Array).set(this.staged.keys[layer] as Float32Array, slot * block);
      (this.values[layer] as Float32Array).set(this.staged.values[layer] as Float32Array, slot * block);
    }
    this.setLength(slot, prompt.length);
  }

  private stage(prompt: PromptCache) {
    const { width, size, room } = this;
    const keys = prompt.keys.map((rows) => {
      const block = new Float32Array(width * room);
      for (let t = 0; t < prompt.length; t++) {
        for (let j = 0; j < width; j++) block[j * room + t] = rows[t * width + j] as number;
      }
      return block;
    });
    const values = prompt.values.map((rows) => {
      const block = new Float32Array(width * room);
      for (let t = 0; t < prompt.length; t++) {
        for (let h = 0; h < this.kvHeads; h++) {
          const from = t * width + h * size;
          block.set(rows.subarray(from, from + size), (h * room + t) * size);
        }
      }
      return block;
    });
    return { prompt, keys, values };
  }

  /** Appends the new token of slots 0 .. active-1, as a step returned it. */
  append(active: number, results: Results): void {
    const { width, size, kvHeads } = this;
    let longest = 0;
    for (let slot = 0; slot < active; slot++) longest = Math.max(longest, this.lengths[slot] as number);
    this.reserve(longest + 1);
    const room = this.room;
    for (let layer = 0; layer < this.layers; layer++) {
      const newKeys = results[`key_${layer}`] as Float32Array;
      const newValues = results[`value_${layer}`] as Float32Array;
      const keys = this.keys[layer] as Float32Array;
      const values = this.values[layer] as Float32Array;
      for (let slot = 0; slot < active; slot++) {
        const t = this.lengths[slot] as number;
        const from = slot * width;
        for (let j = 0, at = from * room + t; j < width; j++, at += room) keys[at] = newKeys[from + j] as number;
        for (let h = 0; h < kvHeads; h++) {
          const to = ((slot * kvHeads + h) * room + t) * size;
          for (let d = 0, source = from + h * size; d < size; d++) values[to + d] = newValues[source + d] as number;
        }
      }
    }
    for (let slot = 0; slot < active; slot++) {
      const t = this.lengths[slot] as number;
      this.mask[slot * room + t] = 0;
      this.lengths[slot] = t + 1;
    }
  }

  /** Moves a sequence from one slot to another, whose own is dropped. */
  move(from: number, to: number): void {
    this.copy(from, to);
    this.setLength(from, 0);
  }

  /** Copies a sequence into another slot, whose own is dropped. */
  copy(from: number, to: number): void {
    const block = this.width * this.room;
    for (let layer = 0; layer < this.layers; layer++) {
      (this.keys[layer] as Float32Array).copyWithin(to * block, from * block, (from + 1) * block);
      (this.values[layer] as Float32Array).copyWithin(to * block, from * block, (from + 1) * block);
    }
    this.setLength(to, this.length(from));
  }

  private setLength(slot: number, length: number): void {
    this.lengths[slot] = length;
    this.mask.fill(0, slot * this.room, slot * this.room + length);
    this.mask.fill(Number.NEGATIVE_INFINITY, slot * this.room + length, (slot + 1) * this.room);
  }

  /** The graph inputs for slots 0 .. active-1. */
  feeds(active: number): Feeds {
    const { kvHeads, size, room } = this;
    const floatsUsed = active * this.width * room;
    const feeds: Record<string, Tensor> = {
      past_mask: floats(this.mask.subarray(0, active * room), [active, 1, 1, room]),
    };
    for (let layer = 0; layer < this.layers; layer++) {
      const [keys, values] = [this.keys[layer] as Float32Array, this.values[layer] as Float32Array];
      feeds[`past_key_${layer}`] = floats(keys.subarray(0, floatsUsed), [active, kvHeads, size, room]);
      feeds[`past_value_${layer}`] = floats(values.subarray(0, floatsUsed), [active, kvHeads, room, size]);
    }
    return feeds;
  }
}

/** The first `rows` rows of `from` numbers, respaced to rows of `to` > `from`; in place where the array is long enough. */
function respaced(data: Float32Array, needed: number, rows: number, from: number, to: number): Float32Array {
  const out = data.length >= needed ? data : new Float32Array(Math.ceil(needed * 1.5));
  // From the last number down: none is overwritten before it was moved.
  for (let row = rows - 1; row >= 0; row--) {
    if (out === data) out.copyWithin(row * to, row * from, (row + 1) * from);
    else out.set(data.subarray(row * from, (row + 1) * from), row * to);
  }
  return out;
}
