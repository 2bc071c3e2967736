import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ActionError } from '../outcome.ts';

/** Where an agent has its programs, below its home. */
export const BIN = 'active-response/bin';

function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // Somebody else's, and closed to us: then it is of no use either.
    return false;
  }
}

// A tree of programs alone, as a build makes one, is no home: an agent has these too.
const isHome = (path: string | undefined): path is string =>
  path !== undefined && ['logs', 'etc'].some((folder) => isDirectory(`${path}/${folder}`));

/** A home that a person named; throws `usage` where there is none. */
export function existing(home: string): string {
  if (isDirectory(home)) return resolve(home);
  throw new ActionError('usage', `--home ${home}: there is no such directory`);
}

/** Where the agent lives, seen from a program in its `active-response/bin`. */
function above(program: string): string | undefined {
  const bin = dirname(program).replaceAll('\\', '/');
  return bin.endsWith(`/${BIN}`) ? bin.slice(0, -BIN.length - 1) || '/' : undefined;
}

const absolute = (path: string) => (path.startsWith('/') ? path : `${workingDirectory()}/${path}`);

/** Nothing where it was deleted under us. */
function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/**
 * The agent's home: above the program as it was called, above the executable, or the directory an
 * agent starts its programs in. A person's working directory is nobody's home.
 */
export function findHome(argv0: string, person: boolean): string | undefined {
  const called = argv0.includes('/') ? above(absolute(argv0)) : undefined;
  const home = [called, above(process.execPath)].find(isHome);
  if (home !== undefined) return home;
  const fallback = person ? '/var/ossec' : workingDirectory();
  return isHome(fallback) && isDirectory(`${fallback}/${BIN}`) ? fallback : undefined;
}
