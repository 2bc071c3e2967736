import type * as fs from 'node:fs';

/** The part of `node:fs` that is needed to keep a file of lines short. */
export type NewestSystem = Pick<
  typeof fs,
  | 'closeSync'
  | 'constants'
  | 'fstatSync'
  | 'fsyncSync'
  | 'lstatSync'
  | 'openSync'
  | 'readSync'
  | 'renameSync'
  | 'unlinkSync'
  | 'writeSync'
>;

const LINE_END = 10;

/** Whether the path still leads to an open file. */
export function isAt(
  fd: number,
  path: string,
  system: Pick<typeof fs, 'fstatSync' | 'lstatSync'>,
): boolean {
  // The numbers of files on Windows have more digits than a number of ours.
  const { ino, dev } = system.fstatSync(fd, { bigint: true });
  const there = system.lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return there?.ino === ino && there.dev === dev;
}

/** Lines of a file, each with its end, and the offset of what follows them. */
interface Lines {
  readonly lines: Buffer;
  readonly end: number;
}

/** The whole lines of a file that begin at the offset `from` or later. */
export function linesFrom(
  fd: number,
  from: number,
  system: Pick<typeof fs, 'fstatSync' | 'readSync'>,
): Lines {
  // The byte before tells whether a line begins there.
  const start = Math.max(0, from - 1);
  const bytes = Buffer.alloc(Math.max(0, Number(system.fstatSync(fd).size) - start));
  let filled = 0;
  while (filled < bytes.length) {
    const length = system.readSync(fd, bytes, filled, bytes.length - filled, start + filled);
    if (length === 0) break;
    filled += length;
  }
  const read = bytes.subarray(0, filled);
  const first = from > 0 ? read.indexOf(LINE_END) + 1 : 0;
  const last = read.lastIndexOf(LINE_END) + 1;
  return { lines: read.subarray(first, last), end: last > 0 ? start + last : Math.max(0, from) };
}

/** The whole lines in the newest `limit` bytes of a file. */
export const newest = (fd: number, limit: number, system: NewestSystem): Buffer =>
  linesFrom(fd, Number(system.fstatSync(fd).size) - limit, system).lines;

/**
 * Puts a file with the newest lines of an open one, at most `keep` bytes, in its place. Gives those
 * that were written to the old one meanwhile, which are to be appended to the new one: who wrote
 * before the rename sees nothing amiss; who writes after it finds the file replaced and writes again.
 */
export function replaceByNewest(
  fd: number,
  path: string,
  keep: number,
  system: NewestSystem,
): string {
  const fresh = `${path}.new`;
  const end = copyNewest(fd, fresh, keep, system);
  if (!isAt(fd, path, system)) {
    // Somebody else took it away: then there is nothing to shorten.
    system.unlinkSync(fresh);
    return '';
  }
  system.renameSync(fresh, path);
  return linesFrom(fd, end, system).lines.toString('utf8');
}

/** Resolves to the offset of what was not copied. */
function copyNewest(fd: number, fresh: string, keep: number, system: NewestSystem): number {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = system.constants;
  // A run that died over it left a part.
  if (system.lstatSync(fresh, { throwIfNoEntry: false })) system.unlinkSync(fresh);
  const into = system.openSync(fresh, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), 0o600);
  const copy = (from: number): number => {
    const { lines, end } = linesFrom(fd, from, system);
    if (system.writeSync(into, lines) < lines.length) throw new Error('the disk is full');
    return end;
  };
  try {
    const end = copy(Number(system.fstatSync(fd).size) - keep);
    system.fsyncSync(into);
    // Syncing takes its time: what came meanwhile shall not hang on what happens to this run next.
    return copy(end);
  } catch (thrown) {
    system.unlinkSync(fresh);
    throw thrown;
  } finally {
    system.closeSync(into);
  }
}

/** Whether a line that was cut short, by a full disk or a crash, would swallow the next one. */
export function isTorn(fd: number, size: number, system: Pick<typeof fs, 'readSync'>): boolean {
  if (size === 0) return false;
  const last = new Uint8Array(1);
  system.readSync(fd, last, 0, 1, size - 1);
  return last[0] !== 10;
}
