import { isIPv4, isIPv6 } from 'node:net';
import type { Command, Completed } from '../../../../src/lib/effect.ts';
import { getopt } from './getopt.ts';

/** Whose ipfw it is: FreeBSD's of 11, of 12 and later, or the one that macOS had until 10.9. */
export type IpfwKind = 11 | 12 | 'macos';

/** All of it, as plain data. */
export interface IpfwState {
  /** What `sysctl net.inet.ip.fw.enable` says. */
  enabled: boolean;
  rules: { number: number; set: number; text: string }[];
  /** Sets that are not looked into. */
  disabled: number[];
  /** Addresses by the table's name. */
  tables: Record<string, string[]>;
  /** Tables that nobody may change. */
  locked: string[];
}

// EX_USAGE, EX_NOHOST, EX_UNAVAILABLE, EX_OSERR.
const [USAGE, NOHOST, UNAVAILABLE, OSERR] = [64, 68, 69, 71];
const RULE =
  /^(?:(?<number>\d+) )?(?:set (?<set>\d+) )?(?<text>(?:deny|allow) ip from (?<from>\S+) to (?<to>\S+)(?: \/\/ .*)?)$/;
const NAME = /^[A-Za-z0-9_.-]{1,63}$/;

/** The packet filter `ipfw` of one host, and the switch that turns it off. */
export class Ipfw {
  readonly kind: IpfwKind;
  readonly state: IpfwState;

  constructor(kind: IpfwKind, state?: IpfwState) {
    this.kind = kind;
    this.state = state ?? { enabled: true, rules: [], disabled: [], tables: {}, locked: [] };
    if (!state) this.#add('65535 deny ip from any to any');
  }

  /** `sysctl -n net.inet.ip.fw.enable`. */
  sysctl({ args }: Pick<Command, 'args'>): Completed {
    const [how, name = '', ...more] = args;
    if (how !== '-n' || more.length > 0) return no(1, 'usage: sysctl [-n] name ...');
    const known = ['net.inet.ip.fw.enable', 'net.inet6.ip6.fw.enable'].includes(name);
    if (!known) return no(1, `sysctl: unknown oid '${name}'`);
    return yes(`${this.state.enabled ? 1 : 0}\n`);
  }

  run({ args }: Pick<Command, 'args'>): Completed {
    const parsed = getopt(args, 'abcdefhinNp:qsStTv');
    if (!parsed) return no(USAGE, 'usage: ipfw [-abcdefhnNqStT] <command>');
    const { options, words } = parsed;
    const quiet = options.some(([one]) => one === 'q');
    const sets = options.some(([one]) => one === 'S');
    const [verb, ...rest] = words;
    switch (verb) {
      case 'add':
        return this.#add(rest.join(' '), quiet);
      case 'delete':
        return this.#delete(rest);
      case 'list':
      case 'show':
        return this.#list(verb, sets, rest);
      case 'set':
        return this.#set(rest);
      case 'flush':
        if (!options.some(([one]) => one === 'f')) throw new Error('it would ask whether to');
        this.state.rules = this.state.rules.filter(({ number }) => number === 65_535);
        return yes(quiet ? '' : 'Flushed all rules.\n');
      case 'table':
        if (this.kind !== 'macos') return this.#table(rest, quiet);
        break;
    }
    return no(USAGE, `ipfw: bad command \`${verb ?? ''}'`);
  }

  #add(line: string, quiet = true): Completed {
    const { number, set = '0', text = '', from, to } = RULE.exec(line)?.groups ?? {};
    if (from === undefined || to === undefined) return no(USAGE, `ipfw: bad command \`${line}'`);
    for (const end of [from, to]) {
      const table = /^table\((.+)\)$/.exec(end)?.[1];
      if (table !== undefined) {
        if (this.kind === 'macos' || !NAME.test(table)) return no(USAGE, 'ipfw: bad table name');
        // What a rule looks into is there.
        this.state.tables[table] ??= [];
      } else if (end !== 'any' && end !== 'me') {
        const [address = ''] = end.split('/');
        const six = isIPv6(address) && this.kind !== 'macos';
        if (!isIPv4(address) && !six) return no(NOHOST, `ipfw: hostname \`\`${end}'' unknown`);
      }
    }
    const highest = this.state.rules
      .map((rule) => rule.number)
      .filter((one) => one < 65_535)
      .reduce((one, other) => Math.max(one, other), 0);
    const rule = { number: Number(number ?? highest + 100), set: Number(set), text };
    const after = this.state.rules.findIndex((one) => one.number > rule.number);
    this.state.rules.splice(after < 0 ? this.state.rules.length : after, 0, rule);
    return yes(quiet ? '' : `${String(rule.number).padStart(5, '0')} ${text}\n`);
  }

  #delete(words: readonly string[]): Completed {
    for (const word of words) {
      const number = Number(word);
      if (!Number.isInteger(number)) return no(USAGE, `ipfw: bad rule number \`${word}'`);
      const kept = this.state.rules.filter((rule) => rule.number !== number || number === 65_535);
      if (kept.length === this.state.rules.length) {
        return no(UNAVAILABLE, `ipfw: rule ${number} not found`);
      }
      this.state.rules = kept;
    }
    return yes();
  }

  #list(verb: string, sets: boolean, words: readonly string[]): Completed {
    if (words.length > 0) return no(USAGE, 'ipfw: only all of it is modelled');
    const shown = this.state.rules.filter(({ set }) => sets || !this.state.disabled.includes(set));
    const rows = shown.map(({ number, set, text }) => {
      const off = sets && this.state.disabled.includes(set) ? '# DISABLED ' : '';
      const counts = verb === 'show' ? ' 0 0' : '';
      const of = sets ? ` set ${set}` : '';
      return `${off}${String(number).padStart(5, '0')}${counts}${of} ${text}\n`;
    });
    return yes(rows.join(''));
  }

  #set([verb, word]: readonly string[]): Completed {
    const set = Number(word);
    if ((verb !== 'enable' && verb !== 'disable') || !(set >= 0 && set < 31)) {
      return no(USAGE, `ipfw: bad set number ${word}`);
    }
    this.state.disabled = this.state.disabled.filter((one) => one !== set);
    if (verb === 'disable') this.state.disabled.push(set);
    return yes();
  }

  #table([name = '', verb, ...words]: readonly string[], quiet: boolean): Completed {
    const { tables, locked } = this.state;
    if (name === 'all' && verb === 'list')
      return yes(Object.keys(tables).map(this.#shown).join(''));
    if (!NAME.test(name)) return no(USAGE, `ipfw: table name ${name} is invalid`);
    const table = tables[name];
    const [word = ''] = words;
    switch (verb) {
      case 'create':
        if (words.join(' ') !== 'type addr') return no(USAGE, `ipfw: invalid argument ${word}`);
        if (table) return no(OSERR, 'ipfw: Table creation failed: File exists');
        tables[name] = [];
        return yes();
      case 'destroy':
        if (!table) return no(OSERR, 'ipfw: failed to destroy table: No such process');
        if (this.state.rules.some(({ text }) => text.includes(`table(${name})`))) {
          return no(OSERR, 'ipfw: failed to destroy table: Device or resource busy');
        }
        delete tables[name];
        return yes();
      case 'list':
        if (!table) return no(OSERR, 'ipfw: failed to request table info: No such process');
        return yes(this.#shown(name));
      case 'lookup': {
        const address = wholeOf(word);
        if (address === undefined) return no(NOHOST, `ipfw: hostname \`\`${word}'' unknown`);
        if (!table) return no(UNAVAILABLE, `ipfw: Table ${name} not found`);
        if (!table.includes(address))
          return no(UNAVAILABLE, 'ipfw: Entry IP not found'.replace('IP', word));
        return yes(`${address} 0\n`);
      }
      case 'add':
      case 'delete': {
        const address = wholeOf(word);
        if (address === undefined) return no(NOHOST, `ipfw: hostname \`\`${word}'' unknown`);
        if (locked.includes(name)) return no(OSERR, `ipfw: ${failed(verb)}: table is locked`);
        return verb === 'add'
          ? this.#addTo(name, address, quiet)
          : this.#deleteFrom(name, address, quiet);
      }
    }
    return no(USAGE, `ipfw: invalid table command ${verb ?? ''}`);
  }

  readonly #shown = (name: string): string => {
    const rows = (this.state.tables[name] ?? []).map((address) => `${address} 0\n`);
    return `--- table(${name}), set(0) ---\n${rows.join('')}`;
  };

  #addTo(name: string, address: string, quiet: boolean): Completed {
    const there = this.state.tables[name];
    const table = there ?? [];
    this.state.tables[name] = table;
    const warning = there
      ? ''
      : `DEPRECATED: inserting data into non-existent table ${name}. (auto-created)\n`;
    if (table.includes(address)) {
      if (quiet) return yes(this.kind === 11 ? `updated: ${address} 0\n` : '');
      const text = `ipfw: ${failed('add')}: record already exists`;
      return { ...no(OSERR, text), stdout: `exists: ${address} 0\n` };
    }
    table.push(address);
    const said = quiet && this.kind !== 11 ? '' : `added: ${address} 0\n`;
    return { ...yes(said), stderr: warning };
  }

  #deleteFrom(name: string, address: string, quiet: boolean): Completed {
    const table = this.state.tables[name];
    if (!table) return no(OSERR, 'ipfw: Deleting record failed: No such process');
    if (table.includes(address)) {
      this.state.tables[name] = table.filter((one) => one !== address);
      return yes(quiet && this.kind !== 11 ? '' : `deleted: ${address} 0\n`);
    }
    if (quiet && this.kind !== 11) return yes();
    const text = 'ipfw: Deleting record failed: record not found';
    return { ...no(OSERR, text), stdout: `notfound: ${address} 0\n` };
  }

  /** Every thing of it, one a line. */
  listing(): string {
    const { rules, tables, disabled } = this.state;
    return [
      ...rules.map(({ number, set, text }) => `ipfw ${number} set ${set} ${text}\n`),
      ...disabled.map((set) => `ipfw set ${set} is disabled\n`),
      ...Object.entries(tables)
        .flatMap(([name, list]) => [
          `ipfw table ${name}\n`,
          ...list.map((address) => `ipfw table ${name} ${address}\n`),
        ])
        .sort(),
    ].join('');
  }

  /** Whether nothing comes from or goes to the address, by rules about it. */
  drops(target: string): boolean {
    const { enabled, rules, disabled } = this.state;
    const live = rules.filter(({ set }) => !disabled.includes(set));
    const denies = (end: (from: string, to: string) => string | undefined) =>
      live.some(({ text }) => {
        const [, from = '', to = ''] = /^deny ip from (\S+) to (\S+)/.exec(text) ?? [];
        const about = end(from, to);
        if (about === undefined) return false;
        const table = /^table\((.+)\)$/.exec(about)?.[1];
        if (table === undefined) return about === target;
        return (this.state.tables[table] ?? []).includes(wholeOf(target) ?? '');
      });
    const incoming = denies((from, to) => (to === 'any' ? from : undefined));
    return enabled && incoming && denies((from, to) => (from === 'any' ? to : undefined));
  }
}

const yes = (stdout = ''): Completed => ({ exitCode: 0, stdout, stderr: '' });
const no = (exitCode: number, stderr: string): Completed => ({
  exitCode,
  stdout: '',
  stderr: `${stderr}\n`,
});

const failed = (verb: 'add' | 'delete') =>
  verb === 'add' ? 'Adding record failed' : 'Deleting record failed';

/** An address as tables print it; nothing where no name service would know it. */
function wholeOf(text: string): string | undefined {
  const [address = '', size] = text.split('/');
  if (isIPv4(address)) return `${address}/${size ?? '32'}`;
  return isIPv6(address) ? `${address}/${size ?? '128'}` : undefined;
}
