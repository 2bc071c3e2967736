import fs from 'node:fs';
import net from 'node:net';
import { basename, dirname } from 'node:path/posix';
import type { Life } from '../lock.ts';
import { codeOf } from './errors.ts';

// A socket's path has room for some hundred bytes, and a home may be anywhere.
const short = (folder: number, path: string) => `/proc/self/fd/${folder}/${basename(path)}`;

const openFolder = (path: string) =>
  fs.openSync(dirname(path), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);

/**
 * Listens at a path for as long as this process lives: the kernel alone ends that, and answers for it
 * to whoever sees the file, from whatever pid or network namespace. Where a file system holds no
 * sockets there is no sign. The answer ends it.
 */
export function giveSign(path: string): () => void {
  let folder: number | undefined;
  try {
    folder = openFolder(path);
    const server = net.createServer((caller) => caller.destroy());
    // One that fails later says so here, and nobody needs to hear it.
    server.on('error', () => {});
    server.unref();
    server.listen(short(folder, path));
    const open = folder;
    return () => {
      // It removes the file by the folder's number, which must still be the folder's.
      server.close();
      fs.closeSync(open);
    };
  } catch {
    if (folder !== undefined) fs.closeSync(folder);
    return () => {};
  }
}

/** Whether somebody listens at a path: refused by nobody, not answered by somebody who is busy. */
export async function readSign(path: string): Promise<Life> {
  if (!fs.lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return 'unknown';
  const folder = openFolder(path);
  try {
    return await called(short(folder, path));
  } finally {
    fs.closeSync(folder);
  }
}

const called = (path: string) =>
  new Promise<Life>((resolve) => {
    const caller = net.connect(path);
    caller.once('connect', () => {
      caller.destroy();
      resolve('alive');
    });
    caller.once('error', (thrown) => {
      const code = codeOf(thrown);
      if (code === 'ECONNREFUSED') resolve('gone');
      else resolve(code === 'EAGAIN' ? 'alive' : 'unknown');
    });
  });
