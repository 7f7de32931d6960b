/** A loopback server that plays a script: it knows nothing of the protocol, answers what it is told, breaks where it is told. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Request {
  readonly method: string;
  /** Below `/api/v1`, without the query. */
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Uint8Array;
  /** Undefined where the body is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies
  readonly json: any;
}

export type Step =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly json: unknown }
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly text: string }
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly bytes: Uint8Array }
  /** The connection breaks after the request has arrived. */
  | 'drop'
  /** Silence. */
  | 'hang';

export type Play = (request: Request) => Step | Promise<Step>;

/** By method and path: each request takes the next step; the last one stays. */
export function byPath(script: Readonly<Record<string, Step | readonly Step[] | Play>>): Play {
  const taken = new Map<string, number>();
  return (request) => {
    const name = `${request.method} ${request.path}`;
    const steps = script[name];
    if (steps === undefined) return { status: 599, text: `not in the script: ${name}` };
    if (typeof steps === 'function') return steps(request);
    if (!Array.isArray(steps)) return steps as Step;
    const turn = taken.get(name) ?? 0;
    taken.set(name, turn + 1);
    return steps[Math.min(turn, steps.length - 1)] as Step;
  };
}

export class ScriptedServer {
  /** http://127.0.0.1:port */
  url = '';
  readonly requests: Request[] = [];
  private readonly server;
  private play: Play;

  private constructor(play: Play) {
    this.play = play;
    this.server = createServer((incoming, outgoing) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', async () => {
        const request = read(incoming, Buffer.concat(parts));
        this.requests.push(request);
        const step = await this.play(request);
        if (step === 'drop') incoming.socket.destroy();
        if (step === 'drop' || step === 'hang') return;
        const body = 'json' in step ? JSON.stringify(step.json) : 'text' in step ? step.text : step.bytes;
        const type = 'json' in step ? 'application/json' : 'text' in step ? 'text/plain' : 'application/x-protobuf';
        outgoing.writeHead(step.status ?? 200, { 'content-type': type, ...step.headers }).end(body);
      });
    });
  }

  static async start(play: Play): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(play);
    await new Promise<void>((resolve) => scripted.server.listen(0, '127.0.0.1', resolve));
    scripted.url = `http://127.0.0.1:${(scripted.server.address() as AddressInfo).port}`;
    return scripted;
  }

  /** From now on. */
  playing(play: Play): void {
    this.play = play;
  }

  /** Of a call, in the order of arrival. */
  to(path: string): Request[] {
    return this.requests.filter((request) => request.path === path);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function read({ method = '', url = '', headers }: IncomingMessage, bytes: Buffer): Request {
  const { pathname, searchParams } = new URL(url, 'http://scripted');
  const isJson = headers['content-type'] === 'application/json';
  return {
    method,
    path: pathname.replace('/api/v1', ''),
    query: Object.fromEntries(searchParams),
    headers,
    bytes: new Uint8Array(bytes),
    json: isJson ? JSON.parse(bytes.toString()) : undefined,
  };
}
