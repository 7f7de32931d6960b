/**
 * Scale on one machine: 16 students x 10 steps of the preset `paper` (8 questions x 32 completions x 1,024 tokens a step) against a
 * server without a model, in a process of its own. Measured is the orchestrator's process alone: tinker-scale-process.mjs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { tokenizerFrom } from '../dist/checkpoints/tokenizer-file.js';
import { byteLevelTokenizer } from './byte-level-tokenizer.mjs';
import { measure } from './statistics.mjs';

/** Of the service that is simulated: GPUs, and tokens a second of each. The `prices.gpus` that docs/cluster.md shows; assumptions, all. */
const gpus = { count: 8, sampled: 4000, trained: 8000, prefilled: 40_000 };
const whole = { students: 16, steps: 10 };
/** Enough for a profile. */
const part = { students: 4, steps: 3 };

const vocabulary = 128_000;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const begin = vocabulary - 2;
const end = vocabulary - 1;

/** config.json and tokenizer.json: all that the orchestrator has of a model. */
function modelFolder(folder) {
  const path = join(folder, 'described-model');
  if (existsSync(path)) return path;
  mkdirSync(path, { recursive: true });
  const config = { vocab_size: vocabulary, max_position_embeddings: 1 << 17, bos_token_id: begin, eos_token_id: end };
  writeFileSync(join(path, 'config.json'), JSON.stringify(config));
  writeFileSync(join(path, 'tokenizer.json'), JSON.stringify(byteLevelTokenizer(vocabulary)));
  return path;
}

/** A dataset of the paper's size, in questions of a competition's length. All have one answer, so that a server can know it. */
const problems = Array.from({ length: 64 }, (_, i) => ({
  id: `${i}`,
  question: `A committee of ${i + 5} members meets every ${i + 2} days. Let $a_n$ be the number of meetings in the first $n$ days, and let $S = \\sum_{k=1}^{${i + 9}} a_k$. Find the remainder when $S + ${i}$ is divided by the least prime that divides none of the $a_k$, and give the sum of its digits.`,
  gold: '42',
  source: 'bench',
}));

/** What completions end with: right, with the right answer's text in it, wrong, none. */
const endings = ['42', '\\frac{42}{5}', '17', undefined].map((answer) =>
  answer === undefined ? ' and so on' : ` The final answer is: \\boxed{${answer}}`,
);

/**
 * @param work milliseconds that the server takes for a call, by its name
 * @returns what tinker-scale-process.mjs found, and what the server counted: bytes, and how long it had nothing to do
 */
export async function tinkerScaleRun({ folder, form, students, steps, profiled = false, flags = [], work = {} }) {
  const model = modelFolder(folder);
  const tokenizer = tokenizerFrom(byteLevelTokenizer(vocabulary), {}, [end], 'bench');
  const ends = endings.map((text) => [...tokenizer.encode(text)].slice(1));
  const script = here('../dist/engine/tinker/testing/null-server.js');
  const asked = [
    '--profile',
    'skyrl-jax',
    '--vocabulary',
    `${begin}`,
    '--seconds',
    '3600',
    '--work',
    JSON.stringify(work),
  ];
  const stdio = ['pipe', 'pipe', 'inherit'];
  const server = spawn(process.execPath, [script, ...asked, '--endings', JSON.stringify(ends)], { stdio });
  const said = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await said.next()).value);
  try {
    const { url } = await next();
    const given = JSON.stringify({ url, model, form, students, steps, problems, profiled });
    const child = spawn(process.execPath, [...flags, here('tinker-scale-process.mjs'), given], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`the orchestrator ended with ${code}`);
    server.stdin.end();
    return { ...JSON.parse(text), traffic: await next() };
  } finally {
    server.stdin.end();
  }
}

/** What the simulated GPUs would take for the same tokens, all of them together: the work that the preset `paper` asks of a service. */
function gpuSecondsOf({ completions, sampled, trained, promptTokens, groupSize }) {
  const prompts = completions * promptTokens;
  // Read: prompts once for a group; whole sequences by the reference, and by the student for the slopes of the KL term.
  const prefilled = prompts / groupSize + 2 * (prompts + sampled);
  return sampled / gpus.sampled + (trained + prompts) / gpus.trained + prefilled / gpus.prefilled;
}

export async function tinkerScale({ folder }) {
  const result = {
    title: 'Scale: the orchestrator of 16 students',
    measures: [],
    notes: [],
    peers: [],
    complete: true,
  };
  for (const form of ['json', 'protobuf']) {
    const found = await tinkerScaleRun({ folder, form, ...whole });
    const { shares } = await tinkerScaleRun({ folder, form, ...part, profiled: true });
    const gpuSeconds = gpuSecondsOf(found);
    const share = (100 * found.cpu) / gpuSeconds;
    const of = (name, value, unit, wanted) => {
      const what = { unit, better: 'lower', ...(wanted && { wanted }) };
      result.measures.push(measure(`${form}: ${name}`, [value], what));
    };
    of('processor time for a GPU-minute, of a core', share, '%', 5);
    of(`the same while ${gpus.count} GPUs work`, gpus.count * share, '%');
    of('highest resident memory', found.maxRss / 1e6, 'MB', 1000);
    of('processor time in all', found.cpu, 's');
    of('of which the main thread', found.main, 's');
    of('of which JSON is read', found.jsonParse, 's');
    of('of which JSON is written', found.jsonStringify, 's');
    of('bytes sent', found.traffic.received / 1e6, 'MB');
    of('bytes received', found.traffic.sent / 1e6, 'MB');
    if (form === 'json') result.notes.push(...workNotes(found, gpuSeconds));
    const parts = Object.entries(shares).filter(([, share]) => share >= 0.01);
    const list = parts.map(([name, share]) => `${name} ${(100 * share).toFixed(0)} %`).join(', ');
    result.notes.push(
      `${form}: the share is 5 % at ${(5 / share).toFixed(1)} times these paces; the main thread's time, by a profile of ${part.students} students x ${part.steps} steps: ${list}`,
    );
  }
  return result;
}

function workNotes(found, gpuSeconds) {
  const million = (tokens) => `${(tokens / 1e6).toFixed(1)}M`;
  const { completions, sampled, trained, promptTokens, groupSize, rssBegun, correct, answered, requests } = found;
  const each = `${promptsPerStep(found)} questions x ${groupSize} completions x ${sampled / completions} tokens`;
  return [
    `${whole.students} students side by side x ${whole.steps} steps x (${each}), prompts of ${promptTokens} tokens, a vocabulary of ${vocabulary}: ${million(sampled)} tokens sampled, ${million(trained)} trained on, in ${requests} HTTP requests`,
    `each completion is decoded, searched for stop strings and graded (${(100 * answered).toFixed(0)} % have an answer, ${(100 * correct).toFixed(0)} % the right one), scored by the reference and by the student, and trained on`,
    `simulated: ${gpus.count} GPUs, each of which samples ${gpus.sampled}, trains on ${gpus.trained} or reads ${gpus.prefilled} tokens a second, assumptions all: ${(gpuSeconds / 60).toFixed(0)} GPU-minutes`,
    `processor time of all threads of the process, after the engine was opened; memory from its start, ${(rssBegun / 1e6).toFixed(0)} MB of it with the tokenizer opened and nothing asked yet`,
  ];
}

const promptsPerStep = ({ completions, groupSize }) => completions / whole.students / whole.steps / groupSize;
