import type * as fs from 'node:fs';
import { basename } from 'node:path/posix';
import { ActionError } from '../outcome.ts';
import { type Files, STATE } from '../ports.ts';
import { codeOf, said } from './errors.ts';

/** The part of `node:fs` that writing in place needs. */
export type InPlaceSystem = Pick<
  typeof fs,
  | 'closeSync'
  | 'constants'
  | 'fsyncSync'
  | 'ftruncateSync'
  | 'openSync'
  | 'readFileSync'
  | 'unlinkSync'
  | 'writeSync'
>;

/** Where the former content is kept meanwhile. */
export interface Keep {
  readonly home: string | undefined;
  readonly files: Files;
}

const FOLDER = `${STATE}/former`;

/** Writes all of it, or throws. */
export function writeAll(
  fd: number,
  content: Uint8Array,
  system: Pick<typeof fs, 'writeSync'>,
): void {
  if (system.writeSync(fd, content, 0, content.length, 0) < content.length) {
    throw new ActionError('tool-failed', 'not all of it could be written');
  }
}

/**
 * Writes over what a file holds, where no other can take its place: it is mounted there by itself, or
 * has more than one name. Who dies on the way leaves the former content in the state folder, and the
 * next run puts that right: false where the file holds something else now.
 */
export async function overwrite(
  path: string,
  before: Buffer,
  after: Uint8Array,
  keep: Keep,
  system: InPlaceSystem,
): Promise<boolean> {
  const { O_NOFOLLOW, O_WRONLY } = system.constants;
  const fd = system.openSync(path, O_WRONLY | O_NOFOLLOW);
  const put = (content: Uint8Array) => {
    writeAll(fd, content, system);
    system.ftruncateSync(fd, content.length);
    system.fsyncSync(fd);
  };
  try {
    const former = await place(path, keep);
    const left = leftIn(former, system);
    if (left) {
      const torn = left.equals(before) ? false : isTorn(path, before, left, former);
      if (torn) put(left);
      system.unlinkSync(former);
      if (torn) return false;
    }
    save(former, before, system);
    try {
      put(after);
    } catch (thrown) {
      let kept = '';
      try {
        put(before);
        system.unlinkSync(former);
      } catch {
        kept = `; what it held before is in ${former}`;
      }
      throw new ActionError('tool-failed', `${path}: ${said(thrown)}${kept}`, { cause: thrown });
    }
    system.unlinkSync(former);
    return true;
  } finally {
    system.closeSync(fd);
  }
}

/** Where the former content of a file goes. */
async function place(path: string, { home, files }: Keep): Promise<string> {
  await files.ensurePrivate(FOLDER);
  return `${home}/${FOLDER}/${basename(path)}`;
}

/** The former content that a run left which died; nothing where there is none. */
function leftIn(former: string, system: InPlaceSystem): Buffer | undefined {
  try {
    return system.readFileSync(former);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/**
 * Whether a run died between its write and cutting off what was behind it, so that the end of the file
 * is there twice. If not it died before the write or after it: then all of the file is as it should
 * be. Throws `bad-state` where it is neither: only a person can tell then.
 */
function isTorn(path: string, now: Buffer, former: Buffer, where: string): boolean {
  if (now.length === former.length ? isDoubled(now, former) : isOneEdit(now, former)) {
    return now.length === former.length;
  }
  const text = `a run died while it wrote ${path}: compare it with ${where}, then remove that`;
  throw new ActionError('bad-state', text);
}

/** How many bytes two contents begin with alike. */
function alike(one: Buffer, other: Buffer): number {
  const end = Math.min(one.length, other.length);
  let count = 0;
  while (count < end && one[count] === other[count]) count += 1;
  return count;
}

/** Whether one is the other with some bytes in a row taken out. */
function isOneEdit(one: Buffer, other: Buffer): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  const rest = short.subarray(alike(short, long));
  return long.subarray(long.length - rest.length).equals(rest);
}

/** Whether some bytes in a row were taken out, and the last bytes are still behind what is left. */
function isDoubled(now: Buffer, former: Buffer): boolean {
  const { length } = now;
  const from = alike(now, former);
  for (let gone = 1; from + gone <= length; gone += 1) {
    const end = length - gone;
    const moved = former.subarray(from + gone).equals(now.subarray(from, end));
    if (moved && former.subarray(end).equals(now.subarray(end))) return true;
  }
  return false;
}

/** Keeps what the file holds, and has it on the disk before anything else is. */
function save(former: string, content: Uint8Array, system: InPlaceSystem): void {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = system.constants;
  const fd = system.openSync(former, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeAll(fd, content, system);
    system.fsyncSync(fd);
  } catch (thrown) {
    system.unlinkSync(former);
    throw thrown;
  } finally {
    system.closeSync(fd);
  }
}
