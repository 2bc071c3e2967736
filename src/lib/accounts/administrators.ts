import type { Step } from '../effect.ts';
import { ActionError } from '../outcome.ts';

/** A group whose members may become root. */
export interface Group {
  readonly name: string;
  /** Those whose first group it is, too. */
  readonly members: readonly string[];
}

/** What is told of an account by its line in `/etc/passwd`. */
export interface Listed {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly shell: string;
}

/** By what the systems call them; whoever is named in sudoers alone cannot be told from here. */
export const GROUPS: readonly string[] = ['sudo', 'wheel', 'admin'];

const rows = (text: string, columns: number): string[][] =>
  text
    .split('\n')
    .map((line) => line.split(':'))
    .filter(({ length }) => length === columns);

/** The accounts of `/etc/passwd`. */
export const accountsIn = (passwd: string): readonly Listed[] =>
  rows(passwd, 7).map(([name = '', , uid, gid, , , shell = '']) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    shell,
  }));

/** The groups of administrators in `/etc/group`, with their members by either file. */
export const groupsIn = (group: string, accounts: readonly Listed[]): readonly Group[] =>
  rows(group, 4)
    .filter(([name = '']) => GROUPS.includes(name))
    .map(([name = '', , gid, members = '']) => ({
      name,
      members: [
        ...members.split(',').filter((member) => member !== ''),
        ...accounts.filter((account) => account.gid === Number(gid)).map((one) => one.name),
      ],
    }));

/** The numbers of root and of every member of these groups. */
export function administrators(group: string, passwd: string): ReadonlySet<number> {
  const accounts = accountsIn(passwd);
  const names = new Set(groupsIn(group, accounts).flatMap(({ members }) => members));
  const uids = accounts.filter(({ name }) => names.has(name)).map(({ uid }) => uid);
  return new Set([0, ...uids]);
}

const [GROUP, PASSWD, SHADOW] = ['/etc/group', '/etc/passwd', '/etc/shadow'];

/**
 * Throws `refused` for the last member of an administrators' group who can still log in, whatever
 * root's own password may be: nobody should have to know it by heart.
 */
export function spareLast(name: string): Step<'good'> {
  return {
    spelled: `# look whether ${name} is the last of ${GROUPS.join(', ')} who can still log in`,
    act: async ({ systemFiles, clock }) => {
      const read = async (path: string) => (await systemFiles.read(path)) ?? '';
      const group = await read(GROUP);
      const accounts = accountsIn(await read(PASSWD));
      const mine = groupsIn(group, accounts).filter(({ members }) => members.includes(name));
      if (mine.length === 0) return 'good';
      const able = ableIn(accounts, await read(SHADOW), clock.now());
      const last = mine.find(
        ({ members }) => !members.some((one) => one !== name && able.has(one)),
      );
      if (last === undefined) return 'good';
      const why = `is the last administrator who can still log in (of the group ${last.name})`;
      throw new ActionError('refused', `${name} ${why}; it is never touched`);
    },
  };
}

const DAY = 86_400_000;
/** What no login comes out of. */
export const NO_SHELL = /\/(?:nologin|false)$/;

/** Who can log in with a password, root under whatever name aside. */
function ableIn(accounts: readonly Listed[], shadow: string, now: Date): ReadonlySet<string> {
  const today = Math.floor(now.getTime() / DAY);
  const unlocked = rows(shadow, 9)
    .filter(([, password = '']) => password !== '' && !/^[!*]/.test(password))
    .filter(([, , , , , , , expires = '']) => !/^\d+$/.test(expires) || Number(expires) > today)
    .map(([name]) => name);
  const known = new Set(unlocked);
  const people = accounts.filter(({ uid, shell }) => uid !== 0 && !NO_SHELL.test(shell));
  return new Set(people.map(({ name }) => name).filter((name) => known.has(name)));
}
