import type * as fs from 'node:fs';
import { ActionError } from '../outcome.ts';
import { codeOf, said } from './errors.ts';
import { type Folder, folderAt, identity, O_PATH, type WalkSystem } from './walk.ts';

/** The part of `node:fs` that capturing needs. */
export type CaptureSystem = WalkSystem &
  Pick<
    typeof fs,
    | 'linkSync'
    | 'lstatSync'
    | 'mkdirSync'
    | 'readlinkSync'
    | 'renameSync'
    | 'rmdirSync'
    | 'unlinkSync'
  >;

/** Something that was renamed to where nobody else can reach its name. */
export interface Captured {
  /** What it is, as it was when it was captured. */
  readonly status: fs.BigIntStats;
  /** Opens it for looking at it only. */
  look(): number;
  /** Removes it, if it is the file that this status is of; throws `tool-failed` otherwise. */
  destroy(saved: fs.BigIntStats): void;
  /** Gives it back its name, over nothing; a sentence about where it is if that is taken by now. */
  putBack(): string | undefined;
}

/** Where captured things go. */
export interface Cell {
  /** A private directory of ours, absolute. */
  readonly directory: string;
  /** A name that nothing else has. */
  readonly id: string;
  readonly uid: number;
}

/**
 * Takes whatever has this name right now out of everybody's reach, by one rename: into a directory of
 * ours, or, if that is on another file system, into a private one made beside it. Nothing where the
 * name is gone.
 */
export function capture(
  folder: Folder,
  name: string,
  cell: Cell,
  system: CaptureSystem,
): Captured | undefined {
  const ours = { path: `${cell.directory}/${cell.id}.taken`, shown: undefined, leave: () => {} };
  try {
    system.renameSync(folder.at(name), ours.path);
    return captured(folder, name, ours, system);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    if (codeOf(thrown) !== 'EXDEV') throw thrown;
  }
  const beside = hideout(folder, cell, system);
  try {
    system.renameSync(folder.at(name), beside.path);
  } catch (thrown) {
    beside.leave();
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  return captured(folder, name, beside, system);
}

interface Spot {
  /** The name that it has now, safe from everybody. */
  readonly path: string;
  /** Where it would be found by hand, if that is not the same. */
  readonly shown: (() => string) | undefined;
  readonly leave: () => void;
}

/**
 * A private directory in the attacker's. It can be renamed and even replaced there before it is
 * opened, but what is open then is seen to be ours: nobody else can make such a one or write into it.
 */
function hideout(folder: Folder, { id, uid }: Cell, system: CaptureSystem): Spot {
  const name = `.riposte-${id}`;
  system.mkdirSync(folder.at(name), { mode: 0o700 });
  const fd = folder.look(name);
  const status = fd === undefined ? undefined : system.fstatSync(fd);
  if (fd === undefined || !status?.isDirectory() || status.uid !== uid || status.mode & 0o077) {
    if (fd !== undefined) system.closeSync(fd);
    throw new ActionError('tool-failed', `somebody replaced ${name} while it was made`);
  }
  const inside = folderAt(fd, system);
  return {
    path: inside.at(name),
    shown: () => `${system.readlinkSync(`/proc/self/fd/${fd}`)}/${name}`,
    leave() {
      inside.close();
      try {
        system.rmdirSync(folder.at(name));
      } catch {
        // It was moved, and an empty directory of ours stays in theirs; or it is needed.
      }
    },
  };
}

function captured(folder: Folder, name: string, spot: Spot, system: CaptureSystem): Captured {
  const { path, shown, leave } = spot;
  const now = () => system.lstatSync(path, { bigint: true });
  return {
    status: now(),
    look: () => system.openSync(path, O_PATH | system.constants.O_NOFOLLOW),
    destroy(saved) {
      const status = now();
      if (identity(status) !== identity(saved)) {
        throw new ActionError('tool-failed', `${shown?.() ?? path} is not what was saved`);
      }
      system.unlinkSync(path);
      leave();
    },
    putBack() {
      const where = shown?.() ?? path;
      try {
        // A directory has no second name; a rename of one replaces nothing but an empty one.
        if (now().isDirectory()) system.renameSync(path, folder.at(name));
        else {
          system.linkSync(path, folder.at(name));
          system.unlinkSync(path);
        }
        return undefined;
      } catch (thrown) {
        return `it is kept as ${where} (${said(thrown)})`;
      } finally {
        leave();
      }
    },
  };
}
