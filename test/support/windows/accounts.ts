import type { Doubles, ToolCall } from './doubles.ts';

/** An account of a Windows. */
export interface Account {
  readonly sid: string;
  enabled: boolean;
  readonly administrator?: boolean;
}

/**
 * The accounts of a Windows behind `net.exe` and `powershell.exe`: what a look at one tells, and `net user
 * NAME /active:…`. The real script is not run by anything here; only its answer is as it would be.
 */
export class Accounts {
  readonly byName = new Map<string, Account>();
  machine = 'WIN-SRV01';

  constructor(names: Readonly<Record<string, Partial<Account>>>) {
    const known: Account = { sid: 'S-1-5-21-7-8-9-500', enabled: true, administrator: true };
    const all: Readonly<Record<string, Partial<Account>>> = { Administrator: known, ...names };
    Object.entries(all).forEach(([name, account], place) => {
      const made = { sid: `S-1-5-21-7-8-9-${1000 + place}`, enabled: true, ...account };
      this.byName.set(name.toLowerCase(), made);
    });
  }

  /** Has the doubles answer for them. */
  answer(doubles: Doubles): void {
    doubles.answer('powershell', (call) => this.#look(call));
    doubles.answer('net', (call) => this.#net(call));
  }

  #look({ args }: ToolCall) {
    const [, numbers = ''] = /\$n=-join\[char\[\]\]@\(([\d,]*)\)/.exec(args.at(-1) ?? '') ?? [];
    const name = String.fromCharCode(...numbers.split(',').map(Number));
    const codes = (text: string) =>
      Array.from({ length: text.length }, (_, at) => text.charCodeAt(at)).join(',');
    const facts = [`machine=${codes(this.machine)}`, 'role=ServerNT'];
    if (args.at(-1)?.includes('$j=$true')) facts.push('domain=2');
    const account = this.byName.get(name.toLowerCase());
    if (account) {
      const all = [...this.byName.values()];
      const others = all.filter((one) => one.administrator && one.enabled && one !== account);
      facts.push(
        `sid=${account.sid}`,
        `enabled=${Number(account.enabled)}`,
        'known=1',
        `administrator=${Number(account.administrator === true)}`,
        `others=${others.length}`,
        'agent=0',
      );
    }
    facts.push(`end=${account ? 1 : 0}`);
    return { stdout: facts.map((fact) => `${fact}\r\n`).join('') };
  }

  #net({ args }: ToolCall) {
    const [what, name = '', active = ''] = args;
    const account = this.byName.get(name.toLowerCase());
    if (what !== 'user' || !account) {
      return { exitCode: 2, stderr: 'The user name could not be found.\r\n' };
    }
    account.enabled = active === '/active:yes';
    return { stdout: 'The command completed successfully.\r\n\r\n' };
  }
}
