/**
 * Runs on node.exe inside wine and starts programs with pipes of Windows, because the pipes of Linux
 * are none that node.exe could use. `node.exe agent.ts PORT`: it connects there and does what lines of
 * JSON ask. It ends with the connection, and whatever it had started ends with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Asked, Told } from './words.ts';

const children = new Map<number, ChildProcess>();
const socket = connect(Number(process.argv[2]), '127.0.0.1');
const tell = (told: Told) => socket.write(`${JSON.stringify(told)}\n`);

function start({ id, file, args, env, cwd }: Extract<Asked, { ask: 'spawn' }>): void {
  // What a program of the tests inherits is what it was given, and no window.
  const child = spawn(file, args, { cwd, env, stdio: 'pipe', windowsHide: true });
  children.set(id, child);
  child.stdout.on('data', (bytes: Buffer) => tell({ id, tell: 'out', bytes: text(bytes) }));
  child.stderr.on('data', (bytes: Buffer) => tell({ id, tell: 'err', bytes: text(bytes) }));
  child.stdin.on('error', () => {});
  child.on('error', ({ message }) => tell({ id, tell: 'failed', message }));
  child.on('close', (code) => {
    children.delete(id);
    tell({ id, tell: 'ended', code });
  });
}

const text = (bytes: Buffer) => bytes.toString('base64');

function obey(asked: Asked): void {
  if (asked.ask === 'spawn') {
    try {
      start(asked);
    } catch (thrown) {
      tell({ id: asked.id, tell: 'failed', message: String(thrown) });
    }
    return;
  }
  const child = children.get(asked.id);
  if (asked.ask === 'write') child?.stdin?.write(Buffer.from(asked.bytes, 'base64'));
  if (asked.ask === 'end') child?.stdin?.end();
  if (asked.ask === 'kill') child?.kill();
}

createInterface({ input: socket }).on('line', (line) => obey(JSON.parse(line)));
socket.on('close', () => process.exit(0));
socket.on('error', () => process.exit(1));
