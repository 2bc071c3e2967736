import { realpathSync } from 'node:fs';
import { ON_BSD } from './system.ts';

/** What the runtime says of how it was called. */
export type Called = Pick<NodeJS.Process, 'argv' | 'argv0' | 'execPath'>;

/**
 * What the program was called by, as a path or a bare name. Where it is one file with its runtime that
 * is the word before its arguments. Where the runtime reads it as a script that word is the runtime's,
 * and the program's is the next one, which the runtime has made absolute: links in it are not followed,
 * so that its last part is the name in either case.
 */
export function calledAs(script = ON_BSD, called: Called = process): string {
  return (script ? called.argv[1] : undefined) ?? called.argv0;
}

/** The file that the program is, links followed: it goes with its runtime, or it is a script. */
export function programFile(script = ON_BSD, called: Called = process): string {
  const path = script ? called.argv[1] : undefined;
  if (path === undefined) return called.execPath;
  try {
    return realpathSync(path);
  } catch {
    // It was removed under us.
    return path;
  }
}
