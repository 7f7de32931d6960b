/** The protocol's messages: what is sent and answered, in JSON and in protobuf, for both sides. */
export * from './calls.js';
export type { Checkpoint, TrainingRun } from './checkpoints.js';
export { completeMetadata, errorBody, pendingBody, requestFailed, tryAgain } from './futures.js';
export {
  type SampledSequence,
  type SampleOutput,
  sampleOutputFromProtobuf,
  sampleOutputToJson,
  sampleOutputToProtobuf,
} from './sampling.js';
export type { Tensor } from './tensor.js';
export {
  type Datum,
  type TrainingRequest,
  trainingRequestFromProtobuf,
  trainingRequestOf,
  trainingRequestToJson,
  trainingRequestToProtobuf,
} from './training.js';
export {
  type TrainingOutput,
  trainingOutputFromProtobuf,
  trainingOutputToJson,
  trainingOutputToProtobuf,
} from './training-output.js';
