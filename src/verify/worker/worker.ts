/** The worker thread's entry: loads one implementation, then answers jobs one at a time, in order. */
import { parentPort, workerData } from 'node:worker_threads';
import { SoarError } from '../../errors.js';
import { type Judge, loadJudge } from './implementations.js';
import type { Fault, FromWorker, Implementation, Job } from './protocol.js';

function post(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function faultOf(error: unknown): Fault {
  if (error instanceof SoarError) {
    return { code: error.code, message: error.message, where: error.where, remedy: error.remedy };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'VERIFIER_FAILED', message: `the verifier threw: ${message}`, where: undefined, remedy: undefined };
}

async function answer(judge: Judge, job: Job): Promise<void> {
  try {
    post({ verification: await judge(job) });
  } catch (error) {
    post({ fault: faultOf(error) });
  }
}

try {
  const judge = await loadJudge(workerData as Implementation);
  parentPort?.on('message', (job: Job) => answer(judge, job));
  post({ ready: true });
} catch (error) {
  post({ ready: false, fault: faultOf(error) });
}
