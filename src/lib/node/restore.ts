import type * as fs from 'node:fs';
import { ActionError } from '../outcome.ts';
import type { Kept, Restored } from '../vault.ts';
import { codeOf } from './errors.ts';
import type { Quarantine } from './quarantine.ts';
import { type Folder, identity } from './walk.ts';

/** The part of `node:fs` that restoring needs. */
export type RestoreSystem = Pick<
  typeof fs,
  | 'closeSync'
  | 'constants'
  | 'fchmodSync'
  | 'fchownSync'
  | 'fstatSync'
  | 'futimesSync'
  | 'lstatSync'
  | 'openSync'
  | 'unlinkSync'
>;

// What gives a program its owner's rights is for a person to say again.
const RIGHTS = 0o777;

/** Puts a kept file under its name in an open folder, never over anything. */
export function restoreInto(
  folder: Folder,
  name: string,
  kept: Kept,
  quarantine: Quarantine,
  system: RestoreSystem,
): Restored {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = system.constants;
  const from = quarantine.open(kept);
  let fd: number | undefined;
  try {
    fd = system.openSync(folder.at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    quarantine.pour(from, fd);
    system.fchownSync(fd, kept.uid, kept.gid);
    system.fchmodSync(fd, kept.mode & RIGHTS);
    const modified = new Date(kept.modified);
    system.futimesSync(fd, modified, modified);
    const ours = system.fstatSync(fd, { bigint: true });
    if (identity(system.lstatSync(folder.at(name), { bigint: true })) !== identity(ours)) {
      throw new ActionError('tool-failed', `${kept.path} was swapped while it was put back`);
    }
  } catch (thrown) {
    if (fd !== undefined) withdraw(folder.at(name), fd, system);
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
    const text = `there is something at ${kept.path} already; move it away first`;
    throw new ActionError('refused', text, { cause: thrown });
  } finally {
    system.closeSync(from);
    if (fd !== undefined) system.closeSync(fd);
  }
  const special = kept.mode & ~RIGHTS;
  return special === 0
    ? kept
    : { ...kept, caveat: `without its former mode ${kept.mode.toString(8)}` };
}

/** Half a file must not stay in the way of the next attempt; what is not ours stays. */
function withdraw(path: string, fd: number, system: RestoreSystem): void {
  const ours = system.fstatSync(fd, { bigint: true });
  const there = system.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (there && identity(there) === identity(ours)) system.unlinkSync(path);
}
