import type { Circumstance, Once } from '../action.ts';
import type { FilePath } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import { placeProtection } from '../places.ts';
import { enabledOption, neverOption, pathsIn, refuseDisabled } from './options.ts';

/** The options of `removeThreat`. */
export const threatOptions = { enabled: enabledOption, never: neverOption };

/** Takes a file into quarantine, from where only a person brings it back. */
export function removeThreat(file: FilePath, circumstance: Circumstance): Once {
  refuseDisabled('remove-threat', circumstance);
  const { home, message, options } = circumstance;
  const { text: path } = file;
  const never = pathsIn(options['never']);
  const why = placeProtection(file, { home, never });
  if (why) throw new ActionError('refused', `${why}; it is never taken`);
  return {
    what: `there is no ${path} any more; riposte undo tells what is kept of it`,
    already: `there is no ${path}`,
    checks: [
      {
        spelled: `# look, through no link, whether ${path} is a regular file`,
        act: async ({ vault }) => {
          await vault.check(path, { never });
          return 'good';
        },
      },
    ],
    steps: [
      {
        spelled: `# move ${path} into quarantine, and look that it is gone`,
        act: async ({ vault, log }, timeout) => {
          const kept = await vault.quarantine(path, { never, alert: message.alert, timeout });
          if (!kept) return 'already';
          const { id, otherNames: names } = kept;
          await log.say(`${path} is kept as ${id}; to bring it back: riposte undo ${id}`);
          if (names > 0) {
            await log.say(`The same file has ${names} other name(s): find / -inum ${kept.inode}`);
          }
          return 'done';
        },
      },
    ],
  };
}
