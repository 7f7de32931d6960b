/** One request over real HTTP: what comes back, and what is known where nothing does. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
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
