import fs, { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { ActionError } from '../outcome.ts';
import { codeOf } from './errors.ts';

/**
 * Makes sure that nobody but root or ourselves could have put a file where it is: neither the file nor
 * any folder on its way, links followed, may be another's or be written by others. Throws
 * `bad-settings` otherwise, `missing-tool` where there is no such file.
 */
export function trustFile(path: string, uid: number): void {
  const refuse = (what: string, why: string) =>
    new ActionError('bad-settings', `${path} is not run: ${what} ${why}`);
  if (!isAbsolute(path)) throw refuse(path, 'is no absolute path');
  const real = realPath(path);
  if (!lstatSync(real).isFile()) throw refuse(real, 'is no regular file');
  const found = distrust([path, real], uid);
  if (found) throw refuse(found.what, found.why);
}

/** A file or folder that somebody but root or ourselves could change, and why. */
export interface Distrusted {
  readonly what: string;
  readonly why: string;
}

/** The first on the ways to some paths, themselves included, that another could change, or nothing. */
export function distrust(
  paths: readonly string[],
  uid: number,
  system: Pick<typeof fs, 'lstatSync'> = fs,
): Distrusted | undefined {
  for (const what of new Set(paths.flatMap(wayTo))) {
    const status = system.lstatSync(what, { throwIfNoEntry: false });
    const why = status && objection(status, uid);
    if (why) return { what, why };
  }
  return undefined;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') throw new ActionError('missing-tool', `there is no ${path}`);
    const text = `${path} cannot be looked up: ${(thrown as Error).message}`;
    throw new ActionError('bad-settings', text, { cause: thrown });
  }
}

/** The path and every folder above it. */
const wayTo = (path: string): readonly string[] =>
  dirname(path) === path ? [path] : [path, ...wayTo(dirname(path))];

function objection(status: Stats, uid: number): string | undefined {
  if (status.uid !== 0 && status.uid !== uid) return `belongs to uid ${status.uid}, not to root`;
  if (status.isSymbolicLink()) return undefined;
  // In a folder with this bit nobody can touch what is another's.
  const sticky = status.isDirectory() && (status.mode & 0o1000) !== 0;
  const open = (status.mode & 0o022) !== 0 && !sticky;
  return open ? 'can be written by others; take that right away (chmod go-w)' : undefined;
}
