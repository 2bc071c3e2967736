import type { Deed } from './effect.ts';
import { ActionError } from './outcome.ts';
import type { SystemFiles } from './system-files.ts';

/** What is at the place of a flag. One with something in it is somebody else's. */
export type Flag = 'absent' | 'empty' | 'filled';

/** An empty file that says something by being there: how to see it, make it, remove it. */
export interface FlagFile {
  readonly path: string;
  readonly look: Deed<Flag>;
  /** Makes its folder too. */
  readonly create: Deed<'made'>;
  /** Removes it as long as it is empty. */
  readonly remove: Deed<'undone'>;
}

/** The flag `name`, which may be no path, in a folder at the root. */
export function flagFile(folder: string, name: string): FlagFile {
  if (name === '' || name.includes('/') || /^\.\.?$/.test(name)) {
    throw new ActionError('bad-field', `${JSON.stringify(name)} cannot be the name of a file`);
  }
  const path = `${folder}/${name}`;
  const flag = async (files: SystemFiles): Promise<Flag> => {
    const content = await files.read(path);
    return content === undefined ? 'absent' : content === '' ? 'empty' : 'filled';
  };
  return {
    path,
    look: { spelled: `look for ${path}`, act: ({ systemFiles }) => flag(systemFiles) },
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
      spelled: `remove ${path}, if it is empty`,
      act: async ({ systemFiles }, timeout) => {
        await systemFiles.replace(path, '', undefined, timeout);
        return 'undone';
      },
    },
  };
}
