/** One request over real HTTP: what comes back, and what is known where nothing does. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, open, openSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { exchange, Unanswered } from './exchange.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const post = (url: string, more: { body?: string | Uint8Array; timeout?: number; signal?: AbortSignal } = {}) =>
  exchange({ method: 'POST', url, headers: { 'content-type': 'text/plain' }, timeout: 5_000, ...more });
const text = (body: Uint8Array) => new TextDecoder().decode(body);

it('sends texts and bytes with their length, and gives status, headers and body', async () => {
  const url = await serve(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { 'content-length': length, 'content-type': type } = request.headers;
    response.writeHead(418, { 'Retry-After': '7', 'x-said': `${request.method} ${length} ${type}` });
    response.end(Buffer.concat(parts));
  });
  const answer = await post(url, { body: 'é' });
  expect([answer.status, answer.headers.get('retry-after'), text(answer.body)]).toEqual([418, '7', 'é']);
  expect(answer.headers.get('X-Said')).toBe('POST 2 text/plain');
  const long = new Uint8Array(300_000).map((_, i) => i);
  expect(Buffer.compare((await post(url, { body: long })).body, long)).toBe(0);
  expect((await post(url)).headers.get('x-said')).toBe('POST 0 text/plain');
});

it('unpacks gzip and follows no redirection', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/' }).end();
    else if (!request.headers['accept-encoding']?.includes('gzip')) response.end('plain');
    else response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('packed'));
  });
  expect(text((await post(url)).body)).toBe('packed');
  expect((await post(`${url}/moved`)).status).toBe(302);
});

it('keeps a connection for the next request', async () => {
  const ports = new Set<number | undefined>();
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    request.resume().on('end', () => response.end());
  });
  for (let i = 0; i < 3; i++) await post(url, { body: 'x' });
  expect(ports.size).toBe(1);
  // Closed while this thread had no time to look.
  server?.closeIdleConnections();
  await post(url, { body: 'x' });
  expect(ports.size).toBe(2);
});

it('holds nothing of an answer for the sake of a connection that lies idle', async () => {
  const url = await serve((_, response) => void response.end(Buffer.alloc(300_000, 'x')));
  const held = new WeakRef((await post(url)).body.buffer);
  expect(await collected(held)).toBe(true);
  expect(server?.listening && (await connections(server))).toBe(1);
});

/** Whether it is, within a second. */
async function collected(held: WeakRef<ArrayBufferLike>): Promise<boolean> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 50 && held.deref(); i++) {
    await setTimeout(20);
    collect();
  }
  return held.deref() === undefined;
}

const connections = (of: Server) => promisify(of.getConnections.bind(of))();

it('knows that a request cannot have arrived where nobody listens', async () => {
  const url = await serve(() => {});
  server?.close();
  await expect(post(url)).rejects.toMatchObject({ message: 'ECONNREFUSED', reached: false, timedOut: false });
});

it('knows that one may have been carried out when the connection breaks before or within the answer', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/half') {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => request.socket.destroy());
    } else request.socket.destroy();
  });
  const reached = { reached: true, timedOut: false };
  await expect(post(url)).rejects.toMatchObject(reached);
  await expect(post(`${url}/half`)).rejects.toMatchObject(reached);
  await expect(post(`${url}/half`)).rejects.toBeInstanceOf(Unanswered);
});

it('knows that one has not arrived when the encryption fails', async () => {
  const noTls = createTcpServer((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\n')).listen(0, '127.0.0.1');
  await once(noTls, 'listening');
  const url = `https://127.0.0.1:${(noTls.address() as AddressInfo).port}`;
  await expect(post(url, { body: 'secret' })).rejects.toMatchObject({ reached: false, timedOut: false });
  noTls.close();
});

it('waits for the whole answer as long as it is told, and no longer than the signal lets it', async () => {
  const url = await serve((_, response) => void response.write('beginning'));
  await expect(post(url, { timeout: 30 })).rejects.toMatchObject({
    message: 'no answer within 0.03 s',
    reached: true,
    timedOut: true,
  });
  const ending = new AbortController();
  const asked = post(url, { signal: ending.signal });
  void setTimeout(20).then(() => ending.abort(new Error('enough')));
  await expect(asked).rejects.toThrow('enough');
  await expect(post(url, { signal: ending.signal })).rejects.toThrow('enough');
});

/** Listens below HTTP. */
async function accept(listener: (socket: Socket) => void): Promise<string> {
  const tcp = createTcpServer((socket) => listener(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  onTestFinished(() => void tcp.close());
  await once(tcp, 'listening');
  return `http://127.0.0.1:${(tcp.address() as AddressInfo).port}`;
}

it('calls what cannot be sent by its cause, without the value', async () => {
  const url = await serve((_, response) => void response.end());
  const asked = (headers: Record<string, string>) => exchange({ method: 'GET', url, headers, timeout: 5_000 });
  const failure = await asked({ accept: '*/*', 'x-api-key': 'eyJ.hidden\n.x' }).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'TINKER_REQUEST',
    message: 'the request cannot be written (ERR_INVALID_CHAR in the header x-api-key)',
    where: `GET ${url}`,
    kind: 'environment',
  });
  expect(`${failure}${JSON.stringify(failure)}`).not.toContain('hidden');
  await expect(asked({ 'no name': 'x' })).rejects.toThrow('(ERR_INVALID_HTTP_TOKEN in the header no name)');
  await expect(post(`${url}/ä b`)).resolves.toMatchObject({ status: 200 });
  await expect(post('http://:1')).rejects.toMatchObject({ code: 'TINKER_REQUEST', kind: 'user' });
});

describe('an answer that comes while the body is on its way', () => {
  /** More than the buffers between two sockets hold. */
  const body = new Uint8Array(30_000_000);

  it('counts, though the connection breaks then', async () => {
    const url = await accept((socket) => {
      // Closed with unread bytes in its buffer: the client's next write finds a broken connection.
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 8\r\n\r\ntoo long', () => socket.destroy());
      });
    });
    for (let i = 0; i < 10; i++) {
      const answer = await post(url, { body });
      expect([answer.status, text(answer.body)]).toEqual([413, 'too long']);
    }
  });

  it('counts no longer when it breaks within the answer', async () => {
    const url = await accept((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 8\r\n\r\ntoo', () => socket.destroy());
      });
    });
    await expect(post(url, { body })).rejects.toMatchObject({ reached: true, timedOut: false });
  });

  it('ends the request: a server that reads no further keeps no connection', async () => {
    const url = await serve((_, response) => void response.writeHead(401, { connection: 'keep-alive' }).end('no'));
    const answer = await post(url, { body });
    expect([answer.status, text(answer.body)]).toEqual([401, 'no']);
    for (let i = 0; i < 100 && (await connections(server as Server)) > 0; i++) await setTimeout(20);
    expect(await connections(server as Server)).toBe(0);
    // One whose body was sent keeps its own.
    await post(url, { body: 'x' });
    expect(await connections(server as Server)).toBe(1);
  });
});

it('takes a change of protocol, which ends in silence, and what is no HTTP for no answer', async () => {
  const switching = await accept((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'));
  });
  await expect(post(switching)).rejects.toMatchObject({ reached: true, timedOut: false });
  const babbling = await accept((socket) => void socket.end('what?\r\n\r\n'));
  await expect(post(babbling)).rejects.toMatchObject({ message: 'HPE_INVALID_CONSTANT', reached: true });
});

it('rejects where an answer cannot be unpacked, and waits for that no longer than for the rest', async () => {
  const url = await serve((request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(request.url === '/bad' ? 'no gzip' : gzipSync('packed'));
  });
  await expect(post(`${url}/bad`)).rejects.toMatchObject({ message: 'Z_DATA_ERROR', reached: true, timedOut: false });
  const release = holdThreadPool();
  await expect(post(url, { timeout: 200 })).rejects.toMatchObject({
    message: 'no answer within 0.2 s',
    reached: true,
    timedOut: true,
  });
  release();
  expect(text((await post(url)).body)).toBe('packed');
});

/** Nothing is unpacked until it is released: each thread of the pool waits for somebody to write to a pipe. */
function holdThreadPool(): () => void {
  const pipe = join(tmpdir(), `soar-pipe-${process.pid}`);
  execFileSync('mkfifo', [pipe]);
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
  for (let i = 0; i < threads; i++) open(pipe, 'r', (_, handle) => closeSync(handle));
  let held = true;
  const release = () => {
    if (!held) return;
    held = false;
    // For both ways, which waits for nobody.
    closeSync(openSync(pipe, 'r+'));
    rmSync(pipe);
  };
  // The runner needs these threads to say what went wrong.
  void setTimeout(3_000, undefined, { ref: false }).then(release);
  return release;
}
