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
 * has more than one name. Who dies on the way leaves the former content in the state folder.
 */
export async function overwrite(
  path: string,
  before: Uint8Array,
  after: Uint8Array,
  keep: Keep,
  system: InPlaceSystem,
): Promise<void> {
  const { O_NOFOLLOW, O_WRONLY } = system.constants;
  const fd = system.openSync(path, O_WRONLY | O_NOFOLLOW);
  const put = (content: Uint8Array) => {
    writeAll(fd, content, system);
    system.ftruncateSync(fd, content.length);
    system.fsyncSync(fd);
  };
  try {
    const former = await save(path, before, keep, system);
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
  } finally {
    system.closeSync(fd);
  }
}

/** Keeps what the file holds; where an earlier run died over it, that has to be seen to first. */
async function save(
  path: string,
  content: Uint8Array,
  { home, files }: Keep,
  system: InPlaceSystem,
): Promise<string> {
  await files.ensurePrivate(FOLDER);
  const former = `${home}/${FOLDER}/${basename(path)}`;
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = system.constants;
  let fd: number;
  try {
    fd = system.openSync(former, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
    const text = `a run died while it wrote ${path}: compare it with ${former}, then remove that`;
    throw new ActionError('bad-state', text, { cause: thrown });
  }
  try {
    writeAll(fd, content, system);
    system.fsyncSync(fd);
    return former;
  } catch (thrown) {
    system.unlinkSync(former);
    throw thrown;
  } finally {
    system.closeSync(fd);
  }
}
