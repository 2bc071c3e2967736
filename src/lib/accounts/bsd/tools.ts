import type { Circumstance } from '../../action.ts';
import { type Asked, type Backend, type Command, run, says, unexpected } from '../../effect.ts';
import type { UserName } from '../../fields.ts';
import { ActionError } from '../../outcome.ts';
import { lockedBy } from './locking.ts';
import { type Lock, lookUp, MASTER, spareLast } from './master.ts';

const MARK = '*LOCKED*';

/** The mark before the password with which no password is right, of FreeBSD and NetBSD. */
export const MARKED: Lock = {
  isOn: ({ password }) => password.startsWith(MARK),
  behind: ({ password }) => (password.startsWith(MARK) ? password.slice(MARK.length) : password),
};

const stars = (password: string): string => /^\**/.exec(password)?.[0] ?? '';

/** A star before the password, and a dash behind the shell, so that no key logs in either: OpenBSD. */
export const STARRED: Lock = {
  isOn: ({ password, shell }) => password.startsWith('*') && shell.endsWith('-'),
  behind: ({ password }) => password.slice(stars(password).length),
  before: ({ password, shell }) => ({ stars: stars(password), shell }),
};

/** Locks by `pw lock` of FreeBSD. */
export function pw(user: UserName, circumstance: Circumstance): Backend {
  const { text: name } = user;
  const unlock = run('pw', 'unlock', name);
  return lockedBy(user, circumstance, {
    name: 'pw',
    kept: MASTER,
    look: lookUp(name, MARKED),
    spare: spareLast(name),
    lock: changed(run('pw', 'lock', name), 'made'),
    unlock: () => changed(unlock, 'undone'),
    lift: unlock,
  });
}

/** Locks by `usermod -C yes` of NetBSD. */
export function usermodC(user: UserName, circumstance: Circumstance): Backend {
  const { text: name } = user;
  const unlock = run('usermod', '-C', 'no', name);
  return lockedBy(user, circumstance, {
    name: 'usermod',
    kept: MASTER,
    look: lookUp(name, MARKED),
    spare: spareLast(name),
    lock: changed(run('usermod', '-C', 'yes', name), 'made'),
    unlock: () => changed(unlock, 'undone'),
    lift: unlock,
    caveats: ['a key may still log in'],
  });
}

/** Locks by `usermod -Z` of OpenBSD. */
export function usermodZ(user: UserName, circumstance: Circumstance): Backend {
  const { text: name } = user;
  const unlock = run('usermod', '-U', name);
  return lockedBy(user, circumstance, {
    name: 'usermod',
    kept: MASTER,
    look: lookUp(name, STARRED),
    spare: spareLast(name),
    lock: changed(run('usermod', '-Z', name), 'made'),
    unlock: ({ before: was = {} }, { before: now = {} }) => {
      // A star that was there before, in the place of a password, is no part of our lock, and without
      // it anybody could log in.
      const starred = (now['stars'] ?? '').length > (was['stars'] ?? '').length;
      const back = run('usermod', '-s', was['shell'] ?? '', name);
      return changed(starred || was['shell'] === undefined ? unlock : back, 'undone');
    },
    lift: unlock,
  });
}

function changed<Answer extends string>(command: Command, answer: Answer): Asked<Answer> {
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return answer;
      // Somebody else did it since we looked; what holds is looked at again.
      if (says(completed, 'is already locked') || says(completed, 'is not locked')) return answer;
      const error = unexpected(command, completed);
      if (/busy|temporarily unavailable/.test(completed.stderr)) {
        throw new ActionError('locked', error.message);
      }
      throw error;
    },
  };
}
