import type * as fs from 'node:fs';
import { LIMIT } from '../ports.ts';

/** How a new file is named until it takes the place of an old one; a process id follows. */
export const FRESH = 'new.';

/** The names of those that runs left which died over them: no run lasts as long as they were there. */
export const leftIn = (
  names: readonly string[],
  pathOf: (name: string) => string,
  system: Pick<typeof fs, 'lstatSync'>,
): readonly string[] =>
  names.filter((name) => {
    if (!name.startsWith(FRESH)) return false;
    const status = system.lstatSync(pathOf(name), { throwIfNoEntry: false });
    // What it says of when it was written may be long from now.
    return status !== undefined && Date.now() - Number(status.ctimeMs) > LIMIT.run;
  });
