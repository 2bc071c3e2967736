import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One kernel pipe: blocking file descriptors, as an agent written in C makes them. */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/**
 * Makes pipes. Node's own `'pipe'` is a pair of sockets, which a program can tell from a pipe: they
 * cannot be opened again by way of /proc. A FIFO whose name is gone at once is the real thing.
 */
export function makePipes(count: number): Pipe[] {
  const directory = mkdtempSync(join(tmpdir(), 'execd-'));
  try {
    const names = Array.from({ length: count }, (_, place) => join(directory, `${place}`));
    execFileSync('mkfifo', ['-m', '600', ...names]);
    return names.map(open);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function open(name: string): Pipe {
  // Opening one end alone would wait for the other.
  const both = openSync(name, constants.O_RDWR);
  try {
    return { read: openSync(name, constants.O_RDONLY), write: openSync(name, constants.O_WRONLY) };
  } finally {
    closeSync(both);
  }
}

/** The agent's end of a pipe as a stream that reads; destroying it closes the descriptor. */
export const reader = (fd: number): Socket => new Socket({ fd, readable: true, writable: false });

/** The agent's end of a pipe as a stream that writes. A program that is gone is no error of ours. */
export function writer(fd: number): Socket {
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.on('error', () => {});
  return socket;
}
