import type { Question } from '../../asking.ts';
import { type Asked, type Command, type Completed, run, says, unexpected } from '../../effect.ts';
import { ActionError } from '../../outcome.ts';
import { type Account, GONE, spelled } from '../bsd/account.ts';

const KEYS = ['RecordName', 'UniqueID', 'GeneratedUID', 'AuthenticationAuthority'] as const;

/** What stands among the ways to log in where there is to be none. */
const DISABLED = ';DisabledUser;';

// Below this number are the accounts of macOS itself; people's begin above.
const PEOPLE = 500;

/** Looks at one account of this Mac; the words are the same in every language. */
export function lookUp(name: string): Asked<string> {
  const command = run('dscl', '.', '-read', `/Users/${name}`, ...KEYS);
  return { command, read: (completed) => stateIn(name, command, completed) };
}

function stateIn(name: string, command: Command, completed: Completed): string {
  if (says(completed, 'eDSRecordNotFound')) return GONE;
  const told = attributesIn(completed.stdout);
  const uid = Number(told.get('UniqueID')?.[0] ?? Number.NaN);
  const identity = told.get('GeneratedUID')?.[0];
  const [called] = told.get('RecordName') ?? [];
  if (completed.exitCode !== 0 || !Number.isInteger(uid) || !identity || !called) {
    throw unexpected(command, completed);
  }
  const account: Account = {
    uid,
    system: uid < PEOPLE || called.startsWith('_'),
    locked: isDisabled(told.get('AuthenticationAuthority') ?? []),
    identity,
    ...(called !== name && { called }),
  };
  return spelled(account);
}

const isDisabled = (authorities: readonly string[]): boolean =>
  authorities.some((one) => one.includes(DISABLED));

const KEY = /^(?<key>[A-Za-z][\w-]*):(?: (?<rest>.*))?$/;

/** What `-read` says, by the attribute. Values stand behind it, or on lines of their own below. */
export function attributesIn(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let values: string[] | undefined;
  for (const line of text.split('\n')) {
    if (/^\s/.test(line)) {
      values?.push(line.trim());
      continue;
    }
    const { key, rest = '' } = KEY.exec(line)?.groups ?? {};
    values = key === undefined ? undefined : rest.split(' ').filter((word) => word !== '');
    if (key !== undefined && values) found.set(key, values);
  }
  return found;
}

/** Who may become root here, those of other groups in this one aside. */
export const ADMINISTRATORS = run('dscl', '.', '-read', '/Groups/admin', 'GroupMembership');

/** Every account of this Mac and its ways to log in. */
export const STATES = run('dscl', '.', '-list', '/Users', 'AuthenticationAuthority');

/** Their names. */
export const membersIn: Question<readonly string[]> = {
  command: ADMINISTRATORS,
  read: (completed) => {
    const members = attributesIn(completed.stdout).get('GroupMembership');
    // There is always root among them.
    if (completed.exitCode === 0 && members !== undefined) return members;
    const text = 'macOS does not tell who its administrators are, so that nobody is disabled';
    throw new ActionError('tool-failed', text);
  },
};

/** Who is disabled and who is not; accounts without any way to log in are not there. */
export const disabledAmong: Question<ReadonlyMap<string, boolean>> = {
  command: STATES,
  read: (completed) => {
    if (completed.exitCode !== 0) throw unexpected(STATES, completed);
    const rows = completed.stdout.split('\n').map((line) => line.trim().split(/\s+/));
    return new Map(
      rows.flatMap(([name = '', ...words]) =>
        words.length > 0 ? [[name, isDisabled(words)] as const] : [],
      ),
    );
  },
};
