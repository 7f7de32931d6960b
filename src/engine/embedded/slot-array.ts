/**
 * Keys or values of one layer, a block for each slot, in one plain array that graphs read in place. Slots in use are a prefix of it.
 * Free room of a block holds old numbers.
 */
import type { Tensor } from 'onnxruntime-node';
import { floats } from './session.js';

/** A block is [kvHeads, room, size], where a token is added and room is made in few long pieces, or [kvHeads, size, room]. */
export type BlockLayout = 'tokens first' | 'tokens last';

export class SlotArray {
  private readonly kvHeads: number;
  private readonly size: number;
  /** Floats of one token. */
  private readonly width: number;
  private readonly layout: BlockLayout;
  private room = 0;
  /** May be longer than the blocks. */
  private data: Float32Array = new Float32Array(0);

  constructor(kvHeads: number, size: number, layout: BlockLayout) {
    this.kvHeads = kvHeads;
    this.size = size;
    this.width = kvHeads * size;
    this.layout = layout;
  }

  /** Forgets what is there and keeps the memory. */
  clear(): void {
    this.room = 0;
  }

  /** Makes room for more tokens in each of `slots` blocks, of which the first `used` are kept. */
  grow(room: number, slots: number, used: number): void {
    const needed = slots * this.width * room;
    const [rows, each] = this.layout === 'tokens first' ? [used * this.kvHeads, this.size] : [used * this.width, 1];
    this.data = respaced(this.data, needed, rows, this.room * each, room * each);
    this.room = room;
  }

  /** [length, kvHeads * size] as a block. */
  block(tokens: Float32Array, length: number): Float32Array {
    const { width, size, room } = this;
    const block = new Float32Array(width * room);
    for (let t = 0; t < length; t++) {
      if (this.layout === 'tokens last') {
        for (let j = 0; j < width; j++) block[j * room + t] = tokens[t * width + j] as number;
        continue;
      }
      for (let h = 0; h < this.kvHeads; h++) {
        const from = t * width + h * size;
        block.set(tokens.subarray(from, from + size), (h * room + t) * size);
      }
    }
    return block;
  }

  put(slot: number, block: Float32Array): void {
    this.data.set(block, slot * block.length);
  }

  copy(from: number, to: number): void {
    const block = this.width * this.room;
    this.data.copyWithin(to * block, from * block, (from + 1) * block);
  }

  /** One more token for slots 0 .. active-1, which have `lengths`. @param tokens [active, kvHeads * size] */
  append(active: number, lengths: Int32Array, tokens: Float32Array): void {
    const { kvHeads, width, size, room, data } = this;
    for (let slot = 0; slot < active; slot++) {
      const t = lengths[slot] as number;
      const from = slot * width;
      if (this.layout === 'tokens last') {
        for (let j = 0, at = from * room + t; j < width; j++, at += room) data[at] = tokens[from + j] as number;
        continue;
      }
      for (let h = 0; h < kvHeads; h++) {
        const to = ((slot * kvHeads + h) * room + t) * size;
        for (let d = 0, source = from + h * size; d < size; d++) data[to + d] = tokens[source + d] as number;
      }
    }
  }

  /** [active, kvHeads, room, size] or [active, kvHeads, size, room], read in place. */
  tensor(active: number): Tensor {
    const { kvHeads, size, room } = this;
    const dims = this.layout === 'tokens first' ? [room, size] : [size, room];
    return floats(this.data.subarray(0, active * this.width * room), [active, kvHeads, ...dims]);
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
