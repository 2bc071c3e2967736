import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { Place } from './net.ts';

// Both ends die with their standard input, so with whoever started them.
const SERVER = `
const [port] = process.argv.slice(1);
process.stdin.resume().on('end', () => process.exit());
require('node:net').createServer((peer) => {
  peer.on('error', () => {});
  peer.pipe(peer);
}).listen(Number(port), '::', () => console.log('up'));
`;
const CLIENT = `
const [localAddress, host, port] = process.argv.slice(1);
const peer = require('node:net').connect({ host, port: Number(port), localAddress });
peer.on('connect', () => { console.log('up'); process.stdin.pipe(peer); peer.pipe(process.stdout); });
peer.on('error', ({ code }) => { console.log(code); process.exit(1); });
process.stdin.on('end', () => process.exit());
`;
const PROBE = `
const [localAddress, host, port, timeout] = process.argv.slice(1);
const peer = require('node:net').connect({ host, port: Number(port), localAddress });
peer.on('connect', () => process.exit(0));
peer.on('error', ({ code }) => { console.error(code); process.exit(1); });
setTimeout(() => process.exit(2), Number(timeout));
`;

const node = (place: Place, script: string, ...words: string[]) => [
  ...place.enter,
  process.execPath,
  '-e',
  script,
  '--',
  ...words,
];

/** A program that sends back what it gets, on every address of a place. */
export async function echoServer(place: Place, port: number): Promise<AsyncDisposable> {
  const peer = talk(node(place, SERVER, String(port)));
  if ((await peer.heard(5_000)) !== 'up') throw new Error(`${place.name}: no server on ${port}`);
  return { [Symbol.asyncDispose]: peer.close };
}

/** An open connection. */
export interface Connection extends AsyncDisposable {
  send(line: string): void;
  /** The next line that comes back within the time; nothing if none does. */
  heard(timeout: number): Promise<string | undefined>;
}

/** Opens a connection and keeps it open. */
export async function connect(
  place: Place,
  from: string,
  to: string,
  port: number,
): Promise<Connection> {
  const peer = talk(node(place, CLIENT, from, to, String(port)));
  const up = await peer.heard(5_000);
  if (up !== 'up') {
    await peer.close();
    throw new Error(`no connection from ${from} to ${to} port ${port}: ${up ?? 'silence'}`);
  }
  return { send: peer.send, heard: peer.heard, [Symbol.asyncDispose]: peer.close };
}

/** Whether a new connection can be opened within the time in milliseconds. */
export async function reaches(
  place: Place,
  from: string,
  to: string,
  port: number,
  timeout = 400,
): Promise<boolean> {
  const [command = '', ...args] = node(place, PROBE, from, to, String(port), String(timeout));
  return (await execa(command, args, { reject: false })).exitCode === 0;
}

function talk(argv: readonly string[]) {
  const [command = '', ...args] = argv;
  const child = execa(command, args, { reject: false, buffer: false, stderr: 'ignore' });
  const waiting: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    waiting.push(line);
    lines.emit('more');
  });
  return {
    send: (line: string) => void child.stdin.write(`${line}\n`),
    async heard(timeout: number): Promise<string | undefined> {
      if (waiting.length === 0) {
        await once(lines, 'more', { signal: AbortSignal.timeout(timeout) }).catch(() => undefined);
      }
      return waiting.shift();
    },
    async close() {
      child.stdin.end();
      child.kill();
      await child;
    },
  };
}
