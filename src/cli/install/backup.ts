import { mkdirSync, rmSync } from 'node:fs';
import { codeOf } from '../../lib/node/errors.ts';
import { BIN } from '../../lib/node/home.ts';
import { ActionError } from '../../lib/outcome.ts';
import type { Former, Manifest } from './manifest.ts';
import type { Platform } from './platform.ts';
import { freshIn } from './program.ts';
import { at, type Site } from './site.ts';

/** Where former files go if no file can have a name both there and in the usual place. */
export const NEARBY = `${BIN}/.riposte.was`;

/**
 * Finds a folder for the former files that lies in the file system of the programs: a file is kept by
 * giving it a second name, and put back by a rename, so that nothing of it changes. Wants the new
 * program to be there already, as something to try it with.
 */
export function chooseStore(manifest: Manifest, site: Site, platform: Platform): string {
  const used = Object.values(manifest.names).some(({ was }) => was === 'file');
  const choices = used ? [manifest.store] : [manifest.store, NEARBY];
  for (const store of choices) {
    const folder = `${site.home}/${store}`;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const probe = `${folder}/.probe`;
    try {
      rmSync(probe, { force: true });
      platform.naming.add(freshIn(site, platform), probe);
      rmSync(probe);
      return store;
    } catch (thrown) {
      if (codeOf(thrown) !== 'EXDEV') throw thrown;
      if (!used) rmSync(folder, { recursive: true });
    }
  }
  const text = `${site.bin} is on another file system than the backup in ${manifest.store}`;
  throw new ActionError('refused', `${text}; move what is there over, and say so in its manifest`);
}

/** Keeps what has a name now, and says what it was. Nothing that is there changes. */
export function keep(
  name: string,
  { store }: Manifest,
  { bin, home }: Site,
  { naming }: Platform,
): Former {
  const path = `${bin}/${name}`;
  const status = at(path);
  if (!status) return { was: 'nothing' };
  const folder = `${home}/${store}`;
  const kept = at(`${folder}/${name}`);
  if (kept?.identity !== status.identity) {
    rmSync(`${folder}/.new`, { force: true });
    naming.add(path, `${folder}/.new`);
    naming.move(`${folder}/.new`, `${folder}/${name}`);
  }
  return { was: 'file', inode: status.identity };
}

/** What came of giving a name back. */
export type Returned =
  /** It is what it was. */
  | 'restored'
  /** Nothing had it, and nothing has it now. */
  | 'removed'
  /** Somebody else took it meanwhile: that one stays. */
  | 'theirs'
  /** What had it is not in the backup any more: ours stays. */
  | 'lost';

/** Gives a name back to what had it. Doing it twice is doing it once. */
export function giveBack(
  name: string,
  former: Former,
  { store }: Manifest,
  { bin, home }: Site,
  { naming }: Platform,
  isOurs: (path: string) => boolean,
): Returned {
  const path = `${bin}/${name}`;
  const now = at(path);
  const stored = `${home}/${store}/${name}`;
  const kept = at(stored);
  if (former.was === 'nothing') {
    if (!now) return 'removed';
    if (!isOurs(path)) return 'theirs';
    naming.remove(path);
    return 'removed';
  }
  if (now?.identity === former.inode) {
    // A rename onto another name of the same file does nothing, and leaves both.
    if (kept?.identity === former.inode) naming.remove(stored);
    return 'restored';
  }
  if (now && !isOurs(path)) return 'theirs';
  if (!kept) return 'lost';
  naming.move(stored, path);
  return 'restored';
}
