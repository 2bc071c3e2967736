import type { Circumstance } from '../action.ts';
import { type Asked, type Backend, run, says, unexpected } from '../effect.ts';
import type { UserName } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import { lookUp } from './account.ts';
import { locking } from './locking.ts';

/**
 * Locks the password, where there is BusyBox and nothing else. It knows no expiry, and makes today
 * the day of the password's last change, at the lock and at the undo.
 */
export function busybox(user: UserName, circumstance: Circumstance): Backend {
  const { text: name } = user;
  return locking(user, circumstance, {
    name: 'busybox',
    look: lookUp(name, ['busybox', 'grep']),
    holds: ({ locked }) => locked,
    lock: passwd('-l', name, 'made'),
    restore: ({ unlock }) => (unlock ? [passwd('-u', name, 'undone')] : []),
    lift: run('busybox', 'passwd', '-u', name),
    caveat: 'a key may still log in, since BusyBox knows no expiry',
  });
}

// Called by its full name, so that it is no other program's passwd.
function passwd<Answer extends string>(flag: string, name: string, answer: Answer): Asked<Answer> {
  const command = run('busybox', 'passwd', flag, name);
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return answer;
      // Somebody else did it since we looked.
      if (says(completed, ' is already ')) return answer;
      if (says(completed, 'applet not found')) {
        throw new ActionError('missing-tool', 'this BusyBox was built without passwd');
      }
      throw unexpected(command, completed);
    },
  };
}
