/** A server on this machine that speaks as the hub does, with one repository, and that does wrong what a test asks for. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubServer {
  readonly endpoint: string;
  /** Paths asked for, each with the range that was asked for. */
  readonly requests: string[];
  /** What the next answers do wrong: break off after so many bytes, send other bytes, or refuse without a token. */
  fault: { readonly breakAfter?: number; readonly other?: boolean; readonly token?: string };
  close(): void;
}

export interface ServedRepository {
  readonly kind: 'dataset' | 'model';
  /** `org/name` */
  readonly name: string;
  /** What the branch main is. */
  readonly commit: string;
  readonly files: Readonly<Record<string, Buffer>>;
}

/** Larger files are listed with their SHA-256, as Git LFS has it, the others with Git's own hash. */
const largeFrom = 10_000;

export async function openHub({ kind, name, commit, files }: ServedRepository): Promise<HubServer> {
  const hub: HubServer = { endpoint: '', requests: [], fault: {}, close: () => undefined };
  const api = `/api/${kind}s/${name}`;
  const resolved = `${kind === 'dataset' ? '/datasets' : ''}/${name}/resolve/${commit}/`;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '', 'http://hub');
    const { range } = request.headers;
    const { breakAfter, other, token } = hub.fault;
    hub.requests.push(`${pathname}${range ? ` ${range}` : ''}`);
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (token && request.headers.authorization !== `Bearer ${token}`) return void json({ error: 'gated' }, 401);
    if (pathname === `${api}/revision/main`) return void json({ sha: commit });
    if (pathname === `${api}/tree/${commit}`) {
      const listed = Object.entries(files).map(([path, bytes]) => entryOf(path, bytes));
      return void json([{ type: 'directory', path: 'data', size: 0, oid: 'd'.repeat(40) }, ...listed]);
    }
    const file = pathname.startsWith(resolved) ? files[decodeURIComponent(pathname.slice(resolved.length))] : undefined;
    if (!file) return void json({ error: 'not found' }, 404);
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const bytes = other ? Buffer.alloc(file.length, 'x') : file.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length });
    if (breakAfter === undefined || bytes.length <= breakAfter) return void response.end(bytes);
    // Time for what was sent to arrive.
    response.write(bytes.subarray(0, breakAfter), () => setTimeout(() => response.destroy(), 150));
  }

  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return Object.assign(hub, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
}

function entryOf(path: string, bytes: Buffer): object {
  const entry = { type: 'file', path, size: bytes.length, oid: gitHash(bytes) };
  if (bytes.length < largeFrom) return entry;
  return { ...entry, oid: 'f'.repeat(40), lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } };
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
export const gitHash = (bytes: Buffer) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
