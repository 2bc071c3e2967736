import type { Completed } from '../../../src/lib/effect.ts';
import { no, ok, sorted } from './answer.ts';

interface Entry {
  readonly uid: number;
  password: string;
  /** Days since 1970. */
  changed: string;
  expires: string;
}

const FILES = '/etc/passwd /etc/shadow /etc/login.defs';
const PASSWORDLESS =
  "usermod: unlocking the user's password would result in a passwordless account.\n";
const TODAY = '20000';

/**
 * The accounts of one host, behind `usermod`, `userdel` and `passwd` of shadow 4.13, BusyBox 1.35, a `grep`
 * that is asked for one account, and `pkill`.
 */
export class Accounts {
  readonly #entries = new Map<string, Entry>();
  /** Who has a process. */
  readonly #running = new Set<string>();

  /** Every account has a password and no expiry. */
  constructor(accounts: Readonly<Record<string, number>>) {
    for (const [name, uid] of Object.entries(accounts)) {
      this.#entries.set(name, { uid, password: `$y$${name}`, changed: '19000', expires: '' });
    }
  }

  grep(args: readonly string[]): Completed {
    const [, name = '', files] = /^-h -e \^(.+): -e \S+UID_MIN\S+ (.+)$/.exec(args.join(' ')) ?? [];
    if (files !== FILES) throw new Error(`the model cannot grep ${args.join(' ')}`);
    const entry = this.#entry(name.replace(/\\(.)/g, '$1'));
    const plain = name.replaceAll('\\', '');
    const passwd = `${plain}:x:${entry?.uid}:${entry?.uid}::/home/${plain}:/bin/sh\n`;
    const { password, changed, expires } = entry ?? {};
    const shadow = `${plain}:${password}:${changed}:0:99999:7::${expires}:\n`;
    const found = entry ? `${passwd}${shadow}` : '';
    return ok(`${found}UID_MIN\t\t\t 1000\n`);
  }

  usermod(args: readonly string[]): Completed {
    const words = [...args];
    const name = words.pop() ?? '';
    let stderr = '';
    const entry = this.#entry(name);
    if (!entry) return no(6, `usermod: user '${name}' does not exist`);
    while (words.length > 0) {
      const word = words.shift();
      if (word === '-e') entry.expires = words.shift() ?? '';
      else if (word === '-L') entry.password = entry.password.replace(/^(?!!)/, '!');
      // It does all else that it was told, and calls the whole a success.
      else if (word === '-U' && entry.password === '!') stderr = PASSWORDLESS;
      else if (word === '-U') entry.password = entry.password.replace(/^!/, '');
      else if (word === '-p') {
        entry.password = words.shift() ?? '';
        entry.changed = TODAY;
      } else throw new Error(`the model’s usermod has no ${word}`);
    }
    return { ...ok(), stderr };
  }

  userdel([name = '']: readonly string[]): Completed {
    return this.#entries.delete(name) ? ok() : no(6, `userdel: user '${name}' does not exist`);
  }

  passwd([flag, name = '']: readonly string[]): Completed {
    const entry = this.#entry(name);
    if (!entry) return no(1, `passwd: user '${name}' does not exist`);
    if (flag !== '-d') throw new Error(`the model’s passwd has no ${flag}`);
    entry.password = '';
    return ok('passwd: password changed.\n');
  }

  busybox([applet, ...args]: readonly string[]): Completed {
    if (applet === 'grep') return this.grep(args);
    if (applet !== 'passwd') return no(127, `${applet}: applet not found`);
    const [flag, name = ''] = args;
    const entry = this.#entry(name);
    if (!entry) return no(1, `passwd: unknown user ${name}`);
    const locked = entry.password.startsWith('!');
    if (locked === (flag === '-l')) {
      return no(1, `passwd: password for ${name} is already ${locked ? '' : 'un'}locked`);
    }
    entry.password = locked ? entry.password.slice(1) : `!${entry.password}`;
    entry.changed = TODAY;
    return { ...ok(), stderr: `passwd: password for ${name} changed by root\n` };
  }

  /** Somebody logs in; `su` to nobody real, but its process stays. */
  su([name = '']: readonly string[]): Completed {
    this.#running.add(name);
    return ok();
  }

  pkill(args: readonly string[]): Completed {
    const [, name = ''] = /^-KILL -U (\S+)$/.exec(args.join(' ')) ?? [];
    if (!this.#entry(name)) return no(2, `pkill: invalid user name: ${name}`);
    return { exitCode: this.#running.delete(name) ? 0 : 1, stdout: '', stderr: '' };
  }

  loginctl(): Completed {
    return no(1, 'Failed to connect to bus: No such file or directory');
  }

  /** Without the day of the last change, which BusyBox moves for good. */
  listing(): string {
    const accounts = sorted(this.#entries).map(
      ([name, { uid, password, expires }]) => `account ${name} ${uid} ${password} ${expires}\n`,
    );
    return [...accounts, ...[...this.#running].map((name) => `process of ${name}\n`)].join('');
  }

  /** Whether nobody can log in; what BusyBox has locked, with its password alone. */
  locked(name: string): boolean {
    const { password = '', expires, changed } = this.#entry(name) ?? {};
    return password.startsWith('!') && (expires === '1' || changed === TODAY);
  }

  #entry(name: string): Entry | undefined {
    return this.#entries.get(name);
  }
}
