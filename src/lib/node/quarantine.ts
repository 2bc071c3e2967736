import { createHash } from 'node:crypto';
import type * as fs from 'node:fs';
import { ActionError, asActionError } from '../outcome.ts';
import { type Clock, type Files, STATE } from '../ports.ts';
import { oneLine } from '../text.ts';
import type { Kept } from '../vault.ts';
import { codeOf } from './errors.ts';

/** Where files are kept, below the agent's home. */
export const QUARANTINE = `${STATE}/quarantine`;

/** The part of `node:fs` that keeping needs. */
export type KeepSystem = Pick<
  typeof fs,
  | 'closeSync'
  | 'constants'
  | 'fstatSync'
  | 'fsyncSync'
  | 'openSync'
  | 'readSync'
  | 'statfsSync'
  | 'unlinkSync'
  | 'writeSync'
>;

/** Bytes of the largest file that is kept: as many as can be copied within a run. */
export const MAX_SIZE = 256 << 20;

const MAX_RECORD = 64 << 10;
const CHUNK = 1 << 20;

/** The quarantine folder: of every file a copy that is ours alone, and a record beside it. */
export interface Quarantine {
  /** The folder, absolute. */
  readonly directory: string;
  /** Copies an open file, seen to be on the disk with its record. */
  save(source: number, origin: Origin, deadline: number): Promise<Kept>;
  /** `unread` hears, in sentences, of records that say nothing of a file that may be kept. */
  list(unread?: (why: string) => void): Promise<readonly Kept[]>;
  /** Opens a kept file; throws `bad-state` if it is not what was kept. */
  open(kept: Kept): number;
  /** Writes an open kept file into another one. */
  pour(from: number, into: number): void;
  forget(kept: Pick<Kept, 'id'>): Promise<void>;
}

/** Where a copy is from. */
export interface Origin {
  readonly id: string;
  readonly path: string;
  readonly status: fs.BigIntStats;
  readonly alert: string | undefined;
}

/** The quarantine folder below an agent's home. */
export function quarantineIn(
  home: string,
  files: Files,
  clock: Clock,
  system: KeepSystem,
): Quarantine {
  const directory = `${home}/${QUARANTINE}`;
  const dataOf = (id: string) => `${directory}/${id}.file`;
  const recordOf = (id: string) => `${QUARANTINE}/${id}.json`;
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = system.constants;

  /** Refuses what would fill the disk: an attacker decides how much of it there is. */
  function refuseSize(path: string, size: bigint): void {
    if (size > MAX_SIZE) {
      const text = `${path} has ${size} bytes, more than the ${MAX_SIZE} that can be kept`;
      throw new ActionError('tool-failed', `${text}; remove it by hand`);
    }
    const { bavail, bsize } = system.statfsSync(directory);
    if (Number(size) > (bavail * bsize) / 2) {
      const text = `${path} would fill more than half of what is free in ${directory}`;
      throw new ActionError('tool-failed', `${text}; make room or remove it by hand`);
    }
  }

  return {
    directory,

    async save(source, { id, path, status, alert }, deadline) {
      await files.ensurePrivate(QUARANTINE);
      refuseSize(path, status.size);
      const data = system.openSync(dataOf(id), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        const enough = () => {
          if (clock.elapsed() < deadline) return;
          throw new ActionError('timed-out', `${path} could not be copied in time`);
        };
        const { size, sha256 } = copy(source, data, enough, system);
        system.fsyncSync(data);
        const kept: Kept = {
          id,
          path,
          at: clock.now().toISOString(),
          uid: Number(status.uid),
          gid: Number(status.gid),
          mode: Number(status.mode) & 0o7777,
          modified: new Date(Number(status.mtimeMs)).toISOString(),
          size,
          sha256,
          device: `${status.dev}`,
          inode: `${status.ino}`,
          otherNames: Number(status.nlink) - 1,
          ...(alert !== undefined && { alert }),
        };
        await files.create(recordOf(id), `${oneLine(JSON.stringify(kept))}\n`);
        return kept;
      } catch (thrown) {
        system.unlinkSync(dataOf(id));
        throw thrown;
      } finally {
        system.closeSync(data);
      }
    },

    async list(unread = () => {}) {
      const names = await files.list(QUARANTINE);
      const found: Kept[] = [];
      for (const name of names.filter((one) => one.endsWith('.json'))) {
        try {
          const text = await files.readOwn(`${QUARANTINE}/${name}`, MAX_RECORD);
          if (text !== undefined) found.push(keptIn(text, name, directory));
        } catch (thrown) {
          unread(asActionError(thrown).message);
        }
      }
      return found.sort((one, other) => (one.at < other.at ? -1 : 1));
    },

    open({ id, path, sha256 }) {
      const from = system.openSync(dataOf(id), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      if (copy(from, undefined, () => {}, system).sha256 === sha256) return from;
      system.closeSync(from);
      throw new ActionError('bad-state', `${dataOf(id)} is not what was kept of ${path}`);
    },

    pour(from, into) {
      copy(from, into, () => {}, system);
      system.fsyncSync(into);
    },

    async forget({ id }) {
      // First what it is, last that it was: a record without a file would be worth nothing.
      await files.remove(recordOf(id));
      try {
        system.unlinkSync(dataOf(id));
      } catch (thrown) {
        if (codeOf(thrown) !== 'ENOENT') throw thrown;
      }
    },
  };
}

/** Copies to the end and no further than the limit, however the file grows meanwhile. */
function copy(from: number, into: number | undefined, enough: () => void, system: KeepSystem) {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(CHUNK);
  let size = 0;
  for (;;) {
    enough();
    const length = system.readSync(from, buffer, 0, CHUNK, size);
    if (length === 0) return { size, sha256: hash.digest('hex') };
    const part = buffer.subarray(0, length);
    for (let done = 0; into !== undefined && done < length; ) {
      done += system.writeSync(into, part, done);
    }
    hash.update(part);
    size += length;
    if (size > MAX_SIZE) throw new ActionError('tool-failed', 'it grows while it is copied');
  }
}

const TEXTS = ['id', 'path', 'at', 'modified', 'sha256'] as const;
const NUMBERS = ['uid', 'gid', 'mode', 'size'] as const;

/** What a record of that name says; throws `bad-state` for one that no version of Riposte wrote whole. */
function keptIn(text: string, name: string, directory: string): Kept {
  try {
    const kept = JSON.parse(text) as Kept;
    const whole =
      TEXTS.every((one) => typeof kept[one] === 'string') &&
      NUMBERS.every((one) => Number.isSafeInteger(kept[one]));
    if (whole && kept.path.startsWith('/') && `${kept.id}.json` === name) return kept;
  } catch {
    // Said below.
  }
  // One cut short by a crash: then the file itself was not touched yet.
  const data = name.replace(/json$/, 'file');
  const what = `${directory}/${name} is not whole; what it was about, if it is gone, is in ${data}`;
  throw new ActionError('bad-state', `${what}: bring that back by hand`);
}
