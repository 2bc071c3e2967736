import type { Circumstance } from '../../action.ts';
import { asking } from '../../asking.ts';
import { type Backend, type Deed, must, run, spell } from '../../effect.ts';
import type { UserName } from '../../fields.ts';
import { ActionError } from '../../outcome.ts';
import { lockedBy } from '../bsd/locking.ts';
import { ADMINISTRATORS, disabledAmong, lookUp, membersIn, STATES } from './directory.ts';

/** Disables an account of this Mac by `pwpolicy`. */
export function pwpolicy(user: UserName, circumstance: Circumstance): Backend {
  const { text: name } = user;
  // On the node that keeps the accounts of this Mac nobody is asked for a password.
  const policy = (verb: string) => run('pwpolicy', '-n', '/Local/Default', '-u', name, verb);
  const enable = policy('-enableuser');
  return lockedBy(user, circumstance, {
    name: 'pwpolicy',
    kept: 'this Mac’s own accounts',
    look: lookUp(name),
    spare: spareLast(name),
    lock: must(policy('-disableuser'), 'made'),
    unlock: () => must(enable, 'undone'),
    lift: enable,
    caveats: ['while it is disabled it may not be able to unlock FileVault'],
  });
}

/** Throws `refused` for the last member of the administrators' group who is not disabled. */
const spareLast = (name: string): Deed<'good'> => ({
  spelled: `${[ADMINISTRATORS, STATES].map(spell).join('\n')}  # whether ${name} is the last administrator`,
  act: async (host, timeout) => {
    const ask = asking(host, timeout);
    const members = await ask(membersIn);
    if (!members.includes(name)) return 'good';
    const states = await ask(disabledAmong);
    const able = members.filter((one) => one !== 'root' && one !== name);
    if (able.some((one) => states.get(one) === false)) return 'good';
    const why = 'is the last administrator who can still log in (of the group admin)';
    throw new ActionError('refused', `${name} ${why}; it is never touched`);
  },
});
