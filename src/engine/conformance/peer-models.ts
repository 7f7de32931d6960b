/** The tiny models of each family that bench/peers/transformers/record.py made, with what transformers and PEFT compute on them. */
import { fileURLToPath } from 'node:url';

export const peerModels = [
  'grouped',
  'tied',
  'llama3',
  'linear-rope-biases',
  'mistral',
  'qwen2',
  'qwen3',
  'smollm3',
  'smollm2-bf16-shards',
  'qwen2.5-f16-shards',
] as const;

export const peerFolder = (model: string): string =>
  fileURLToPath(new URL(`../../../bench/peers/transformers/models/${model}`, import.meta.url));
