import { statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { ActionError } from '../outcome.ts';
import { programFile } from './called.ts';
import { ON_MACOS, ON_WINDOWS } from './system.ts';

/** Where an agent has its programs, below its home. */
export const BIN = 'active-response/bin';

/** What tells an agent's home from any other folder on a system. */
interface Homes {
  /** An agent has one of these; a tree of programs alone, as a build makes one, has none. */
  readonly signs: readonly string[];
  /** Where agents are installed. */
  readonly usual: string;
}

const programFiles = process.env['ProgramFiles(x86)'] ?? process.env['ProgramFiles'];

const HOMES: Homes = ON_WINDOWS
  ? {
      signs: ['ossec.conf', 'shared'],
      usual: slashed(`${programFiles ?? 'C:\\Program Files (x86)'}\\ossec-agent`),
    }
  : { signs: ['etc', 'logs'], usual: ON_MACOS ? '/Library/Ossec' : '/var/ossec' };

/** What an agent's home has on this system, below it. */
export const SIGNS = HOMES.signs;

/** Where agents of this system are installed. */
export const USUAL_HOME = HOMES.usual;

/** A path of Windows with forward slashes, which are all that we write. */
export function slashed(path: string): string {
  return ON_WINDOWS ? path.replaceAll('\\', '/') : path;
}

function kindOf(path: string): 'directory' | 'other' | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found && (found.isDirectory() ? 'directory' : 'other');
  } catch {
    // Somebody else's, and closed to us: then it is of no use either.
    return undefined;
  }
}

const isDirectory = (path: string): boolean => kindOf(path) === 'directory';

const isHome = (path: string | undefined): path is string =>
  path !== undefined && HOMES.signs.some((name) => kindOf(`${path}/${name}`) !== undefined);

/** A home that a person named; throws `usage` where there is none. */
export function existing(home: string): string {
  if (isDirectory(home)) return slashed(resolve(home));
  throw new ActionError('usage', `--home ${home}: there is no such directory`);
}

/** Where the agent lives, seen from a program in its `active-response/bin`. */
function above(program: string): string | undefined {
  const bin = dirname(program).replaceAll('\\', '/');
  const at = bin.length - BIN.length - 1;
  // Windows does not tell names apart by case.
  const end = ON_WINDOWS ? bin.slice(at).toLowerCase() : bin.slice(at);
  return end === `/${BIN}` ? bin.slice(0, at) || '/' : undefined;
}

const absolute = (path: string) => (isAbsolute(path) ? path : `${workingDirectory()}/${path}`);

/** Nothing where it was deleted under us. */
function workingDirectory(): string | undefined {
  try {
    return slashed(process.cwd());
  } catch {
    return undefined;
  }
}

const hasFolder = (path: string) => path.includes('/') || (ON_WINDOWS && path.includes('\\'));

/**
 * The agent's home: above the program as it was called, above its file, or the directory an
 * agent starts its programs in. A person's working directory is nobody's home.
 */
export function findHome(argv0: string, person: boolean): string | undefined {
  const called = hasFolder(argv0) ? above(absolute(argv0)) : undefined;
  const home = [called, above(programFile())].find(isHome);
  if (home !== undefined) return home;
  const fallback = person ? HOMES.usual : workingDirectory();
  return isHome(fallback) && isDirectory(`${fallback}/${BIN}`) ? fallback : undefined;
}
