import { describeEngine } from '../conformance/suite.js';
import { tinyLora } from '../conformance/tiny-model.js';
import { createEmbeddedEngine } from './embedded-engine.js';

const lora = { ...tinyLora, targets: [...tinyLora.targets] };

describeEngine('embedded (1 worker)', () => createEmbeddedEngine({ workers: 1 }));
describeEngine('embedded (2 workers)', () => createEmbeddedEngine({ workers: 2 }));
describeEngine('embedded with adapters', () => createEmbeddedEngine({ workers: 2, lora }), lora);
describeEngine(
  'embedded with adapters beside a packed base, layers computed again',
  () => createEmbeddedEngine({ workers: 2, lora, packedBase: true, checkpointed: true }),
  lora,
);
