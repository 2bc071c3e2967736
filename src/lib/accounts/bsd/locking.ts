import type { Circumstance } from '../../action.ts';
import type { Backend, Command, Memory, Step } from '../../effect.ts';
import type { UserName } from '../../fields.ts';
import { accountOnRecord } from '../on-record.ts';
import { processes } from '../sessions.ts';
import {
  type Account,
  accountIn,
  formerOf,
  isLocked,
  isOurs,
  refusal,
  spelled,
} from './account.ts';

/** How one system locks an account. */
export interface Means {
  readonly name: string;
  /** Where the system keeps its accounts. */
  readonly kept: string;
  readonly look: Step<string>;
  /** Throws `refused` for the last administrator who can still log in. */
  readonly spare: Step<'good'>;
  readonly lock: Step<'made'>;
  readonly unlock: (former: Account, now: Account) => Step<'undone'>;
  /** Lifts it, whatever was there before. */
  readonly lift: Command;
  /** What it leaves open, each as part of a sentence. */
  readonly caveats?: readonly string[];
}

const USUAL: Account = { uid: 1000, system: false, locked: false, identity: '' };

/** The lock of an account by one system's tool, with its former state on record. */
export function lockedBy(
  { text: name }: UserName,
  { options }: Circumstance,
  means: Means,
): Backend {
  const ending = options['end-sessions'] === 'yes';
  const lenient = options['system-accounts'] === 'allow';
  const caveats = [...(means.caveats ?? []), ...(ending ? [] : ['open sessions go on'])];
  const memory: Memory = {
    what: `the lock of ${name}`,
    look: means.look,
    refuses: (state) => refusal(name, state, lenient, means.kept),
    spare: means.spare,
    holds: isLocked,
    make: () => [means.lock],
    former: formerOf,
    restore: (former, now) =>
      isOurs(former, now) ? [means.unlock(accountIn(former), accountIn(now))] : [],
    usual: { former: spelled(USUAL), made: spelled({ ...USUAL, locked: true }) },
    lift: means.lift,
  };
  return accountOnRecord(means.name, memory, {
    ...(caveats.length > 0 && { caveat: `though ${caveats.join(', and ')}` }),
    ...(ending && { afterwards: processes(name) }),
  });
}
