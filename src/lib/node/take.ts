import type * as fs from 'node:fs';
import { ActionError } from '../outcome.ts';
import type { Kept } from '../vault.ts';
import { type Captured, type CaptureSystem, capture } from './capture.ts';
import { said } from './errors.ts';
import { mountOf } from './mounts.ts';
import type { Quarantine } from './quarantine.ts';
import { type Folder, identity } from './walk.ts';

/** A file to take: a name in an open directory. */
export interface Scene {
  readonly folder: Folder;
  readonly name: string;
  /** The same as a path, for people and records. */
  readonly path: string;
  readonly alert: string | undefined;
  /** On the clock of the quarantine. */
  readonly deadline: number;
}

/** What taking needs. */
export interface Means {
  readonly quarantine: Quarantine;
  readonly uid: number;
  /** A name that nothing else has. */
  readonly newId: () => string;
  readonly system: CaptureSystem & Pick<typeof fs, 'fsyncSync'>;
}

/** An open file that was only looked at. */
export interface Looked {
  readonly fd: number;
  readonly status: fs.BigIntStats;
}

/** Looks at the file without opening it; throws `refused` unless it is a regular one. */
export function look(
  { folder, name, path }: Pick<Scene, 'folder' | 'name' | 'path'>,
  system: CaptureSystem,
): Looked | undefined {
  const fd = folder.look(name);
  if (fd === undefined) return undefined;
  try {
    if (mountOf(fd, system) !== mountOf(folder.fd, system)) {
      throw new ActionError('refused', `${path} is mounted there by itself`);
    }
    const status = system.fstatSync(fd, { bigint: true });
    if (status.isFile()) return { fd, status };
    const what = status.isSymbolicLink() ? 'a link' : 'no regular file';
    throw new ActionError('refused', `${path} is ${what}; only regular files are taken`);
  } catch (thrown) {
    system.closeSync(fd);
    throw thrown;
  }
}

// One is enough where nobody disturbs; an attacker who wins them all is faster than us.
const ROUNDS = 20;

/** Takes the file; nothing where it is gone. Whatever is removed was saved, and is what was saved. */
export async function take(scene: Scene, means: Means): Promise<Kept | undefined> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const looked = look(scene, means.system);
    if (!looked) return undefined;
    const kept = await takeOnce(scene, means, looked);
    if (kept) return kept;
  }
  throw new ActionError('tool-failed', `${scene.path} changes faster than it can be taken`);
}

/** One attempt: nothing where somebody put something else in its place meanwhile. */
async function takeOnce(scene: Scene, means: Means, looked: Looked): Promise<Kept | undefined> {
  const { quarantine, uid, newId, system } = means;
  const id = newId();
  // The copy comes first, so that whenever we die the file is in its place or on record.
  const kept = await save(id, scene, means, looked);
  let taken: Captured | undefined;
  try {
    const cell = { directory: quarantine.directory, id, uid };
    taken = capture(scene.folder, scene.name, cell, system);
  } catch (thrown) {
    await quarantine.forget(kept);
    throw thrown;
  }
  if (taken?.status.isFile() && unchanged(looked.status, taken.status)) {
    destroy(taken, scene, means);
    return kept;
  }
  await quarantine.forget(kept);
  return taken && settle(taken, id, scene, means);
}

/**
 * What was captured is not what was saved. A file is saved now that nobody can swap it any more;
 * anything else gets its place back.
 */
async function settle(
  taken: Captured,
  id: string,
  scene: Scene,
  means: Means,
): Promise<Kept | undefined> {
  try {
    if (taken.status.isFile()) {
      const kept = await save(id, scene, means, { fd: taken.look(), status: taken.status });
      destroy(taken, scene, means);
      return kept;
    }
  } catch (thrown) {
    const left = taken.putBack();
    throw left === undefined ? thrown : misplaced(scene, `${said(thrown)}; ${left}`, thrown);
  }
  const left = taken.putBack();
  if (left !== undefined) throw misplaced(scene, left);
  return undefined;
}

const misplaced = ({ path }: Scene, left: string, cause?: unknown) =>
  new ActionError('tool-failed', `${path} was swapped while it was taken; ${left}`, { cause });

const unchanged = (before: fs.BigIntStats, now: fs.BigIntStats): boolean =>
  identity(before) === identity(now) && before.size === now.size && before.mtimeNs === now.mtimeNs;

/** Copies a file that was looked at: the very one, whatever its name leads to by now. */
async function save(
  id: string,
  { path, alert, deadline }: Scene,
  { quarantine, system }: Means,
  { fd, status }: Looked,
): Promise<Kept> {
  const { O_NONBLOCK, O_RDONLY } = system.constants;
  let source: number | undefined;
  try {
    // Without waiting: a lease could keep us at this for most of a minute.
    source = system.openSync(`/proc/self/fd/${fd}`, O_RDONLY | O_NONBLOCK);
    return await quarantine.save(source, { id, path, status, alert }, deadline);
  } finally {
    if (source !== undefined) system.closeSync(source);
    system.closeSync(fd);
  }
}

function destroy(taken: Captured, { folder }: Scene, { system }: Means): void {
  taken.destroy(taken.status);
  const { O_DIRECTORY, O_RDONLY } = system.constants;
  // Else it could be there again after a power loss.
  const fd = system.openSync(folder.at('.'), O_RDONLY | O_DIRECTORY);
  try {
    system.fsyncSync(fd);
  } finally {
    system.closeSync(fd);
  }
}
