/**
 * The process that `tinker-scale.mjs` measures: inner runs of the preset `paper` on a service, side by side, as an outer step makes
 * them, and what they took of this process. Takes one argument, prints one line, both JSON.
 */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { noJournal, openTinkerEngine, tinkerSettings } from '../dist/engine/index.js';
import { innerRun } from '../dist/method/index.js';
import { mathematicsDomain } from '../dist/problems/index.js';
import { resolveConfig } from '../dist/run/config/config.js';
import { shares } from './profile-shares.mjs';

const { url, model, form, students, steps, problems, profiled } = JSON.parse(process.argv[2]);
const config = resolveConfig({ preset: 'paper', sets: [] });

/** Processor seconds of this process. */
const spent = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};

/** What JSON takes, by the only two functions that do it. The clock would count what other processes do meanwhile. */
const json = { parse: 0, stringify: 0 };
for (const name of ['parse', 'stringify']) {
  const { [name]: inner } = JSON;
  const named = {
    [`${name}Json`](...given) {
      const before = process.cpuUsage();
      const result = inner(...given);
      json[name] += spent(before);
      return result;
    },
  };
  JSON[name] = named[`${name}Json`];
}

let requests = 0;
const observe = ({ attempts }) => {
  requests += attempts;
};

const settings = tinkerSettings.parse({ kind: 'tinker', baseUrl: url, profile: 'skyrl-jax', form });
const engine = await openTinkerEngine(settings, noJournal, { observe });
const domain = mathematicsDomain(config.mathematics);
const baseline = await engine.open({ folder: model });
const { student } = config.soar;
const study = (i, steps, onStep) =>
  innerRun({
    baseline,
    domain,
    dataset: problems,
    steps,
    settings: student,
    seed: `${i}`,
    reference: baseline,
    onStep,
  });

// The main thread's own time, where the system says it: /proc counts in hundredths.
const mainThread = () => {
  try {
    const fields = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
};

const session = new Session();
if (profiled) {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 1000 });
  await session.post('Profiler.start');
}
const metrics = [];
const before = { cpu: process.cpuUsage(), main: mainThread(), json: { ...json }, began: performance.now() };
const rssBegun = process.memoryUsage.rss();
await Promise.all(
  Array.from({ length: students }, async (_, i) => {
    const { student } = await study(i, steps, (one) => metrics.push(one));
    await student.release();
  }),
);
const wall = (performance.now() - before.began) / 1000;
const cpu = spent(before.cpu);
const found = {
  wall,
  cpu,
  main: mainThread() - before.main,
  jsonParse: json.parse - before.json.parse,
  jsonStringify: json.stringify - before.json.stringify,
  rssBegun,
  maxRss: process.resourceUsage().maxRSS * 1024,
  requests,
  groupSize: student.groupSize,
  completions: metrics.reduce((sum, { completions }) => sum + completions, 0),
  sampled: metrics.reduce((sum, { tokens }) => sum + tokens, 0),
  trained: metrics.reduce((sum, { update }) => sum + update.tokensTrained, 0),
  correct: metrics.reduce((sum, { correct }) => sum + correct, 0) / metrics.length,
  answered: metrics.reduce((sum, { answered }) => sum + answered, 0) / metrics.length,
  promptTokens: baseline.tokenizer.encode(domain.studentPrompt(problems[0].question)).length,
};
if (profiled) {
  const { profile } = await session.post('Profiler.stop');
  found.shares = shares(profile);
}
await domain.close();
await engine.close();
console.log(JSON.stringify(found));
