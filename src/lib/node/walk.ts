import type * as fs from 'node:fs';
import { ActionError } from '../outcome.ts';
import { isSystem, placeProtection, type Sanctuary, stepsTo } from '../places.ts';
import { codeOf } from './errors.ts';
import { mountOf, remoteKind } from './mounts.ts';

/** The part of `node:fs` that a walk needs; tests give one that is disturbed. */
export type WalkSystem = Pick<
  typeof fs,
  'closeSync' | 'constants' | 'fstatSync' | 'openSync' | 'readFileSync' | 'readdirSync' | 'statSync'
>;

/** What a file is to the system, whatever it is called. */
export const identity = ({ dev, ino }: Pick<fs.BigIntStats, 'dev' | 'ino'>): string =>
  `${dev}:${ino}`;

/**
 * To look at a file without opening it: `O_PATH`. Node does not name it; it is the same number
 * wherever Node runs on Linux.
 */
export const O_PATH = 0o10000000;

/**
 * A directory that stays the same one whatever its name leads to meanwhile: a child is reached
 * through the open directory, not through the path.
 */
export interface Folder {
  readonly fd: number;
  /** A path to a child that no change of a parent can lead elsewhere. */
  at(name: string): string;
  /** Opens a child for looking at it only: a link stays a link, and no device hears of it. */
  look(name: string): number | undefined;
  close(): void;
}

/**
 * Does something in the directory that a file is in, given the file's name there; nothing where there
 * is no such directory. Throws `refused` for what a
 * sanctuary protects, a link on the way, and what another machine or process would answer for.
 */
export async function inside<T>(
  path: string,
  sanctuary: Sanctuary,
  system: WalkSystem,
  work: (folder: Folder, name: string) => Promise<T>,
): Promise<T | undefined> {
  const { home, never } = sanctuary;
  const why = placeProtection({ text: path }, sanctuary);
  if (why) throw new ActionError('refused', why);
  const spared = identities([...(home === undefined ? [] : [home]), ...never], system);
  const folder = walkTo(path, spared, system);
  const name = stepsTo(path).at(-1) ?? '';
  try {
    if (!folder) return undefined;
    refuseSpared(path, folder.look(name), spared, system);
    return await work(folder, name);
  } finally {
    folder?.close();
  }
}

/**
 * Opens the directory that a file is in, one step after the other and following no link; nothing
 * where a step is missing. Throws `refused` for a link, for what another machine or process would
 * have to answer for, and for one of the `spared` directories under another name.
 */
function walkTo(
  path: string,
  spared: ReadonlyMap<string, string>,
  system: WalkSystem,
): Folder | undefined {
  let here = folderAt(system.openSync('/', O_PATH), system);
  let so = '';
  let mount = mountOf(here.fd, system);
  for (const name of stepsTo(path).slice(0, -1)) {
    const fd = here.look(name);
    here.close();
    if (fd === undefined) return undefined;
    here = folderAt(fd, system);
    so = `${so}/${name}`;
    try {
      const below = mountOf(fd, system);
      // Only then: what it is would be asked of whoever it was mounted from.
      if (below !== mount) refuseRemote(so, below, system);
      mount = below;
      refuseStep(so, system.fstatSync(fd, { bigint: true }), spared);
    } catch (thrown) {
      here.close();
      throw thrown;
    }
  }
  return here;
}

function refuseRemote(so: string, mount: string, system: WalkSystem): void {
  const kind = remoteKind(mount, system);
  if (kind === undefined) return;
  throw new ActionError('refused', `${so} is on ${kind}, which another machine or process answers`);
}

/** A setting may name a file through a link of root's. */
function refuseSpared(
  path: string,
  fd: number | undefined,
  spared: ReadonlyMap<string, string>,
  system: WalkSystem,
): void {
  if (fd === undefined) return;
  try {
    refuseAlias(path, system.fstatSync(fd, { bigint: true }), spared);
  } finally {
    system.closeSync(fd);
  }
}

function refuseStep(so: string, status: fs.BigIntStats, spared: ReadonlyMap<string, string>): void {
  if (status.isSymbolicLink()) {
    throw new ActionError('refused', `${so} is a link, and none is followed`);
  }
  if (!status.isDirectory()) throw new ActionError('refused', `${so} is no directory`);
  refuseAlias(so, status, spared);
}

function refuseAlias(so: string, status: fs.BigIntStats, spared: ReadonlyMap<string, string>) {
  const original = spared.get(identity(status));
  if (original !== undefined && original !== so) {
    throw new ActionError('refused', `${so} is ${original} under another name`);
  }
}

/** The directory behind a descriptor. */
export function folderAt(fd: number, system: WalkSystem): Folder {
  const at = (name: string) => `/proc/self/fd/${fd}/${name}`;
  return {
    fd,
    at,
    look(name) {
      try {
        return system.openSync(at(name), O_PATH | system.constants.O_NOFOLLOW);
      } catch (thrown) {
        if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return undefined;
        throw thrown;
      }
    },
    close: () => system.closeSync(fd),
  };
}

/** What is spared under every name, by their identity. */
function identities(places: readonly string[], system: WalkSystem): ReadonlyMap<string, string> {
  const top = system.readdirSync('/').filter(isSystem);
  return new Map(
    ['/', ...top.map((name) => `/${name}`), ...places].flatMap((place) => {
      const status = system.statSync(place, { bigint: true, throwIfNoEntry: false });
      return status ? [[identity(status), place] as const] : [];
    }),
  );
}
