import type { Circumstance } from '../action.ts';
import { type Asked, type Backend, type Command, run, says, unexpected } from '../effect.ts';
import type { UserName } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import { lookUp } from './account.ts';
import { EXPIRED, locking } from './locking.ts';

/**
 * Locks the password and lets the account expire, by the tools of the package shadow: neither a
 * password nor a key logs in. Both change at once, and the day of the last change stays.
 */
export function usermod(user: UserName, circumstance: Circumstance): Backend {
  const { text: name } = user;
  const change = (...words: string[]) => run('usermod', ...words, name);
  return locking(user, circumstance, {
    name: 'usermod',
    look: lookUp(name, ['grep']),
    holds: ({ locked, expires }) => locked && expires === EXPIRED,
    lock: changed(change('-L', '-e', EXPIRED), 'made'),
    restore: ({ unlock, expires }, { blank }) => {
      // usermod will not take the mark off where there is no password behind it.
      const clear = unlock && blank;
      const words = [
        ...(unlock && !clear ? ['-U'] : []),
        ...(expires === undefined ? [] : ['-e', expires]),
      ];
      return [
        ...(clear ? [changed(run('passwd', '-d', name), 'undone' as const)] : []),
        ...(words.length > 0 ? [changed(change(...words), 'undone' as const)] : []),
      ];
    },
    lift: change('-U', '-e', ''),
  });
}

function changed<Answer extends string>(command: Command, answer: Answer): Asked<Answer> {
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return answer;
      const error = unexpected(command, completed);
      // Nothing for another tool to try, which might not heed the lock.
      if (says(completed, 'cannot lock')) throw new ActionError('locked', error.message);
      throw error;
    },
  };
}
