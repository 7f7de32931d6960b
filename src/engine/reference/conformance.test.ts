import { describeEngine } from '../conformance/suite.js';
import { inProcess, inProcessLora, tinyLora } from '../conformance/tiny-model.js';
import { createReferenceEngine } from './reference-engine.js';

const lora = { ...tinyLora, targets: [...tinyLora.targets] };

describeEngine('reference', { make: () => createReferenceEngine(), ...inProcess });
describeEngine('reference with adapters', { make: () => createReferenceEngine({ lora }), ...inProcessLora });
