/**
 * The worker thread: owns policies, serves one request after another.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { invariant, SoarError } from '../../errors.js';
import { ModelRuntime } from './model-runtime.js';
import { arrivedState, bufferOf, buffersIn, copiedState } from './moved-arrays.js';
import { PolicyMemory } from './policy-memory.js';
import {
  type AnswerMessage,
  endMessage,
  type RequestMessage,
  type RequestName,
  type Requests,
  type WorkerStart,
} from './protocol.js';
import { nextRequest } from './request-order.js';
import { sampleTask } from './sampler.js';
import { score } from './scorer.js';
import { shareOfGradient, stepWith, train } from './trainer.js';

interface Model {
  readonly runtime: ModelRuntime;
  readonly pieces: readonly Uint8Array[];
}

const { settings, ended } = workerData as WorkerStart;
const models = new Map<number, Model>();
const policies = new Map<number, { readonly model: Model; readonly memory: PolicyMemory }>();

function policyOf(id: number) {
  const found = policies.get(id);
  invariant(found, `policy ${id} lives in this worker`);
  return found;
}

const handlers: { [N in RequestName]: (ask: Requests[N]['ask']) => Promise<Requests[N]['answer']> } = {
  async model({ model, architecture, base, pieces }) {
    models.set(model, { runtime: new ModelRuntime(architecture, base && new Float32Array(base), settings), pieces });
    return undefined;
  },
  async create({ policy, model: id, weights }) {
    const model = models.get(id);
    invariant(model, `model ${id} is known to this worker`);
    policies.set(policy, { model, memory: new PolicyMemory(model.runtime, new Float32Array(weights)) });
    return undefined;
  },
  async fork({ policy, from }) {
    const { model, memory } = policyOf(from);
    policies.set(policy, { model, memory: new PolicyMemory(model.runtime, memory.weights.slice()) });
    return undefined;
  },
  async sample({ policy, task }) {
    const { model, memory } = policyOf(policy);
    return sampleTask(model.runtime, memory, task, model.pieces, settings.sampler);
  },
  async score({ policy, sequences }) {
    const { model, memory } = policyOf(policy);
    return score(model.runtime, memory, sequences);
  },
  async train({ policy, batch, step }) {
    const { model, memory } = policyOf(policy);
    return train(model.runtime, memory, batch, step);
  },
  async gradient({ policy, batch, share }) {
    const { model, memory } = policyOf(policy);
    return shareOfGradient(model.runtime, memory, batch, share);
  },
  async step({ policy, shares, step, copies }) {
    const { memory } = policyOf(policy);
    const metrics = stepWith(memory, shares, step);
    return { metrics, weights: Array.from({ length: copies }, () => bufferOf(memory.weights.slice())) };
  },
  async read({ policy, optimizer }) {
    const { memory } = policyOf(policy);
    const moments = optimizer ? memory.optimizer : undefined;
    return copiedState({ weights: memory.weights, ...(moments && { optimizer: moments }) });
  },
  async write({ policy, saved }) {
    const { weights, optimizer } = arrivedState(saved);
    policyOf(policy).memory.replace(weights, optimizer);
    return undefined;
  },
  async release({ policy }) {
    policies.delete(policy);
    return undefined;
  },
};

async function serve(port: MessagePort, { id, name, ask }: RequestMessage): Promise<void> {
  try {
    const answer = await (handlers[name] as (ask: unknown) => Promise<unknown>)(ask);
    port.postMessage({ id, answer } satisfies AnswerMessage, buffersIn(answer));
  } catch (cause) {
    const error = cause as Error & Partial<SoarError>;
    const coded = error instanceof SoarError ? { code: error.code, kind: error.kind } : {};
    const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
    const report = { ...coded, ...remedy, message: error.message, stack: error.stack ?? '' };
    port.postMessage({ id, error: report } satisfies AnswerMessage);
  }
}

const queue: RequestMessage[] = [];
let serving = false;

function receive(message: RequestMessage | typeof endMessage): void {
  if (message !== endMessage) return void queue.push(message);
  Atomics.store(ended, 0, 1);
  Atomics.notify(ended, 0);
  // Of this thread alone.
  process.exit();
}

async function serveAll(port: MessagePort): Promise<void> {
  if (serving) return;
  serving = true;
  for (;;) {
    // What came in during a long computation has not been announced yet.
    for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) receive(more.message);
    const [next] = queue.splice(nextRequest(queue), 1);
    if (!next) break;
    await serve(port, next);
  }
  serving = false;
}

parentPort?.on('message', (message: RequestMessage | typeof endMessage) => {
  receive(message);
  void serveAll(parentPort as MessagePort);
});
