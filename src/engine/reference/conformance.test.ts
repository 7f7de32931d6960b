import { describeEngine } from '../conformance/suite.js';
import { createReferenceEngine } from './reference-engine.js';

describeEngine('reference', createReferenceEngine);
