import { describeEngine } from '../conformance/suite.js';
import { createEmbeddedEngine } from './embedded-engine.js';

describeEngine('embedded (1 worker)', () => createEmbeddedEngine({ workers: 1 }));
describeEngine('embedded (2 workers)', () => createEmbeddedEngine({ workers: 2 }));
