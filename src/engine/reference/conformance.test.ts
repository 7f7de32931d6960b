import { describeEngine } from '../conformance/suite.js';
import { tinyLora } from '../conformance/tiny-model.js';
import { createReferenceEngine } from './reference-engine.js';

const lora = { ...tinyLora, targets: [...tinyLora.targets] };

describeEngine('reference', createReferenceEngine);
describeEngine('reference with adapters', () => createReferenceEngine({ lora }), lora);
