/** `soar-rl/checkpoints`: models and adapters in the forms of Hugging Face and PEFT, read, merged, taken apart and written. */
export { copyModelFolder } from './copy-model-folder.js';
export type { LlamaShape } from './llama-shape.js';
export {
  type Adapted,
  type Architecture,
  joinAdapters,
  type LoraShape,
  mergeAdapters,
  unmergeAdapters,
} from './lora.js';
export { type FoundBase, findBase, type ModelFolder, readModelFolder } from './model-folder.js';
export { type PeftBase, readPeftAdapters, readPeftConfig, writePeftFolder } from './peft-folder.js';
