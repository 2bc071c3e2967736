import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Flaws, type Identity, selfSigned } from './certificate.ts';

/** A request as a service got it. */
export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a service does with its first request, its second, and so on; the last one goes for all after. */
export type Manners = readonly ((response: ServerResponse, hangUp: () => void) => void)[];

/** Answers at once. */
export const answers =
  (status: number, body = '', headers: Readonly<Record<string, string>> = {}): Manners[number] =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

/** Never answers. */
export const hangs: Manners[number] = () => {};

/** Closes the connection with a reset. */
export const resets: Manners[number] = (_response, hangUp) => hangUp();

/** A server that runs. */
export interface Running extends AsyncDisposable {
  readonly port: number;
  /** A URL with a secret in its path. */
  readonly url: string;
  readonly received: readonly Received[];
  /** File with its certificate. */
  readonly ca: string;
}

/** What must never be seen of any server's URL. */
export const SECRET = 'T0SECRET/B0SECRET/x0secretx0';

/** A service with TLS on this host, behind a certificate of its own. */
export async function serve(
  manners: Manners,
  flaws: Flaws & { plain?: boolean } = {},
): Promise<Running> {
  const received: Received[] = [];
  const identity: Identity = selfSigned(flaws);
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = request;
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ method, path: url, headers, body });
      const manner = manners[Math.min(received.length, manners.length) - 1];
      manner?.(response, hangUp);
    });
  };
  const server = flaws.plain ? createPlain(listener) : createServer(identity, listener);
  const { port, hangUp, close } = await listening(server);
  const folder = await mkdtemp(join(tmpdir(), 'riposte-https-'));
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, identity.cert);
  return {
    port,
    url: `${flaws.plain ? 'http' : 'https'}://127.0.0.1:${port}/services/${SECRET}`,
    received,
    ca,
    async [Symbol.asyncDispose]() {
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A proxy that runs, and the lines that it was asked by. */
export interface Proxy extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly string[];
}

/**
 * An HTTP proxy that leads every tunnel to one port of this host, whatever name was asked for, or
 * refuses, or never answers.
 */
export async function proxy(target: number | 'refuses' | 'hangs'): Promise<Proxy> {
  const asked: string[] = [];
  const server = createPlain();
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    socket.on('error', () => {});
    if (target === 'hangs') return;
    if (target === 'refuses') {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const onward = connect(target, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
  });
  const { port, close } = await listening(server);
  return { url: `http://127.0.0.1:${port}`, asked, [Symbol.asyncDispose]: close };
}

async function listening(server: Server) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A socket with TLS in it cannot be reset, the one below it can.
  const hangUp = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, hangUp, close };
}

/** A port of this host that nobody listens at. */
export async function closedPort(): Promise<number> {
  const { port, close } = await listening(createPlain());
  await close();
  return port;
}
