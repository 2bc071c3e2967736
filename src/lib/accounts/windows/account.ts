import { ActionError } from '../../outcome.ts';

/** What undo and refusals have to know of an account of this computer. */
export interface Account {
  /** What the system tells it from others by, whatever it is called; a new account has a new one. */
  readonly sid: string;
  readonly enabled: boolean;
  /** Whether it is a member of the group of administrators itself. */
  readonly administrator: boolean;
  /** How many other accounts of this computer are members of that group and enabled. */
  readonly others: number;
  /** Whether the agent's service runs under it. */
  readonly agent: boolean;
}

/** What a look at this computer told. */
export interface Seen {
  /** The short name of this computer, at most 15 characters. */
  readonly machine: string;
  /** Whether it keeps the accounts of a domain, and so none of its own. */
  readonly controller: boolean;
  /** Whether it belongs to a domain; nothing where that was not asked or could not be told. */
  readonly joined?: boolean;
  /** Nothing where there is no account of that name. */
  readonly account?: Account;
}

/** What was seen as a state that records keep. */
export const spelled = (seen: Seen): string => JSON.stringify(seen);

/** What was seen behind such a state; throws `bad-state` for what no version of Riposte wrote. */
export function seenIn(state: string): Seen {
  try {
    const seen = JSON.parse(state) as Seen;
    const { machine, controller, account } = seen;
    const known = typeof machine === 'string' && typeof controller === 'boolean';
    if (known && (account === undefined || isAccount(account))) return seen;
  } catch {
    // Said below.
  }
  throw new ActionError('bad-state', 'a record of an account’s former state cannot be understood');
}

const isAccount = ({ sid, enabled, administrator, others, agent }: Account): boolean =>
  typeof sid === 'string' &&
  Number.isInteger(others) &&
  [enabled, administrator, agent].every((one) => typeof one === 'boolean');

/** Whether it is there and nobody can log in with it. */
export const disabled = (state: string): boolean => seenIn(state).account?.enabled === false;

const BUILT_IN = /-500$/;
const TICKETS = /-502$/;

/** Why an account must never be disabled, or nothing. */
export function refusal(name: string, { machine, controller, account }: Seen): string | undefined {
  if (controller) {
    return `${machine} is a domain controller: it has no accounts of its own, and whoever keeps the domain must disable ${name}`;
  }
  if (account === undefined) {
    return `${name} is no account of ${machine}: it does not exist, or a domain keeps it and must disable it`;
  }
  if (BUILT_IN.test(account.sid)) return `${name} is the built-in administrator of ${machine}`;
  if (TICKETS.test(account.sid)) return `${name} is what a domain signs its tickets with`;
  if (account.agent) return `${name} is what the agent itself runs as`;
  if (account.enabled && account.administrator && account.others === 0) {
    return `${name} is the last administrator of ${machine} who can still log in`;
  }
  return undefined;
}

/**
 * What undo has to restore, given what is there now and what is on record: who enabled it in the
 * meantime, or made another account of that name, has the last word.
 */
export function formerOf(now: string, recorded: string | undefined): string {
  if (recorded === undefined) return now;
  const [is, was] = [seenIn(now).account, seenIn(recorded).account];
  return is === undefined || is.enabled || is.sid !== was?.sid ? now : recorded;
}

/** Whether it is to be enabled again: it was, and is still as we made it. */
export function isOurs(former: string, now: string): boolean {
  const [was, is] = [seenIn(former).account, seenIn(now).account];
  return was?.enabled === true && is?.enabled === false && is.sid === was.sid;
}
