import { dirname } from 'node:path/posix';
import type { Sink } from '../log.ts';
import { about, codeOf } from './errors.ts';
import { FILE_SYSTEM as fs } from './file-system.ts';
import { isAt } from './newest.ts';
import { LAYOUT } from './system.ts';

/** What is put aside has its name with this after it, as logrotate's first generation. */
export const ASIDE = '.1';

// How often the log may be taken away under one line.
const MAX_ROUNDS = 3;

/**
 * The agent's log as a sink: one write a line. The folder belongs to the agent's account, so what
 * lies there is a file of ours to append to or it is passed over, with one word to `complain`.
 */
export function logFile(home: string | undefined, complain: (message: string) => void): Sink {
  const path = `${home}/${LAYOUT.log}`;
  let fd: number | undefined;
  let size = 0;
  let passedOver = false;

  function write(line: string): void {
    if (home === undefined) throw new Error('no agent home was found');
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (fd !== undefined && isPast(fd, path)) {
        fs.closeSync(fd);
        fd = undefined;
      }
      fd ??= open(path, dirname(path));
      writeWhole(fd, line);
      const status = fs.fstatSync(fd);
      size = status.size;
      // One that was renamed under the line is read all the same; one that was removed is not.
      if (status.nlink > 0) return;
    }
    throw new Error(`${path} comes and goes`);
  }

  return {
    async write(line) {
      if (passedOver) return;
      try {
        write(line);
      } catch (thrown) {
        passedOver = true;
        complain(`nothing is logged: ${(thrown as Error).message}`);
      }
    },
    size: () => size,
    putAside: (max) =>
      about(path, async () => {
        if (fd === undefined) return;
        const status = fs.fstatSync(fd);
        // Where another run was first it is short again.
        if (status.size <= max || !isAt(fd, path, fs)) return;
        // A link in that place is replaced, not followed, and a directory makes this fail.
        fs.renameSync(path, `${path}${ASIDE}`);
        const made = make(path, status);
        if (made !== undefined) fs.closeSync(made);
      }),
  };
}

/** Whether another file has taken the path, or the open one is gone altogether. */
function isPast(fd: number, path: string): boolean {
  const there = fs.lstatSync(path, { throwIfNoEntry: false });
  return there ? !isAt(fd, path, fs) : fs.fstatSync(fd).nlink === 0;
}

function open(path: string, folder: string): number {
  // Of two runs that find no log one makes it, and the other then finds it.
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const fd = existing(path) ?? make(path, { ...owner(folder), mode: 0o660 });
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
  // Another run put it aside over the one before, or somebody removed it, after it was opened.
  if (status.isFile() && status.nlink === 0) return undefined;
  throw new Error(`${path} is not a regular file with one link`);
}

interface Ownership {
  readonly uid?: number;
  readonly gid?: number;
  readonly mode: number;
}

function owner(folder: string): Partial<Ownership> {
  const { uid, gid } = fs.statSync(folder, { throwIfNoEntry: false }) ?? {};
  return uid === undefined || gid === undefined ? {} : { uid, gid };
}

/** Nothing where it is there by now. */
function make(path: string, { uid, gid, mode }: Ownership): number | undefined {
  let fd: number;
  try {
    fd = fs.openSync(path, FLAGS | O_CREAT | O_EXCL, 0o600);
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return undefined;
    throw thrown;
  }
  try {
    if (uid !== undefined && gid !== undefined) fs.fchownSync(fd, uid, gid);
  } catch {
    // Not root: then it is the caller's own file, which is as good as the caller can do.
  }
  // What the agent's account did to the mode of its file gives nobody a right that runs programs.
  fs.fchmodSync(fd, mode & 0o666);
  return fd;
}

/**
 * One write, unless the system does not take all of a line at once: a full disk does that. Whether the
 * line before was cut short cannot be told from one that another run is writing; the first line of a
 * run is of little worth, so that it may be added to one.
 */
function writeWhole(fd: number, line: string): void {
  const bytes = Buffer.from(line);
  for (let done = 0; done < bytes.length; ) {
    const length = fs.writeSync(fd, bytes, done);
    if (length === 0) throw new Error('the log takes no more');
    done += length;
  }
}
