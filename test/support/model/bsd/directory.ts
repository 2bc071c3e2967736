import type { Command, Completed } from '../../../../src/lib/effect.ts';

/** One account of a Mac. */
export interface MacAccount {
  uid: number;
  /** What no other account ever has. */
  id: string;
  /** Every name of it, the first one before the others. */
  names: string[];
  authorities: string[];
}

/** All of it, as plain data. */
export interface DirectoryState {
  accounts: MacAccount[];
  /** The members of the groups, by their names. */
  groups: Record<string, string[]>;
}

const HASH = ';ShadowHash;HASHLIST:<SALTED-SHA512-PBKDF2,SRP-RFC5054-4096-SHA512-PBKDF2>';
const TOKEN = ';SecureToken;';
const DISABLED = ';DisabledUser;';

const PEOPLE: Readonly<Record<string, number>> = {
  root: 0,
  _www: 70,
  _wazuh: 601,
  nobody: -2,
  wazuh: 505,
  alice: 501,
  bob: 502,
  mallory: 503,
  mallory2: 504,
  trudy: 506,
};

const identity = (uid: number): string =>
  `00000000-0000-4000-8000-${String(uid + 2).padStart(12, '0')}`;

const usual = (): DirectoryState => ({
  accounts: Object.entries(PEOPLE).map(([name, uid]) => ({
    uid,
    id: identity(uid),
    names: name === 'trudy' ? [name, 'gertrude'] : [name],
    authorities: uid > 500 && !name.startsWith('_') ? [HASH, TOKEN] : [],
  })),
  groups: { admin: ['root', 'alice', 'bob'] },
});

const ok = (stdout = ''): Completed => ({ exitCode: 0, stdout, stderr: '' });

/** The accounts of one Mac, behind `dscl` and `pwpolicy`. */
export class Directory {
  readonly state: DirectoryState;

  constructor(state?: DirectoryState) {
    this.state = state ?? usual();
  }

  dscl({ args }: Pick<Command, 'args'>): Completed {
    const [node, verb, path = '', ...keys] = args;
    if (node !== '.') return unknownNode();
    if (verb === '-list' && path === '/Users' && keys.length === 1) return ok(this.#listed());
    if (verb !== '-read') return { exitCode: 64, stdout: '', stderr: `Unknown command: ${verb}\n` };
    const group = /^\/Groups\/(\w+)$/.exec(path)?.[1];
    if (group !== undefined) return this.#group(group, keys);
    const name = /^\/Users\/([^/]+)$/.exec(path)?.[1] ?? '';
    const account = this.#find(name);
    if (!account) return notFound(path);
    const values: Readonly<Record<string, readonly string[]>> = {
      RecordName: account.names,
      UniqueID: [String(account.uid)],
      GeneratedUID: [account.id],
      AuthenticationAuthority: account.authorities,
    };
    return ok(keys.map((key) => shown(key, values[key] ?? [])).join(''));
  }

  #listed(): string {
    return this.state.accounts
      .map(({ names: [name = ''], authorities }) => `${name.padEnd(24)}${authorities.join(' ')}\n`)
      .join('');
  }

  #group(name: string, keys: readonly string[]): Completed {
    const members = this.state.groups[name];
    if (!members) return notFound(`/Groups/${name}`);
    return ok(keys.map((key) => shown(key, key === 'GroupMembership' ? members : [])).join(''));
  }

  pwpolicy({ args }: Pick<Command, 'args'>): Completed {
    const words = args.join(' ');
    const [, name = '', verb] =
      /^-n \/Local\/Default -u (\S+) -(disableuser|enableuser)$/.exec(words) ?? [];
    if (verb === undefined) return { exitCode: 64, stdout: '', stderr: 'usage: pwpolicy …\n' };
    const account = this.#find(name);
    if (!account) {
      const stderr = `Error: password server reported error -14136 (eDSRecordNotFound)\n`;
      return { exitCode: 40, stdout: '', stderr };
    }
    const [first = '', ...more] = account.authorities;
    // The word goes before the first of the ways to log in; done twice it is done once.
    const bare = first.replace(DISABLED, '');
    const all = verb === 'disableuser' ? [`${DISABLED}${bare}`, ...more] : [bare, ...more];
    account.authorities = all.filter((one) => one !== '');
    return ok(`${verb === 'disableuser' ? 'Disabling' : 'Enabling'} account for user <${name}>\n`);
  }

  listing(): string {
    return this.state.accounts
      .map(({ uid, names, authorities }) => `account ${names} ${uid} ${authorities.join(' ')}\n`)
      .join('');
  }

  /** Whether nobody can log in with it. */
  disabled(name: string): boolean {
    return this.#find(name)?.authorities.some((one) => one.startsWith(DISABLED)) === true;
  }

  #find(name: string): MacAccount | undefined {
    return this.state.accounts.find(({ names }) => names.includes(name));
  }
}

// Values with a blank in one of them stand below the attribute, one a line.
function shown(key: string, values: readonly string[]): string {
  if (values.length === 0) return `No such key: ${key}\n`;
  return values.some((value) => value.includes(' '))
    ? `${key}:\n${values.map((value) => ` ${value}\n`).join('')}`
    : `${key}: ${values.join(' ')}\n`;
}

const notFound = (path: string): Completed => ({
  exitCode: 56,
  stdout: '',
  stderr: `<dscl_cmd> DS Error: -14136 (eDSRecordNotFound)\n${path}: no such record\n`,
});

const unknownNode = (): Completed => ({
  exitCode: 64,
  stdout: '',
  stderr: 'Data source is not valid.\n',
});
