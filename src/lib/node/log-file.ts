import fs from 'node:fs';
import type { Sink } from '../log.ts';
import { codeOf } from './errors.ts';

/** Where the agent looks for it, below its home. */
export const LOG_FILE = 'logs/active-responses.log';

/**
 * The agent's log as a sink: one write a line. The folder belongs to the agent's account, so what
 * lies there is a file of ours to append to or it is passed over, with one word to `complain`.
 */
export function logFile(home: string | undefined, complain: (message: string) => void): Sink {
  let fd: number | undefined;
  let passedOver = false;
  return async (line) => {
    if (passedOver) return;
    try {
      fd ??= open(home);
      fs.writeSync(fd, line);
    } catch (thrown) {
      passedOver = true;
      complain(`nothing is logged: ${(thrown as Error).message}`);
    }
  };
}

function open(home: string | undefined): number {
  if (home === undefined) throw new Error('no agent home was found');
  const path = `${home}/${LOG_FILE}`;
  // Of two runs that find no log one makes it, and the other then finds it.
  for (let round = 0; round < 3; round += 1) {
    const fd = existing(path) ?? made(path, `${home}/logs`);
    if (fd !== undefined) return fd;
  }
  throw new Error(`${path} comes and goes`);
}

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_WRONLY } = fs.constants;
const FLAGS = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK;

function existing(path: string): number | undefined {
  let fd: number;
  try {
    fd = fs.openSync(path, FLAGS);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  const status = fs.fstatSync(fd);
  if (status.isFile() && status.nlink === 1) return fd;
  fs.closeSync(fd);
  throw new Error(`${path} is not a regular file with one link`);
}

function made(path: string, folder: string): number | undefined {
  let fd: number;
  try {
    fd = fs.openSync(path, FLAGS | O_CREAT | O_EXCL, 0o660);
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return undefined;
    throw thrown;
  }
  fs.fchmodSync(fd, 0o660);
  try {
    const { uid, gid } = fs.statSync(folder);
    fs.fchownSync(fd, uid, gid);
  } catch {
    // Not root: then it is the caller's own file, which is as good as the caller can do.
  }
  return fd;
}
