import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { said } from '../../lib/node/errors.ts';
import { FILE_SYSTEM } from '../../lib/node/file-system.ts';
import { ActionError } from '../../lib/outcome.ts';
import type { Content } from './manifest.ts';
import type { Platform } from './platform.ts';
import { type At, at, type Site } from './site.ts';

const PIECE = 1 << 20;
/** Bytes that must be free beside the program itself. */
const MARGIN = 1 << 20;

/** The new program until every name is it. */
export const freshIn = ({ bin }: Site, { suffix }: Pick<Platform, 'suffix'>): string =>
  `${bin}/.riposte.new${suffix}`;
/** A name of it on its way. */
const linkIn = ({ bin }: Site): string => `${bin}/.riposte.link`;

/** Takes away what a run that died left on its way; gives what is still in use. */
export function sweepTemporary(site: Site, platform: Platform): readonly string[] {
  for (const path of [freshIn(site, platform), linkIn(site)]) rmSync(path, { force: true });
  platform.endTrial?.(site.bin);
  return platform.naming.tidy(site.bin);
}

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_RDONLY, O_WRONLY } = constants;

/** What a file holds. */
export function contentOf(path: string): Content {
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW);
  try {
    return pieces(fd, () => {});
  } finally {
    closeSync(fd);
  }
}

function pieces(fd: number, use: (piece: Uint8Array) => void): Content {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(PIECE);
  let size = 0;
  for (;;) {
    const length = readSync(fd, buffer, 0, PIECE, null);
    if (length === 0) return { sha256: hash.digest('hex'), size };
    const piece = buffer.subarray(0, length);
    hash.update(piece);
    use(piece);
    size += length;
  }
}

/**
 * Copies a program beside those of the agent, as `freshIn`, with its owner and mode, synced. Throws
 * `refused` where there is no room.
 */
export function copyProgram(from: string, site: Site, platform: Platform): Content {
  const source = openSync(from, O_RDONLY);
  try {
    demandRoom(site.bin, fstatSync(source).size);
    const to = openSync(freshIn(site, platform), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o700);
    let content: Content;
    try {
      const put = (piece: Uint8Array) => {
        for (let done = 0; done < piece.length; done += writeSync(to, piece, done));
      };
      content = platform.fitted ? fitted(source, platform.fitted, put) : pieces(source, put);
      fsyncSync(to);
    } finally {
      closeSync(to);
    }
    platform.own(freshIn(site, platform), site.group);
    return content;
  } catch (thrown) {
    if (thrown instanceof ActionError) throw thrown;
    const text = `the program could not be copied into ${site.bin}: ${said(thrown)}`;
    throw new ActionError('refused', text, { cause: thrown });
  } finally {
    closeSync(source);
  }
}

/** The same for a program of which not all is installed as it is. */
function fitted(
  fd: number,
  change: (bytes: Buffer) => Buffer,
  put: (piece: Uint8Array) => void,
): Content {
  const bytes = change(readFileSync(fd));
  put(bytes);
  return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
}

function demandRoom(folder: string, size: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= size + MARGIN) return;
  const mb = (bytes: number) => Math.ceil(bytes / 1e6);
  const text = `${folder} has ${mb(free)} MB left and the program needs ${mb(size + MARGIN)} MB`;
  throw new ActionError('refused', `${text}; make room there first`);
}

/** Gives one more name to the new program, in the place of whatever had it. */
export function nameIt(name: string, site: Site, platform: Platform): void {
  rmSync(linkIn(site), { force: true });
  platform.naming.add(freshIn(site, platform), linkIn(site));
  platform.naming.move(linkIn(site), `${site.bin}/${name}`);
}

/** Makes sure that the names outlive a power loss. */
export function syncFolder(path: string): void {
  const fd = FILE_SYSTEM.openSync(path, O_RDONLY);
  try {
    FILE_SYSTEM.fsyncSync(fd);
  } finally {
    FILE_SYSTEM.closeSync(fd);
  }
}

/** Tells our programs from others by what they hold, whatever became of links and times. */
export function recogniser(programs: readonly Content[]): (path: string) => boolean {
  const known = new Map<string, boolean>();
  return (path) => {
    const status = at(path);
    if (status?.kind !== 'file') return false;
    const answer = known.get(status.identity) ?? holdsOne(path, status, programs);
    known.set(status.identity, answer);
    return answer;
  };
}

function holdsOne(path: string, { size }: At, programs: readonly Content[]): boolean {
  const alike = programs.filter((one) => one.size === size);
  return alike.length > 0 && alike.some(({ sha256 }) => sha256 === contentOf(path).sha256);
}

/** What a wrapper of `riposte shim` runs by, as its first line says; nothing for other files. */
export function wrapperOf(path: string): string | undefined {
  if (at(path)?.kind !== 'file') return undefined;
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW);
  try {
    const buffer = Buffer.alloc(4096);
    const [head = ''] = buffer.toString('latin1', 0, readSync(fd, buffer)).split('\n', 1);
    return /^#!\s*(\S+\/riposte)\s+shim\s/.exec(head)?.[1];
  } finally {
    closeSync(fd);
  }
}
