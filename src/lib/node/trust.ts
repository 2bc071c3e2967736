import fs, { lstatSync, realpathSync, type Stats } from 'node:fs';
import { isAbsolute, join, parse, sep } from 'node:path';
import { ActionError } from '../outcome.ts';
import { codeOf } from './errors.ts';
import { ON_WINDOWS } from './system.ts';

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
  const found = distrust([path], uid);
  if (found) throw refuse(found.what, found.why);
}

/** A file or folder that somebody but root or ourselves could change, and why. */
export interface Distrusted {
  readonly what: string;
  readonly why: string;
}

/**
 * The first on the ways to some paths, themselves and every link between included, that another
 * could change, or nothing.
 */
export function distrust(
  paths: readonly string[],
  uid: number,
  system: Pick<typeof fs, 'lstatSync' | 'readlinkSync'> = fs,
): Distrusted | undefined {
  // What Windows says of owners and modes is made up by the runtime.
  if (ON_WINDOWS) return undefined;
  for (const what of new Set(paths.flatMap((path) => wayTo(path, system)))) {
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

// As many as the kernel follows.
const MAX_LINKS = 40;

/** All that decides where a path leads: every folder and link on its way, those of links too. */
function wayTo(path: string, system: Pick<typeof fs, 'lstatSync' | 'readlinkSync'>): string[] {
  const namesIn = (text: string) => text.split(sep).filter((name) => name !== '' && name !== '.');
  const { root } = parse(path);
  const way = [root];
  const ahead = namesIn(path.slice(root.length));
  let at = root;
  let links = 0;
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    const next = join(at, name);
    way.push(next);
    const isLink = system.lstatSync(next, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    if (isLink && links < MAX_LINKS) {
      links += 1;
      const target = String(system.readlinkSync(next));
      ahead.unshift(...namesIn(target));
      if (isAbsolute(target)) at = root;
    } else {
      at = next;
    }
  }
  return way;
}

function objection(status: Stats, uid: number): string | undefined {
  if (status.uid !== 0 && status.uid !== uid) return `belongs to uid ${status.uid}, not to root`;
  if (status.isSymbolicLink()) return undefined;
  // In a folder with this bit nobody can touch what is another's.
  const sticky = status.isDirectory() && (status.mode & 0o1000) !== 0;
  const open = (status.mode & 0o022) !== 0 && !sticky;
  return open ? 'can be written by others; take that right away (chmod go-w)' : undefined;
}
