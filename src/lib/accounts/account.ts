import { type Asked, type Command, type Completed, unexpected } from '../effect.ts';
import { hashOf } from '../hash.ts';
import { ActionError } from '../outcome.ts';

/** What undo and refusals have to know of an account. */
export interface Account {
  readonly uid: number;
  /** Whether its number is one of those that the system keeps for itself. */
  readonly system: boolean;
  /** Whether its password has the mark before it with which no password is right. */
  readonly locked: boolean;
  /** Whether there is nothing behind that mark: an account without a password. */
  readonly blank: boolean;
  /** Tells one password from the next; 31 bits of a salted hash say nothing about it. */
  readonly password: number;
  /** The first day on which nobody may log in, in days since 1970, as a text; empty for never. */
  readonly expires: string;
}

/** How the state of an account that is not there is written. */
export const GONE = 'gone';

/** The account as a state that records keep. */
export const spelled = (account: Account): string => JSON.stringify(account);

/** The account behind such a state; throws `bad-state` for what no version of Riposte wrote. */
export function accountIn(state: string): Account {
  try {
    const account = JSON.parse(state) as Account;
    const { uid, system, locked, blank, password, expires } = account;
    if ([uid, password].every(Number.isInteger) && /^\d*$/.test(expires)) {
      if ([system, locked, blank].every((one) => typeof one === 'boolean')) return account;
    }
  } catch {
    // Said below.
  }
  throw new ActionError('bad-state', 'a record of an account’s former state cannot be understood');
}

const PASSWD = '/etc/passwd';
const SHADOW = '/etc/shadow';
const DEFINITIONS = '/etc/login.defs';

// The first number of people's accounts where the system does not say otherwise.
const UID_MIN = 1000;
// No account of a person: what stands for users of other hosts, in 16 and in 32 bits.
const NOBODY = [65_534, 4_294_967_294];

/**
 * Looks into the files of this host alone, in one process: the tools that lock accounts can change no
 * others. `grep` is the words that start it.
 */
export function lookUp(
  name: string,
  [tool, ...before]: readonly [string, ...string[]],
): Asked<string> {
  const command: Command = {
    tool,
    args: [
      ...before,
      '-h',
      ...['-e', `^${name.replace(/[.$]/g, '\\$&')}:`, '-e', '^[[:space:]]*UID_MIN[[:space:]]'],
      ...[PASSWD, SHADOW, DEFINITIONS],
    ],
  };
  return { command, read: (completed) => stateOf(name, command, completed) };
}

function stateOf(name: string, command: Command, completed: Completed): string {
  const { exitCode, stdout, stderr } = completed;
  const complaints = stderr.split('\n').filter((line) => line !== '');
  // That file says one number, for which there is a usual one.
  const harmless = complaints.every((line) => line.includes(DEFINITIONS));
  if (!harmless || (exitCode > 1 && complaints.length === 0)) throw unexpected(command, completed);
  const lines = stdout.split('\n');
  const entries = lines.filter((line) => line.startsWith(`${name}:`)).map((l) => l.split(':'));
  // A second line of one name counts for nothing, unless it makes an administrator of it.
  const uids = entries.filter(({ length }) => length === 7).map(([, , uid]) => Number(uid));
  const [, password, , , , , , expires] = entries.find(({ length }) => length === 9) ?? [];
  if (uids.length === 0) return GONE;
  if (password === undefined || expires === undefined) {
    const text = `${name} has no line in ${SHADOW}, so that there is nothing to lock; see to it by hand`;
    throw new ActionError('tool-failed', text);
  }
  const uid = uids.includes(0) ? 0 : (uids[0] ?? 0);
  const least = /^\s*UID_MIN\s+(\d+)/m.exec(stdout)?.[1];
  const locked = password.startsWith('!');
  const behind = locked ? password.slice(1) : password;
  return spelled({
    uid,
    system: uid < Number(least ?? UID_MIN) || NOBODY.includes(uid),
    locked,
    blank: behind === '',
    password: hashOf(behind),
    expires: /^\d+$/.test(expires) ? expires : '',
  });
}

/** Whom the agent and its manager run as, in all their generations. */
export const AGENT = /^(?:ossec[a-z]?|wazuh(?:-[a-z]+)?)$/;

/** Why an account must never be locked, or nothing. `lenient` lets those of the system through. */
export function refusal(name: string, state: string, lenient: boolean): string | undefined {
  if (state === GONE) {
    return `${name} is not in ${PASSWD}: it does not exist, or LDAP or SSSD keeps it and must lock it`;
  }
  const { uid, system } = accountIn(state);
  if (uid === 0) return `${name} has uid 0: it is this host’s administrator`;
  if (AGENT.test(name)) return `${name} is what the agent itself runs as`;
  if (system && !lenient) {
    return `${name} has uid ${uid}: it is the system’s own, and riposte.json does not allow those`;
  }
  return undefined;
}
