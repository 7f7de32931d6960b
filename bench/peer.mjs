/** A Python script that does one round per line of standard input and answers a line of JSON. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** undefined, with a line that says so, where the script cannot run. */
export async function peer(script) {
  const python = process.env.SOAR_PYTHON ?? 'python3';
  const child = spawn(python, [fileURLToPath(new URL(`peers/${script}`, import.meta.url))], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  const first = await lines.next();
  if (first.done) {
    console.log(`(skipped: ${script} cannot run with ${python}; set SOAR_PYTHON to one with PyTorch)`);
    return undefined;
  }
  const { ready, threads } = JSON.parse(first.value);
  return {
    version: `PyTorch ${ready}`,
    threads,
    async round(command) {
      child.stdin.write(`${command}\n`);
      return JSON.parse((await lines.next()).value).seconds;
    },
    close: () => child.stdin.end(),
  };
}
