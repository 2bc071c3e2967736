import type * as fs from 'node:fs';
import { dirname } from 'node:path/posix';
import { ActionError } from '../outcome.ts';
import { type Files, type OwnFile, STATE, type Writing } from '../ports.ts';
import { codeOf, said } from './errors.ts';
import { writeAll } from './in-place.ts';
import { FRESH, leftIn } from './leftovers.ts';
import { isAt, isTorn, newest, replaceByNewest } from './newest.ts';
import type { FileSystem } from './system-calls.ts';

/** As often a file may be replaced under one line: each time takes a whole copy of it. */
const MAX_ROUNDS = 100;

/**
 * Files below `home`. Those of our own must belong to `uid` and be writable by nobody else; on a
 * system without such a number `makePrivate` makes the state folder, which nobody else can enter.
 */
export function filesBelow(
  home: string,
  uid: number | undefined,
  system: FileSystem,
  makePrivate?: (path: string) => Promise<void>,
): Files {
  const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } =
    system.constants;
  // A FIFO or a link that the agent's account put there must neither hang nor redirect us.
  const safely = (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
  const full = (path: string) => `${home}/${path}`;

  function opened<T>(path: string, flags: number, mode: number, use: (fd: number) => T): T {
    const fd = system.openSync(full(path), flags | safely, mode);
    try {
      return use(fd);
    } finally {
      system.closeSync(fd);
    }
  }

  // One without a link was replaced after it was opened.
  const plain = (fd: number) => {
    const status = system.fstatSync(fd);
    return status.isFile() && status.nlink <= 1 ? status : undefined;
  };

  const untrusted = (path: string, why: string, cause?: unknown) =>
    new ActionError('bad-state', `${full(path)}: ${why}`, { cause });

  function trust(path: string): void {
    const status = system.lstatSync(full(path));
    if (!status.isDirectory()) throw untrusted(path, 'is not a directory; remove it');
    trustOwner(path, status);
  }

  function trustOwner(path: string, status: fs.Stats): void {
    if (uid === undefined) return;
    const { uid: owner, mode } = status;
    if (Number(owner) !== uid) {
      const whose = `belongs to uid ${owner}, not to ${uid}`;
      throw untrusted(path, `${whose}; see who put it there, and chown or remove it`);
    }
    if ((Number(mode) & 0o022) !== 0) {
      const right = status.isDirectory() ? '0700' : '0600';
      throw untrusted(path, `can be written by others; make it mode ${right}`);
    }
  }

  function fill(fd: number, text: string, { at, passing }: Writing): void {
    writeAll(fd, Buffer.from(text), system);
    if (at !== undefined) system.futimesSync(fd, at / 1000, at / 1000);
    if (!passing) system.fsyncSync(fd);
  }

  /** Makes a file that must not be there; what cannot be written whole is gone again. */
  function write(path: string, text: string, writing: Writing = {}): void {
    opened(path, O_WRONLY | O_CREAT | O_EXCL, 0o600, (fd) => {
      try {
        if (text !== '') fill(fd, text, writing);
      } catch (thrown) {
        system.unlinkSync(full(path));
        throw thrown;
      }
    });
    // Without this the name may be gone after a power loss, though the text is not.
    const lasting = text !== '' && !writing.passing;
    if (lasting) opened(dirname(path), O_RDONLY, 0, (fd) => system.fsyncSync(fd));
  }

  /** A file of ours, in a folder that is trusted. */
  type Use<T> = (fd: number, status: fs.Stats) => T;

  function openedOwn<T>(path: string, use: Use<T>, flags = O_RDONLY): T {
    return opened(path, flags, 0, (fd) => {
      const status = plain(fd);
      if (!status) throw untrusted(path, 'is not a regular file with one link');
      trustOwner(path, status);
      return use(fd, status);
    });
  }

  function whole(path: string, limit: number, fd: number, { size }: fs.Stats): string {
    if (Number(size) > limit) throw untrusted(path, `has more than ${limit} bytes`);
    return system.readFileSync(fd, 'utf8');
  }

  /** What is there of it, if anything is. */
  function ownIfThere(folder: string, name: string, limit: number): OwnFile[] {
    const path = `${folder}/${name}`;
    try {
      return openedOwn(path, (fd, status) => [
        { name, written: Number(status.mtimeMs), text: whole(path, limit, fd, status) },
      ]);
    } catch (thrown) {
      const status = system.lstatSync(full(path), { throwIfNoEntry: false });
      const why = said(thrown);
      return status ? [{ name, written: Number(status.mtimeMs), text: undefined, why }] : [];
    }
  }

  /** The state folder and those in it on the way to a path, itself included. */
  const foldersTo = (path: string): readonly string[] =>
    path.startsWith(STATE) ? [...foldersTo(dirname(path)), path] : [];

  async function make(folder: string): Promise<void> {
    if (makePrivate === undefined || folder !== STATE) {
      system.mkdirSync(full(folder), { mode: 0o700 });
    } else if (!system.lstatSync(full(folder), { throwIfNoEntry: false })) {
      await makePrivate(full(folder));
    }
  }

  /** Reads a file in the state folder; nothing where there is none. */
  function own<T>(path: string, use: Use<T>, flags = O_RDONLY): T | undefined {
    try {
      for (const folder of foldersTo(dirname(path))) trust(folder);
      return openedOwn(path, use, flags);
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return undefined;
      if (thrown instanceof ActionError) throw thrown;
      throw untrusted(path, `could not be read: ${said(thrown)}`, thrown);
    }
  }

  function append(path: string, text: string, mode: number): number {
    // A compactor may replace the file between the open and the write: then the line goes again.
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const size = opened(path, O_RDWR | O_APPEND | O_CREAT, mode, (fd) => {
        const before = plain(fd);
        if (!before) throw untrusted(path, 'is not a regular file with one link');
        const bytes = Buffer.from(isTorn(fd, Number(before.size), system) ? `\n${text}` : text);
        if (system.writeSync(fd, bytes) < bytes.length) {
          throw untrusted(path, 'not all of a line could be written');
        }
        // While it is open: its number could be given to another file afterwards.
        return isAt(fd, full(path), system) ? Number(system.fstatSync(fd).size) : undefined;
      });
      if (size !== undefined) return size;
    }
    throw untrusted(path, 'is replaced again and again');
  }

  return {
    async read(path, limit) {
      try {
        return opened(path, O_RDONLY, 0, (fd) => {
          const status = plain(fd);
          return status && status.size <= limit ? system.readFileSync(fd, 'utf8') : undefined;
        });
      } catch {
        return undefined;
      }
    },

    async readOwn(path, limit) {
      return own(path, (fd, status) => whole(path, limit, fd, status));
    },

    async readAllOwn(path, limit) {
      // The way there is looked at once, not for each of thousands.
      const names = await this.list(path);
      return names.flatMap((name) => ownIfThere(path, name, limit));
    },

    async append(path, text, mode) {
      try {
        return append(path, text, mode);
      } catch (thrown) {
        if (thrown instanceof ActionError) throw thrown;
        throw untrusted(path, `could not be added to: ${said(thrown)}`, thrown);
      }
    },

    async readNewest(path, limit) {
      return own(path, (fd) => newest(fd, limit, system).toString('utf8'));
    },

    async shorten(path, keep) {
      try {
        opened(path, O_RDONLY, 0, (fd) => {
          const late = replaceByNewest(fd, full(path), keep, system);
          // In the mode that the file has by now.
          if (late !== '') append(path, late, 0o600);
        });
      } catch (thrown) {
        throw untrusted(path, `could not be shortened: ${said(thrown)}`, thrown);
      }
    },

    async create(path, text, writing) {
      try {
        write(path, text, writing);
        return true;
      } catch (thrown) {
        if (codeOf(thrown) === 'EEXIST') return false;
        throw untrusted(path, `could not be created: ${said(thrown)}`, thrown);
      }
    },

    async replace(path, text, writing) {
      // Beside the folders, not in one: a leftover must not look like a record.
      const fresh = `${STATE}/${FRESH}${process.pid}`;
      try {
        await this.remove(fresh);
        write(fresh, text, writing);
        system.renameSync(full(fresh), full(path));
      } catch (thrown) {
        throw untrusted(path, `could not be replaced: ${said(thrown)}`, thrown);
      }
    },

    async rewrite(path, text, writing = {}) {
      const over = (fd: number, { size }: fs.Stats) => {
        fill(fd, text.padEnd(Number(size)), writing);
        return true;
      };
      return own(path, over, O_WRONLY) ?? false;
    },

    async tidy() {
      const old = leftIn(await this.list(STATE), (name) => full(`${STATE}/${name}`), system);
      for (const name of old) await this.remove(`${STATE}/${name}`);
    },

    async remove(path) {
      try {
        system.unlinkSync(full(path));
        return true;
      } catch (thrown) {
        if (codeOf(thrown) === 'ENOENT') return false;
        throw untrusted(path, `could not be removed: ${said(thrown)}`, thrown);
      }
    },

    async list(path) {
      try {
        for (const folder of foldersTo(path)) trust(folder);
        return system.readdirSync(full(path));
      } catch (thrown) {
        if (codeOf(thrown) === 'ENOENT') return [];
        if (thrown instanceof ActionError) throw thrown;
        throw untrusted(path, `could not be read: ${said(thrown)}`, thrown);
      }
    },

    async written(path) {
      try {
        const status = system.lstatSync(full(path), { throwIfNoEntry: false });
        return status && Number(status.mtimeMs);
      } catch (thrown) {
        throw untrusted(path, `could not be looked at: ${said(thrown)}`, thrown);
      }
    },

    async age(path) {
      const at = await this.written(path);
      return at === undefined ? undefined : Date.now() - at;
    },

    async ensurePrivate(path) {
      for (const folder of foldersTo(path)) {
        try {
          await make(folder);
        } catch (thrown) {
          if (codeOf(thrown) !== 'EEXIST') {
            throw untrusted(folder, `could not be made: ${said(thrown)}`, thrown);
          }
        }
        trust(folder);
      }
    },
  };
}
