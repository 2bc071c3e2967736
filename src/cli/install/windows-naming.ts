import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../../lib/node/errors.ts';
import { windowsFiles } from '../../lib/node/windows-files.ts';
import type { Naming } from './platform.ts';

/** What was in use when it was to go has a name that begins like this, beside the former one. */
export const ASIDE = '.riposte.old.';

type System = typeof fs;

/**
 * Names on Windows. A program that runs can be given another name, but neither be replaced nor be
 * removed: so it steps aside first, and goes once it has ended.
 */
export function namingOn(system: System, outside: () => string): Naming {
  // Scanners hold for moments what they have just seen made.
  const patient = windowsFiles(system);
  let count = 0;

  function aside(path: string): string {
    for (;;) {
      count += 1;
      const name = join(dirname(path), `${ASIDE}${process.pid}.${count}`);
      if (!isThere(name)) {
        patient.renameSync(path, name);
        return name;
      }
    }
  }

  const isThere = (path: string) => system.lstatSync(path, { throwIfNoEntry: false }) !== undefined;

  function removed(path: string): boolean {
    try {
      system.unlinkSync(path);
      return true;
    } catch {
      return !isThere(path);
    }
  }

  return {
    mayCopy: true,
    add(file, name) {
      try {
        system.linkSync(file, name);
      } catch (thrown) {
        if (!isLinkless(codeOf(thrown))) throw thrown;
        system.copyFileSync(file, name, system.constants.COPYFILE_EXCL);
      }
    },
    move(from, to) {
      try {
        system.renameSync(from, to);
        return;
      } catch (thrown) {
        if (codeOf(thrown) === 'EXDEV' || !isThere(to)) throw thrown;
      }
      const former = aside(to);
      try {
        patient.renameSync(from, to);
      } catch (thrown) {
        patient.renameSync(former, to);
        throw thrown;
      }
      removed(former);
    },
    remove(path) {
      if (!removed(path)) removed(aside(path));
    },
    tidy(folder) {
      const old = system.readdirSync(folder).filter((name) => name.startsWith(ASIDE));
      return old.map((name) => join(folder, name)).filter((path) => !removed(path));
    },
    evict(left) {
      if (left.length === 0) return [];
      const folder = system.mkdtempSync(join(outside(), 'riposte-'));
      const stays = left.filter((path) => {
        try {
          system.renameSync(path, join(folder, basename(path).slice(1)));
          return false;
        } catch {
          // Another drive: then it stays until it is removed by hand.
          return true;
        }
      });
      if (stays.length === left.length) system.rmdirSync(folder);
      return stays.length === left.length ? stays : [folder, ...stays];
    },
  };
}

/** What Windows answers on a volume where a file has but one name, or for one that has as many as it can. */
const isLinkless = (code: string | undefined): boolean =>
  ['EISDIR', 'EINVAL', 'EMLINK', 'ENOSYS', 'ENOTSUP', 'UNKNOWN'].includes(code ?? '');

/** Those of this machine. */
export const windowsNaming: Naming = namingOn(fs, tmpdir);
