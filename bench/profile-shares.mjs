/**
 * What a V8 profile of the Tinker orchestrator's main thread went into: each sample goes to the innermost frame that has a name here,
 * and to HTTP where there is no other.
 */

/** The first that fits a frame's file and function. */
const parts = [
  ['JSON', /./, /^(parseJson|stringifyJson|readJson|jsonContent|jsonOrNothing)$/],
  ['binary messages', /tinker\/wire\/(protobuf|arrays)\./, /./],
  ['checks of answers and bodies', /zod|tinker\/wire\//, /./],
  ['tokenizer', /tokenizers|checkpoints\/tokenizer/, /./],
  ['stop strings', /engine\/stopping|policy\/stops/, /./],
  ['grading', /problems\/|verify\//, /./],
  [
    'objective and metrics',
    /tinker\/profiles\/|\/method\/|\/rl\/|engine\/checks|policy\/|client\/(chunks|training-calls)/,
    /./,
  ],
];

const http = /tinker\/client\/|node:|undici/;

/** Shares of the samples that were not idle, by part. */
export function shares({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parent = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const named = new Map();
  const partOf = (id) => {
    if (named.has(id)) return named.get(id);
    const { functionName, url } = byId.get(id).callFrame;
    const own = functionName === '(garbage collector)' ? 'garbage collection' : undefined;
    const found = own ?? parts.find(([, file, name]) => file.test(url) && name.test(functionName))?.[0];
    const up = parent.get(id);
    let part = functionName === '(idle)' ? 'idle' : (found ?? (up === undefined ? 'other' : partOf(up)));
    if (part === 'other' && http.test(url)) part = 'HTTP';
    named.set(id, part);
    return part;
  };
  const sums = {};
  let all = 0;
  for (const [i, id] of samples.entries()) {
    const part = partOf(id);
    if (part === 'idle') continue;
    sums[part] = (sums[part] ?? 0) + timeDeltas[i];
    all += timeDeltas[i];
  }
  return Object.fromEntries(
    Object.entries(sums)
      .sort(([, a], [, b]) => b - a)
      .map(([part, time]) => [part, time / all]),
  );
}
