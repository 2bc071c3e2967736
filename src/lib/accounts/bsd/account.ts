import { ActionError } from '../../outcome.ts';
import { AGENT } from '../account.ts';

/** What undo and refusals have to know of an account of macOS or a BSD. */
export interface Account {
  readonly uid: number;
  /** Whether its number is one of those that the system keeps for itself. */
  readonly system: boolean;
  /** Whether the lock of this system's tool is on it. */
  readonly locked: boolean;
  /** Tells it, and the password behind the lock, from another account of that name. */
  readonly identity: string;
  /** What it is called, where that is another name than the one that was asked for. */
  readonly called?: string;
  /** What of it a lock changes besides, as far as undo has to know. */
  readonly before?: Readonly<Record<string, string>>;
}

/** How the state of an account that is not there is written. */
export const GONE = 'gone';

/** The account as a state that records keep. */
export const spelled = (account: Account): string => JSON.stringify(account);

/** The account behind such a state; throws `bad-state` for what no version of Riposte wrote. */
export function accountIn(state: string): Account {
  try {
    const account = JSON.parse(state) as Account;
    const { uid, system, locked, identity } = account;
    const flags = typeof system === 'boolean' && typeof locked === 'boolean';
    if (Number.isInteger(uid) && flags && typeof identity === 'string') return account;
  } catch {
    // Said below.
  }
  throw new ActionError('bad-state', 'a record of an account’s former state cannot be understood');
}

/** Whether it is there and locked. */
export const isLocked = (state: string): boolean => state !== GONE && accountIn(state).locked;

/** Why an account must never be locked, or nothing. `lenient` lets those of the system through. */
export function refusal(
  name: string,
  state: string,
  lenient: boolean,
  kept: string,
): string | undefined {
  if (state === GONE) {
    return `${name} is not in ${kept}: it does not exist, or a directory of the network keeps it and must lock it`;
  }
  const { uid, system, called } = accountIn(state);
  if (called !== undefined) return `${name} is another name of ${called}: that one must be named`;
  if (uid === 0) return `${name} has uid 0: it is this host’s administrator`;
  // Some packages put a sign before the names of services.
  if (AGENT.test(name.replace(/^_/, ''))) return `${name} is what the agent itself runs as`;
  if (system && !lenient) {
    return `${name} has uid ${uid}: it is the system’s own, and riposte.json does not allow those`;
  }
  return undefined;
}

/**
 * What undo has to restore, given what is there now and what is on record: who unlocked it meanwhile, or
 * gave it another password, has the last word.
 */
export function formerOf(now: string, recorded: string | undefined): string {
  return recorded !== undefined && isSame(recorded, now) && isLocked(now) ? recorded : now;
}

/** Whether it is to be unlocked: it was not locked, and is still as we made it. */
export const isOurs = (former: string, now: string): boolean =>
  isSame(former, now) && !isLocked(former) && isLocked(now);

const isSame = (one: string, other: string): boolean =>
  one !== GONE && other !== GONE && accountIn(one).identity === accountIn(other).identity;
