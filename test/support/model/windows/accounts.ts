import type { Completed } from '../../../../src/lib/effect.ts';
import { no, ok, sorted } from '../answer.ts';
import type { Registry } from './registry.ts';

interface Entry {
  readonly rid: number;
  enabled: boolean;
  administrator: boolean;
}

/** The name of every model host. */
export const MACHINE = 'WIN-SRV01';

const MACHINE_SID = 'S-1-5-21-1111111111-2222222222-3333333333';
const CONTROL = 'HKLM\\SYSTEM\\CurrentControlSet';
const UNKNOWN =
  'The user name could not be found.\r\n\r\nMore help is available by typing NET HELPMSG 2221.\r\n';
const DONE = 'The command completed successfully.\r\n\r\n';

// Who is known on every host, in the order of their numbers.
const BUILT_IN: readonly (readonly [name: string, rid: number])[] = [
  ['Administrator', 500],
  ['Guest', 501],
  ['krbtgt', 502],
];
const PEOPLE = ['alice', 'bob', 'Mallory', 'mallory2', 'trudy', 'Jörg Müller', 'agent', '7'];

// What a script of ours begins with: the name by its characters, and whether the domain is asked for.
const ASKED =
  /^\$n=-join\[char\[\]\]@\((?<codes>\d+(?:,\d+)*)\);\$j=\$(?<joined>true|false);\$Error.*;'end='\+\$u\.Count$/;
const FLAGS = '-NoLogo -NoProfile -NonInteractive -Command';

/**
 * The accounts of one computer, behind `net user`, `net localgroup`, `netdom`, the one script that
 * PowerShell is asked to run, `quser` and `logoff`. `runas` logs on. Names have no case.
 */
export class WindowsAccounts {
  readonly #registry: Registry;
  /** By the name in small letters; their names are as they were made. */
  readonly #entries = new Map<string, Entry & { readonly name: string }>();
  /** Who is logged on, by the number of the session. */
  readonly #sessions = new Map<number, string>();
  #joined = false;
  #next = 1001;
  #session = 1;

  constructor(registry: Registry) {
    this.#registry = registry;
    registry.set(`${CONTROL}\\Control\\ProductOptions`, 'ProductType', 'REG_SZ', 'ServerNT');
    for (const [name, rid] of BUILT_IN) {
      this.#entries.set(name.toLowerCase(), {
        name,
        rid,
        enabled: rid === 500,
        administrator: rid === 500,
      });
    }
    for (const name of PEOPLE) this.#make(name);
  }

  net(args: readonly string[]): Completed {
    const [topic, name = '', word = '', ...more] = args;
    if (topic === 'localgroup' && name === 'Administrators') return this.#group(word, more);
    if (topic !== 'user' || more.length > 0)
      throw new Error(`the model has no net ${args.join(' ')}`);
    const entry = this.#entry(name);
    if (word === '/add') {
      if (entry) return no(2, 'The account already exists.');
      this.#make(name);
      return ok(DONE);
    }
    if (!entry) return no(2, UNKNOWN);
    if (word === '/active:yes' || word === '/active:no') entry.enabled = word === '/active:yes';
    else if (word === '/delete') this.#entries.delete(name.toLowerCase());
    else throw new Error(`the model’s net user has no ${word}`);
    return ok(DONE);
  }

  #group(name: string, [word]: readonly string[]): Completed {
    const entry = this.#entry(name);
    if (!entry) return no(1, 'There is no such global user or group.');
    if (word !== '/add' && word !== '/delete') throw new Error(`the model has no ${word}`);
    if (word === '/delete' && entry.rid === 500) return no(2, 'System error 1371 has occurred.');
    entry.administrator = word === '/add';
    return ok(DONE);
  }

  /** Joins a domain; nothing else of it is modelled. */
  netdom([verb]: readonly string[]): Completed {
    this.#joined = verb === 'join';
    return ok();
  }

  powershell(args: readonly string[]): Completed {
    const script = args.at(-1) ?? '';
    const { codes, joined } = ASKED.exec(script)?.groups ?? {};
    if (args.slice(0, -1).join(' ') !== FLAGS || codes === undefined || script.includes('"')) {
      throw new Error(`the model has no powershell ${args.join(' ')}`);
    }
    const name = String.fromCharCode(...codes.split(',').map(Number));
    const role = this.#value('Control\\ProductOptions', 'ProductType');
    const controller = role === 'LanmanNT';
    const entry = controller ? undefined : this.#entry(name);
    const domain = controller ? 5 : 2 + Number(this.#joined);
    const lines = [
      `machine=${[...MACHINE].map((letter) => letter.charCodeAt(0)).join(',')}`,
      `role=${role}`,
      ...(joined === 'true' ? [`domain=${domain}`] : []),
      ...(entry ? this.#facts(entry) : []),
      `end=${entry ? 1 : 0}`,
    ];
    return ok(lines.map((line) => `${line}\r\n`).join(''));
  }

  #facts(entry: Entry & { readonly name: string }): readonly string[] {
    const group = [...this.#entries.values()].filter(({ administrator }) => administrator);
    const others = group.filter((one) => one.enabled && one !== entry);
    const users = ['WazuhSvc', 'OssecSvc'].map((service) =>
      this.#value(`Services\\${service}`, 'ObjectName').split('\\').at(-1),
    );
    const runs = users.some((user) => user?.toLowerCase() === entry.name.toLowerCase());
    return [
      `sid=${MACHINE_SID}-${entry.rid}`,
      `enabled=${Number(entry.enabled)}`,
      `known=${group.filter(({ rid }) => rid === 500).length}`,
      `administrator=${Number(entry.administrator)}`,
      `others=${others.length}`,
      `agent=${Number(runs)}`,
    ];
  }

  #value(key: string, name: string): string {
    const values = this.#registry.values(`${CONTROL}\\${key}`);
    return values.find((one) => one.name === name)?.data ?? '';
  }

  /** Somebody logs on, at a screen of their own. */
  runas([, name = '']: readonly string[]): Completed {
    this.#session += 1;
    this.#sessions.set(this.#session, name);
    return ok();
  }

  /** In German: what is read is in no language. Whoever is called as a session is gets that one told. */
  quser([name = '']: readonly string[]): Completed {
    const meant = ([id, user]: readonly [number, string]) =>
      user.toLowerCase() === name.toLowerCase() || `${id}` === name;
    const rows = [...this.#sessions].filter(meant).map(([id, user], place) => {
      const session = place === 0 ? `rdp-tcp#${id}` : '';
      const state = place === 0 ? 'Aktiv' : 'Getr.';
      return ` ${user.padEnd(20)}  ${session.padEnd(16)}${`${id}`.padStart(5)}  ${state.padEnd(8)} Kein  20.11.2026 17:03\r\n`;
    });
    if (rows.length === 0) return no(1, `${name} ist kein Benutzer.`);
    return {
      exitCode: 1,
      stdout: ` BENUTZERNAME          SITZUNGSNAME       ID  STATUS  LEERLAUF   ANMELDEZEIT\r\n${rows.join('')}`,
      stderr: '',
    };
  }

  logoff([id = '', ...more]: readonly string[]): Completed {
    if (!/^\d+$/.test(id) || more.length > 0) throw new Error(`the model has no logoff ${id}`);
    return this.#sessions.delete(Number(id)) ? ok() : no(1, `Sitzung ${id} nicht gefunden`);
  }

  listing(): string {
    const accounts = sorted(this.#entries).map(
      ([, { name, rid, enabled, administrator }]) =>
        `account ${name} ${rid} ${enabled ? 'enabled' : 'disabled'}${administrator ? ' administrator' : ''}\n`,
    );
    const sessions = [...this.#sessions].map(([id, name]) => `session ${id} of ${name}\n`);
    return [...accounts, `joined ${this.#joined}\n`, ...sessions].join('');
  }

  /** Whether nobody can log in with it. */
  disabled(name: string): boolean {
    return this.#entry(name)?.enabled === false;
  }

  #make(name: string): void {
    const entry = { name, rid: this.#next, enabled: true, administrator: false };
    this.#next += 1;
    this.#entries.set(name.toLowerCase(), entry);
  }

  #entry(name: string) {
    return this.#entries.get(name.toLowerCase());
  }
}
