/** A peer: a process, mostly in Python, that does one round per line of JSON on standard input and answers with one line of JSON. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * undefined, with a line that says why, where the script cannot run.
 * @param {string} script in bench/peers; one of ours, .mjs, in bench
 * @param {...string} args
 */
export async function openPeer(script, ...args) {
  const ours = script.endsWith('.mjs');
  const program = ours ? process.execPath : (process.env.SOAR_PYTHON ?? 'python3');
  const path = fileURLToPath(new URL(ours ? script : `peers/${script}`, import.meta.url));
  const child = spawn(program, [path, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint = (complaint + text).slice(-20_000);
  });
  child.on('error', (error) => {
    complaint += error.message;
  });
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { done, value } = await lines.next();
    return done ? undefined : JSON.parse(value);
  };
  const ready = await answer();
  if (!ready) {
    const why = complaint.trim().split('\n').at(-1) || 'it ended at once';
    console.log(`(left out: ${script}, ${why}; set SOAR_PYTHON to a Python that has what bench/peers/README.md lists)`);
    return undefined;
  }
  return {
    /** Versions and threads, for the record. */
    about: ready.about,
    async round(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const found = await answer();
      if (!found) throw new Error(`${script} broke off:\n${complaint}`);
      return found;
    },
    /** Done when the process has ended. */
    async close() {
      const ended = child.exitCode === null ? once(child, 'exit') : undefined;
      child.stdin.end();
      await ended;
    },
  };
}
