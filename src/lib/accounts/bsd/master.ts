import type { Deed } from '../../effect.ts';
import { hashOf } from '../../hash.ts';
import type { Host } from '../../host.ts';
import { ActionError } from '../../outcome.ts';
import { GROUPS, groupsIn, type Listed, NO_SHELL } from '../administrators.ts';
import { type Account, GONE, spelled } from './account.ts';

/** Where a BSD keeps its accounts with their passwords; its tools can lock no others. */
export const MASTER = '/etc/master.passwd';

const GROUP = '/etc/group';

/** One line of it. */
export interface Row extends Listed {
  readonly password: string;
  /** When it expires, in seconds since 1970; 0 for never. */
  readonly expires: number;
}

// name:password:uid:gid:class:change:expire:gecos:home:shell
const COLUMNS = 10;

/** Its lines. */
export const rowsIn = (text: string): readonly Row[] =>
  text
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([name = '', ...rest]) => rest.length === COLUMNS - 1 && /^[^#+-]/.test(name))
    .map(([name = '', password = '', uid, gid, , , expires, , , shell = '']) => ({
      name,
      password,
      uid: Number(uid),
      gid: Number(gid),
      expires: Number(expires),
      shell,
    }));

/** How a system's tool marks what it has locked. */
export interface Lock {
  readonly isOn: (row: Row) => boolean;
  /** The password without the mark, whether it is there or not. */
  readonly behind: (row: Row) => string;
  /** What undo has to know besides. */
  readonly before?: (row: Row) => Readonly<Record<string, string>>;
}

// The first number of people's accounts on all three, and what stands for nobody in particular.
const UID_MIN = 1000;
const NOBODY = [32_767, 65_534, 4_294_967_294];

const rows = async ({ systemFiles }: Pick<Host, 'systemFiles'>): Promise<readonly Row[]> => {
  const text = await systemFiles.read(MASTER);
  if (text === undefined) throw new ActionError('tool-failed', `there is no ${MASTER}`);
  return rowsIn(text);
};

/** Looks at one account in the file itself: what the tools show of it leaves out the password. */
export const lookUp = (name: string, lock: Lock): Deed<string> => ({
  spelled: `# look at the line of ${name} in ${MASTER}`,
  act: async (host) => stateIn(name, await rows(host), lock),
});

/** The account as a state that records keep. */
export function stateIn(name: string, all: readonly Row[], lock: Lock): string {
  const mine = all.filter((row) => row.name === name);
  const [row] = mine;
  if (row === undefined) return GONE;
  // A second line of one name counts for nothing, unless it makes an administrator of it.
  const uid = mine.some((one) => one.uid === 0) ? 0 : row.uid;
  const account: Account = {
    uid,
    system: uid < UID_MIN || NOBODY.includes(uid),
    locked: lock.isOn(row),
    identity: `${uid} ${hashOf(lock.behind(row))}`,
    ...(lock.before && { before: lock.before(row) }),
  };
  return spelled(account);
}

/**
 * Throws `refused` for the last member of an administrators' group who can still log in with a password,
 * whatever root's own may be: nobody should have to know it by heart.
 */
export const spareLast = (name: string): Deed<'good'> => ({
  spelled: `# look whether ${name} is the last of ${GROUPS.join(', ')} who can still log in`,
  act: async (host) => {
    const all = await rows(host);
    const groups = groupsIn((await host.systemFiles.read(GROUP)) ?? '', all);
    const able = new Set(ableIn(all, host.clock.now()));
    const last = groups.find(
      ({ members }) =>
        members.includes(name) && !members.some((one) => one !== name && able.has(one)),
    );
    if (last === undefined) return 'good';
    const why = `is the last administrator who can still log in (of the group ${last.name})`;
    throw new ActionError('refused', `${name} ${why}; it is never touched`);
  },
});

// Every lock here begins with a star, as does what stands in the place of no password.
const ableIn = (all: readonly Row[], now: Date): readonly string[] =>
  all
    .filter((row) => row.uid !== 0 && !NO_SHELL.test(row.shell))
    .filter(({ password }) => password !== '' && !password.startsWith('*'))
    .filter(({ expires }) => !(expires > 0 && expires * 1_000 <= now.getTime()))
    .map(({ name }) => name);
