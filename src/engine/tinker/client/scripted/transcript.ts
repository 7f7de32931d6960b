/** Recorded conversations, replayed: what the client asks is compared with what was asked, and answered as it was answered. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Play, Step } from './scripted-server.js';

const transcript = z.strictObject({
  /** The server, and where the exchanges are written down. */
  source: z.string(),
  exchanges: z.array(
    z.strictObject({
      ask: z.string().regex(/^(GET|POST|DELETE) \//),
      /** What the body must hold; more may be there. */
      body: z.record(z.string(), z.unknown()).optional(),
      status: z.int().default(200),
      json: z.unknown().optional(),
      text: z.string().optional(),
    }),
  ),
});

export interface Replay {
  readonly play: Play;
  /** What the client did otherwise than in the transcript, and how much of it is left. */
  differences(): string[];
}

export function replay(name: string): Replay {
  const url = new URL(`./transcripts/${name}.json`, import.meta.url);
  const { exchanges } = transcript.parse(JSON.parse(readFileSync(url, 'utf8')));
  const differences: string[] = [];
  let next = 0;
  return {
    differences: () => [...differences, ...exchanges.slice(next).map(({ ask }) => `not asked: ${ask}`)],
    play: ({ method, path, json }): Step => {
      const exchange = exchanges[next++];
      const asked = `${method} ${path}`;
      if (exchange?.ask !== asked) differences.push(`asked ${asked}, not ${exchange?.ask ?? 'anything'}`);
      for (const [field, value] of Object.entries(exchange?.body ?? {})) {
        if (JSON.stringify(json?.[field]) === JSON.stringify(value)) continue;
        differences.push(`${asked}: ${field} is ${JSON.stringify(json?.[field])}, not ${JSON.stringify(value)}`);
      }
      if (!exchange || exchange.ask !== asked) return { status: 599, text: 'not in the transcript' };
      const { status } = exchange;
      return exchange.text !== undefined ? { status, text: exchange.text } : { status, json: exchange.json };
    },
  };
}
