/**
 * Keys and values of the sequences being decoded, prompts apart from completions: each prompt that some slot still needs stands
 * once, and a slot holds its own tokens alone. A step attends to a prompt for all of its slots together; which slots those are
 * goes to the graph as indices, since slots come and go in any order.
 */
import type { Tensor } from 'onnxruntime-node';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { type DecodingCache, KvCache, type PromptCache } from './kv-cache.js';
import { type Feeds, int64s, type Results } from './session.js';

export class SharedPromptCache implements DecodingCache {
  private readonly completions: KvCache;
  private readonly prompts: KvCache;
  private readonly kvHeads: number;
  /** Query heads of a key head. */
  private readonly repeats: number;
  /** Which prompt of the task stands at a place among the kept ones. */
  private kept: number[] = [];
  /** Place of each slot's prompt. */
  private readonly places: Int32Array;
  /** Of so many slots; undefined when a slot has another prompt since. */
  private indices: { readonly active: number; readonly feeds: Feeds } | undefined;

  constructor(shape: LlamaShape, slots: number) {
    this.completions = new KvCache(shape, slots, 'completions');
    this.prompts = new KvCache(shape, slots, 'prompts');
    this.kvHeads = shape.kvHeads;
    this.repeats = shape.heads / shape.kvHeads;
    this.places = new Int32Array(slots);
  }

  clear(longest: number): void {
    this.completions.clear(longest);
    this.prompts.clear(longest);
    this.kept = [];
    this.indices = undefined;
  }

  length(slot: number): number {
    return this.prompts.length(this.places[slot] as number) + this.completions.length(slot);
  }

  admit(slot: number, prompt: PromptCache): void {
    let place = this.kept.indexOf(prompt.prompt);
    if (place < 0) {
      // First, since there is room for as many prompts as slots.
      this.dropUnused(slot);
      place = this.kept.push(prompt.prompt) - 1;
      this.prompts.admit(place, prompt);
    }
    this.completions.begin(slot);
    this.setPlace(slot, place);
  }

  append(active: number, results: Results): void {
    this.completions.append(active, results);
  }

  move(from: number, to: number): void {
    this.completions.move(from, to);
    this.setPlace(to, this.places[from] as number);
  }

  copy(from: number, to: number): void {
    this.completions.copy(from, to);
    this.setPlace(to, this.places[from] as number);
  }

  feeds(active: number): Feeds {
    if (this.indices?.active !== active) {
      this.dropUnused(active);
      this.indices = { active, feeds: this.indexFeeds(active) };
    }
    return {
      ...this.completions.feeds(active),
      ...this.prompts.feeds(this.kept.length),
      ...this.indices.feeds,
    };
  }

  private setPlace(slot: number, place: number): void {
    this.places[slot] = place;
    this.indices = undefined;
  }

  /** Prompts of none of slots 0 .. active-1 leave; the last one fills the hole. */
  private dropUnused(active: number): void {
    const places = this.places.subarray(0, active);
    const used = new Set(places);
    for (let place = this.kept.length - 1; place >= 0; place--) {
      if (used.has(place)) continue;
      const prompt = this.kept.pop() as number;
      const last = this.kept.length;
      if (place === last) continue;
      this.kept[place] = prompt;
      this.prompts.move(last, place);
      places.forEach((at, slot) => {
        if (at === last) places[slot] = place;
      });
    }
  }

  /** As `KeptPrompts` of llama/step-attention.ts has them. */
  private indexFeeds(active: number): Record<string, Tensor> {
    const { kvHeads, repeats } = this;
    const counts = new Int32Array(this.kept.length);
    const turns = Array.from({ length: active }, (_, slot) => counts[this.places[slot] as number]++);
    const queries = Math.max(...counts) * repeats;
    // Gaps are slot 0's first query: computed, and looked at by nobody.
    const byPrompt = new Int32Array(counts.length * kvHeads * queries * 3);
    const bySlot = new Int32Array(active * kvHeads * repeats * 3);
    turns.forEach((turn, slot) => {
      const place = this.places[slot] as number;
      for (let head = 0; head < kvHeads; head++) {
        for (let r = 0; r < repeats; r++) {
          const query = turn * repeats + r;
          byPrompt.set([slot, head, r], ((place * kvHeads + head) * queries + query) * 3);
          bySlot.set([place, head, query], ((slot * kvHeads + head) * repeats + r) * 3);
        }
      }
    });
    return {
      queries_by_prompt: int64s(byPrompt, [counts.length, kvHeads, queries, 3]),
      queries_by_slot: int64s(bySlot, [active, kvHeads, repeats, 3]),
    };
  }
}
