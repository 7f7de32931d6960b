import { describeEngine } from '../conformance/suite.js';
import { inProcess, inProcessLora, tinyLora } from '../conformance/tiny-model.js';
import { createEmbeddedEngine } from './embedded-engine.js';

const lora = { ...tinyLora, targets: [...tinyLora.targets] };

describeEngine('embedded (1 worker)', { make: () => createEmbeddedEngine({ workers: 1 }), ...inProcess });
describeEngine('embedded (2 workers)', { make: () => createEmbeddedEngine({ workers: 2 }), ...inProcess });
describeEngine('embedded (2 threads, shared prompts)', {
  make: () => createEmbeddedEngine({ workers: 1, threadsPerWorker: 2, sharedPrompts: true }),
  ...inProcess,
});
describeEngine('embedded with adapters', { make: () => createEmbeddedEngine({ workers: 2, lora }), ...inProcessLora });
describeEngine('embedded with adapters beside a packed base, layers computed again', {
  make: () => createEmbeddedEngine({ workers: 2, lora, packedBase: true, sharedPrompts: true, checkpointed: true }),
  ...inProcessLora,
});
