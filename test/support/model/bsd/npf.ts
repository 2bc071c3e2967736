import { isIP } from 'node:net';
import type { Command, Completed } from '../../../../src/lib/effect.ts';

/** All of it, as plain data. */
export interface NpfState {
  active: boolean;
  /** What `npfctl show` prints below its first lines: tables and rules. */
  config: string[];
  /** Addresses by the table's name. */
  tables: Record<string, string[]>;
}

/** NetBSD's packet filter of one host, behind `npfctl`. */
export class Npf {
  readonly state: NpfState;

  constructor(state?: NpfState) {
    this.state = state ?? { active: true, config: [], tables: {} };
  }

  run({ args }: Pick<Command, 'args'>): Completed {
    const [verb, name = '', change = '', address = '', ...more] = args;
    if (verb === 'show' && args.length === 1) return { ...yes(this.#show()) };
    if (verb !== 'table' || more.length > 0) return usage();
    if (change === 'list' && address === '') return this.#list(name);
    if (!['add', 'rem', 'del', 'test'].includes(change)) return usage();
    const table = this.state.tables[name];
    const [host = '', size] = address.split('/');
    // Names are resolved, and any number is taken for the size of a network.
    const known = isIP(host) !== 0 && (size === undefined || /^\d+$/.test(size));
    if (!table || !known) return no('invalid address, mask or table ID');
    const there = table.includes(host);
    if (change === 'add') {
      if (there) return no('entry already exists or is conflicting');
      table.push(host);
      return yes('npfctl: success\n');
    }
    if (!there) return no('not found');
    if (change === 'test') return yes('npfctl: match\n');
    this.state.tables[name] = table.filter((one) => one !== host);
    return yes('npfctl: success\n');
  }

  #list(name: string): Completed {
    const table = this.state.tables[name];
    if (!table) return no('invalid address, mask or table ID');
    return yes(table.map((address) => `${address}\n`).join(''));
  }

  #show(): string {
    const { active, config } = this.state;
    const head = [`# filtering:\t${active ? 'active' : 'inactive'}`, '# config:\tloaded', ''];
    return [...head, ...config, ''].join('\n');
  }

  /** Every thing of it, one a line. */
  listing(): string {
    const { active, config, tables } = this.state;
    const members = Object.entries(tables).flatMap(([name, list]) =>
      list.map((address) => `npf <${name}> ${address}`),
    );
    const head = [`npf is ${active ? 'active' : 'inactive'}`, ...config.map((one) => `npf ${one}`)];
    return [...head, ...members.sort(), ''].join('\n');
  }

  /** Whether nothing comes from or goes to the address. */
  drops(target: string): boolean {
    const { active, config, tables } = this.state;
    const blocks = (way: string, end: string) =>
      config.some((line) => {
        const [, its, which, name = ''] =
          /^\s*block (in|out) final (from|to) <(\w+)>/.exec(line) ?? [];
        return its === way && which === end && tables[name]?.includes(target) === true;
      });
    return active && blocks('in', 'from') && blocks('out', 'to');
  }
}

const yes = (stdout: string): Completed => ({ exitCode: 0, stdout, stderr: '' });
const no = (text: string): Completed => ({ exitCode: 1, stdout: '', stderr: `npfctl: ${text}\n` });
const usage = (): Completed => ({
  exitCode: 1,
  stdout: '',
  stderr: 'Usage:\tnpfctl start | stop\n',
});
