import type { Circumstance } from '../action.ts';
import type { Asked, Backend, Command, Memory } from '../effect.ts';
import type { UserName } from '../fields.ts';
import { type Account, accountIn, GONE, refusal, spelled } from './account.ts';
import { spareLast } from './administrators.ts';
import { accountOnRecord } from './on-record.ts';
import { sessions } from './sessions.ts';

/** The day of our expiry: long ago. Day 0 would mean no expiry to some of those who read it. */
export const EXPIRED = '1';

/** What of an account is to be restored. */
export interface Restoring {
  readonly unlock: boolean;
  /** The expiry that it had; nothing where it is not to be touched. */
  readonly expires: string | undefined;
}

/** How one set of tools locks an account. */
export interface Means {
  readonly name: string;
  readonly look: Asked<string>;
  readonly holds: (account: Account) => boolean;
  readonly lock: Asked<'made'>;
  readonly restore: (what: Restoring, now: Account) => readonly Asked<'undone'>[];
  /** Lifts all of it, whatever was there before. */
  readonly lift: Command;
  /** What it leaves open, as part of a sentence. */
  readonly caveat?: string;
}

const USUAL: Account = {
  uid: 1000,
  system: false,
  locked: false,
  blank: false,
  password: 0,
  expires: '',
};

/** A lock of an account by one set of tools, with its former state on record. */
export function locking(user: UserName, circumstance: Circumstance, means: Means): Backend {
  const { text: name } = user;
  const { options } = circumstance;
  const ending = options['end-sessions'] === 'yes';
  const open = ending ? undefined : 'open sessions go on';
  const caveats = [means.caveat, open].filter((one) => one !== undefined);
  const memory: Memory = {
    what: `the lock of ${name}`,
    look: means.look,
    refuses: (state) => refusal(name, state, options['system-accounts'] === 'allow'),
    spare: spareLast(name),
    holds: (state) => state !== GONE && means.holds(accountIn(state)),
    make: () => [means.lock],
    former: (now, recorded) =>
      recorded === undefined || now === GONE
        ? now
        : former(accountIn(now), accountIn(recorded), means),
    restore: (before, state) => {
      // With the account its lock is gone.
      if (state === GONE || before === GONE) return [];
      const [was, now] = [accountIn(before), accountIn(state)];
      const unlock = isOurs(now, was, means) && !was.locked;
      const expires = now.expires === EXPIRED && was.expires !== EXPIRED ? was.expires : undefined;
      return means.restore({ unlock, expires }, now);
    },
    usual: {
      former: spelled(USUAL),
      made: spelled({ ...USUAL, locked: true, expires: EXPIRED }),
    },
    lift: means.lift,
  };
  return accountOnRecord(means.name, memory, {
    ...(caveats.length > 0 && { caveat: `though ${caveats.join(', and ')}` }),
    ...(ending && { afterwards: sessions(name) }),
  });
}

/**
 * Whether it is locked and has the password that we locked. Behind no password another account of that
 * name looks the same, made anew and locked until it gets one: there all of our lock must be left.
 */
const isOurs = (now: Account, was: Account, { holds }: Means): boolean =>
  now.locked && now.password === was.password && (!now.blank || holds(now));

/** What an administrator did meanwhile to the password or the expiry is what that part was before. */
function former(now: Account, recorded: Account, means: Means): string {
  return spelled({
    ...now,
    locked: isOurs(now, recorded, means) ? recorded.locked : now.locked,
    expires: now.expires === EXPIRED ? recorded.expires : now.expires,
  });
}
