import type { Deed } from './effect.ts';
import { ActionError } from './outcome.ts';

/** An empty file that says something by being there: how to see it, make it, remove it. */
export interface FlagFile {
  readonly path: string;
  readonly look: Deed<'present' | 'absent'>;
  /** Makes its folder too. */
  readonly create: Deed<'made'>;
  /** Removes it, also where somebody has written into it. */
  readonly remove: Deed<'undone'>;
}

/** The flag `name`, which may be no path, in a folder at the root. */
export function flagFile(folder: string, name: string): FlagFile {
  if (name === '' || name.includes('/') || /^\.\.?$/.test(name)) {
    throw new ActionError('bad-field', `${JSON.stringify(name)} cannot be the name of a file`);
  }
  const path = `${folder}/${name}`;
  return {
    path,
    look: {
      spelled: `look for ${path}`,
      act: async ({ systemFiles }) =>
        (await systemFiles.read(path)) === undefined ? 'absent' : 'present',
    },
    create: {
      spelled: `create ${path}, empty`,
      act: async ({ systemFiles }, timeout) => {
        await systemFiles.ensureFolder(folder);
        // Where somebody was faster there is one now, which is all that is wanted.
        await systemFiles.replace(path, undefined, '', timeout);
        return 'made';
      },
    },
    remove: {
      spelled: `remove ${path}`,
      act: async ({ systemFiles }, timeout) => {
        await systemFiles.replace(path, await systemFiles.read(path), undefined, timeout);
        return 'undone';
      },
    },
  };
}
