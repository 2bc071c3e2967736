import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmdirSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';

/** Both ends of a pipe, as descriptors. */
interface Pipe {
  readonly read: number;
  readonly write: number;
}

/**
 * Pipes as an agent makes them. The runtime would give a child sockets, and a socket cannot be opened
 * again: `echo … > /dev/stderr` would fail in a script. Throws where none can be made.
 */
export function makePipes(count: number): readonly Pipe[] {
  const folder = mkdtempSync('/tmp/riposte-');
  const names = Array.from({ length: count }, (_, place) => `${folder}/${place}`);
  try {
    const { status } = spawnSync('/usr/bin/mkfifo', ['-m', '600', ...names], { stdio: 'ignore' });
    if (status !== 0) throw new Error('mkfifo failed');
    return names.map(opened);
  } finally {
    for (const name of names) {
      try {
        unlinkSync(name);
      } catch {
        // It was never made.
      }
    }
    rmdirSync(folder);
  }
}

function opened(name: string): Pipe {
  // Either end alone would wait for the other one.
  const both = openSync(name, constants.O_RDWR);
  try {
    return { read: openSync(name, constants.O_RDONLY), write: openSync(name, constants.O_WRONLY) };
  } finally {
    closeSync(both);
  }
}

/** Our end of a pipe as a stream that reads; destroying it closes the descriptor. */
export const reader = (fd: number): Socket =>
  quiet(new Socket({ fd, readable: true, writable: false }));

/** Our end of a pipe as a stream that writes. */
export const writer = (fd: number): Socket =>
  quiet(new Socket({ fd, readable: false, writable: true }));

// A script that is gone, or does not read, is no error of ours.
function quiet(socket: Socket): Socket {
  return socket.on('error', () => {});
}
