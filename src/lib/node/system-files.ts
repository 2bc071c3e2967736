import fs from 'node:fs';
import { basename, dirname } from 'node:path/posix';
import { run, unexpected } from '../effect.ts';
import { ActionError } from '../outcome.ts';
import type { Runner } from '../runner.ts';
import type { Content, SystemFiles } from '../system-files.ts';
import { about, codeOf } from './errors.ts';
import { type InPlaceSystem, type Keep, overwrite, writeAll } from './in-place.ts';
import { hasLibrary } from './libraries.ts';
import { hasProcess } from './process-number.ts';
import { BSD_LIKE } from './system.ts';
import { distrust } from './trust.ts';

/** The part of `node:fs` that files of the system need; tests give one in memory. */
export type SystemFileSystem = InPlaceSystem &
  Pick<
    typeof fs,
    | 'chmodSync'
    | 'fchmodSync'
    | 'fstatSync'
    | 'lstatSync'
    | 'mkdirSync'
    | 'readdirSync'
    | 'readFileSync'
    | 'readlinkSync'
    | 'realpathSync'
    | 'renameSync'
  >;

/** What files of the system stand on beside the file system. */
export interface Means extends Keep {
  readonly uid: number;
  /** Gives a file the mode, owner, times, label and attributes of another. */
  readonly copyAttributes: (from: string, to: string, timeout: number) => Promise<void>;
}

/** By `cp`: of labels and attributes the runtime knows nothing. */
export const copyAttributesBy =
  (runner: Runner): Means['copyAttributes'] =>
  async (from, to, timeout) => {
    const command = run('cp', '--attributes-only', '--preserve=all', '--', from, to);
    const completed = await runner.run(command, timeout);
    if (completed.exitCode !== 0) throw unexpected(command, completed);
  };

// Bytes. Whoever asks TCP wrappers reads all of it at every connection.
const LIMIT = 16 << 20;

// What cannot be replaced by a rename: mounted by itself, or in a folder that is read-only.
const IN_PLACE: ReadonlySet<string | undefined> = new Set(['EBUSY', 'EXDEV', 'EROFS']);

/** A file as it was found. */
interface Found {
  /** With links followed. */
  readonly real: string;
  readonly status: fs.Stats;
  readonly bytes: Buffer;
}

/** Files of the system, changed by `uid`. */
export function systemFilesOf(means: Means, system: SystemFileSystem = fs): SystemFiles {
  const { uid, copyAttributes } = means;
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = system.constants;
  const untrusted = (what: string, why: string) => new ActionError('bad-state', `${what} ${why}`);

  function trust(...paths: string[]): void {
    const found = distrust(paths, uid, system);
    if (found) throw untrusted(found.what, found.why);
  }

  /** Where the path leads; nothing where it leads to no file yet. */
  function follow(path: string): string | undefined {
    const there = system.lstatSync(path, { throwIfNoEntry: false });
    try {
      const real = there && system.realpathSync(path);
      trust(path, ...(real === undefined ? [] : [real]));
      return real;
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') throw untrusted(path, 'is a link to nothing');
      throw thrown;
    }
  }

  function opened<T>(path: string, flags: number, use: (fd: number) => T): T {
    const fd = system.openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
    try {
      return use(fd);
    } finally {
      system.closeSync(fd);
    }
  }

  function find(path: string): Found | undefined {
    const real = follow(path);
    if (real === undefined) return undefined;
    return opened(real, O_RDONLY, (fd) => {
      const status = system.fstatSync(fd);
      if (!status.isFile()) throw untrusted(real, 'is no regular file');
      if (status.size > LIMIT) {
        throw new ActionError('tool-failed', `${real} has more than ${LIMIT} bytes`);
      }
      return { real, status, bytes: system.readFileSync(fd) };
    });
  }

  const syncFolder = (path: string) =>
    opened(dirname(path), O_RDONLY, (fd) => system.fsyncSync(fd));

  /** Makes a file that must not be there, gone again where that fails; false if it is there. */
  async function create(path: string, fill: (fd: number) => Promise<void>): Promise<boolean> {
    let fd: number;
    try {
      fd = system.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    } catch (thrown) {
      if (codeOf(thrown) === 'EEXIST') return false;
      throw thrown;
    }
    try {
      await fill(fd);
      system.fsyncSync(fd);
      return true;
    } catch (thrown) {
      system.unlinkSync(path);
      throw thrown;
    } finally {
      system.closeSync(fd);
    }
  }

  async function make(path: string, after: Buffer): Promise<boolean> {
    const made = await create(path, async (fd) => {
      writeAll(fd, after, system);
      // The mask of whoever started us would hide it from its readers.
      system.fchmodSync(fd, 0o644);
    });
    if (made) syncFolder(path);
    return made;
  }

  function remove(path: string, { real }: Found): void {
    if (real !== path) throw untrusted(path, 'is behind a link, and is not removed');
    system.unlinkSync(path);
    syncFolder(path);
  }

  /** Puts a new file in the place of the one that was found. */
  async function swap(
    path: string,
    found: Found,
    after: Buffer,
    timeout: number,
  ): Promise<boolean> {
    const { real, status } = found;
    const fresh = freshFor(real);
    const made = await create(fresh, async (fd) => {
      await copyAttributes(real, fresh, timeout);
      writeAll(fd, after, system);
      const now = system.fstatSync(fd);
      if (now.mode !== status.mode || now.uid !== status.uid || now.gid !== status.gid) {
        throw new ActionError('tool-failed', 'its mode and owner could not be kept');
      }
    });
    if (!made) return false;
    try {
      const now = find(path);
      const same = now?.real === real && now.status.ino === status.ino;
      if (!same || !now.bytes.equals(found.bytes)) return false;
      system.renameSync(fresh, real);
    } finally {
      forget(fresh);
    }
    syncFolder(real);
    return true;
  }

  /**
   * The name of a new file for this process alone, since agents with homes of their own wait for no lock
   * of ours; what others left that died is gone.
   */
  function freshFor(real: string): string {
    const [folder, stem] = [dirname(real), `.${basename(real)}.riposte.`];
    for (const name of system.readdirSync(folder)) {
      const owner = name.startsWith(stem) ? name.slice(stem.length) : '';
      const dead = () =>
        BSD_LIKE
          ? !hasProcess(Number(owner))
          : !system.lstatSync(`/proc/${owner}`, { throwIfNoEntry: false });
      if (owner === `${process.pid}` || (/^\d+$/.test(owner) && dead()))
        forget(`${folder}/${name}`);
    }
    return `${folder}/${stem}${process.pid}`;
  }

  function forget(path: string): void {
    try {
      system.unlinkSync(path);
    } catch (thrown) {
      if (codeOf(thrown) !== 'ENOENT') throw thrown;
    }
  }

  async function rewrite(path: string, found: Found, after: Buffer, timeout: number) {
    const { real, status, bytes } = found;
    // Another file under one of its names would leave the other names behind.
    if (status.nlink === 1) {
      try {
        return await swap(path, found, after, timeout);
      } catch (thrown) {
        if (!IN_PLACE.has(codeOf(thrown))) throw thrown;
      }
    }
    return overwrite(real, bytes, after, means, system);
  }

  const bytesOf = (content: Content) => Buffer.from(content ?? '', 'latin1');

  return {
    read: (path) => about(path, async () => find(path)?.bytes.toString('latin1')),

    replace: (path, before, after, timeout) =>
      about(path, async () => {
        const found = find(path);
        if (before === undefined || !found) {
          if (before !== undefined || found) return false;
          return after === undefined ? true : make(path, bytesOf(after));
        }
        if (!found.bytes.equals(bytesOf(before))) return false;
        if (after !== undefined) return rewrite(path, found, bytesOf(after), timeout);
        remove(path, found);
        return true;
      }),

    ensureFolder: (path) =>
      about(path, async () => {
        try {
          system.mkdirSync(path, { mode: 0o755 });
          system.chmodSync(path, 0o755);
          syncFolder(path);
        } catch (thrown) {
          if (codeOf(thrown) !== 'EEXIST') throw thrown;
        }
        if (!system.lstatSync(path).isDirectory()) throw untrusted(path, 'is no folder');
        trust(path);
      }),

    hasLibrary: async (name) => hasLibrary(name, system),
  };
}
