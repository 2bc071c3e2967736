import type { Command, Completed } from '../../../../src/lib/effect.ts';

/** Where the text of `/etc/master.passwd` is. */
export interface Store {
  readonly read: () => string;
  readonly write: (text: string) => void;
}

const MARK = '*LOCKED*';

/** `name:password:uid:gid:class:change:expire:gecos:home:shell`. */
const PASSWORD = 1;
const SHELL = 9;

const ok: Completed = { exitCode: 0, stdout: '', stderr: '' };
const fails = (exitCode: number, stderr: string): Completed => ({
  exitCode,
  stdout: '',
  stderr: `${stderr}\n`,
});

/** The accounts of a BSD, behind the tool of its own that locks them. All of their state is that file. */
export class Passwd {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** FreeBSD’s. */
  pw({ args }: Pick<Command, 'args'>): Completed {
    const [verb, name = '', ...more] = args;
    if (verb === 'usershow' && more.length === 0) return this.#shown(name);
    if ((verb !== 'lock' && verb !== 'unlock') || name === '' || more.length > 0) {
      return fails(64, 'usage:\n  pw [user|group|lock|unlock] [add|del|mod|show|next]');
    }
    // A name that is a number is taken for one.
    const line = this.#find((row) => (/^\d+$/.test(name) ? row[2] === name : row[0] === name));
    if (!line) return fails(67, `pw: no such user \`${name}'`);
    const locked = line[PASSWORD]?.startsWith(MARK) === true;
    if (locked && verb === 'lock') return fails(65, `pw: user '${name}' is already locked`);
    if (!locked && verb === 'unlock') return fails(65, `pw: user '${name}' is not locked`);
    this.#change(line, PASSWORD, (text) => (locked ? text.slice(MARK.length) : `${MARK}${text}`));
    return ok;
  }

  #shown(name: string): Completed {
    const line = this.#find((row) => row[0] === name);
    if (!line) return fails(67, `pw: no such user \`${name}'`);
    const shown = line.map((cell, at) => (at === PASSWORD ? '*' : cell));
    return { ...ok, stdout: `${shown.join(':')}\n` };
  }

  /** OpenBSD’s. */
  usermodZ({ args }: Pick<Command, 'args'>): Completed {
    const [flag, ...rest] = args;
    const name = rest.at(-1) ?? '';
    const line = this.#find((row) => row[0] === name);
    if (flag === '-s' && rest.length === 2) {
      if (!line) return fails(1, `usermod: no such user: ${name}`);
      this.#change(line, SHELL, () => rest[0] ?? '');
      return ok;
    }
    if ((flag !== '-Z' && flag !== '-U') || rest.length !== 1) return fails(1, 'usage: usermod …');
    if (!line) return fails(1, `usermod: no such user: ${name}`);
    const [password = '', shell = ''] = [line[PASSWORD], line[SHELL]];
    const [starred, dashed] = [password.startsWith('*'), shell.endsWith('-')];
    if (flag === '-Z') {
      if (starred && dashed)
        return { ...ok, stderr: `usermod: user '${name}' is already locked\n` };
      if (!starred) this.#change(line, PASSWORD, (text) => `*${text}`);
      if (!dashed) this.#change(line, SHELL, (text) => `${text}-`);
      return ok;
    }
    if (!starred && !dashed) return { ...ok, stderr: `usermod: user '${name}' is not locked\n` };
    if (starred) this.#change(line, PASSWORD, (text) => text.slice(1));
    if (dashed) this.#change(line, SHELL, (text) => text.slice(0, -1));
    return ok;
  }

  /** NetBSD’s. */
  usermodC({ args }: Pick<Command, 'args'>): Completed {
    const [flag, word = '', name = '', ...more] = args;
    if (flag !== '-C' || !/^(?:yes|no)$/.test(word) || name === '' || more.length > 0) {
      return fails(1, 'usage: usermod -D …');
    }
    const line = this.#find((row) => row[0] === name);
    if (!line) return fails(1, `usermod: No such user \`${name}'`);
    const locked = line[PASSWORD]?.startsWith(MARK) === true;
    if (locked === (word === 'yes')) {
      return { ...ok, stderr: `usermod: user '${name}' is ${locked ? 'already' : 'not'} locked\n` };
    }
    this.#change(line, PASSWORD, (text) => (locked ? text.slice(MARK.length) : `${MARK}${text}`));
    return ok;
  }

  /** Every account, one a line. */
  listing(): string {
    return this.#store
      .read()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `account ${line}\n`)
      .join('');
  }

  /** Whether no password is right for it, by a lock and not by nature. */
  locked(name: string): boolean {
    const line = this.#find((row) => row[0] === name);
    if (!line) return false;
    return line[PASSWORD]?.startsWith(MARK) === true || line[SHELL]?.endsWith('-') === true;
  }

  #rows(): string[][] {
    return this.#store
      .read()
      .split('\n')
      .map((line) => line.split(':'));
  }

  #find(is: (row: readonly string[]) => boolean): readonly string[] | undefined {
    return this.#rows().find((row) => row.length === SHELL + 1 && is(row));
  }

  #change([name]: readonly string[], at: number, change: (text: string) => string): void {
    const rows = this.#rows().map((row) =>
      row[0] === name ? row.map((cell, place) => (place === at ? change(cell) : cell)) : row,
    );
    this.#store.write(rows.map((row) => row.join(':')).join('\n'));
  }
}
