import { isIPv4, isIPv6 } from 'node:net';
import type { Command, Completed } from '../../../../src/lib/effect.ts';
import { getopt } from './getopt.ts';
import { parseRules, type Rules } from './pf-rules.ts';

/** Whose pfctl it is. */
export type PfKind = 'macos' | 'freebsd' | 'openbsd';

/** One ruleset: the main one, or an anchor's. */
interface Ruleset {
  rules: string[];
  /** Addresses by the table's name, in the order in which they came. */
  tables: Record<string, string[]>;
}

/** All of it, as plain data. */
export interface PfState {
  enabled: boolean;
  /** Who keeps it enabled, on macOS. */
  tokens: { pid: number; name: string; token: string }[];
  given: number;
  /** What is open, as source and destination. */
  states: [source: string, destination: string][];
  /** By the path of the anchor; the main one is called ''. */
  rulesets: Record<string, Ruleset>;
}

const NOISE = 'No ALTQ support in kernel\nALTQ related functions disabled\n';
const WARNING =
  'pfctl: Use of -f option, could result in flushing of rules\npresent in the main ruleset added by the system at startup.\nSee /etc/pf.conf for further details.\n\n';

const LETTERS: Readonly<Record<PfKind, string>> = {
  macos: 'a:AdD:eEf:F:hi:k:K:mnNOo:p:qrRs:t:T:vw:x:X:z',
  freebsd: 'a:AdD:eF:f:ghi:k:K:mnNOo:p:qrRs:t:T:vx:z',
  openbsd: 'a:dD:eF:f:ghi:k:K:L:nNo:p:qrS:s:t:T:vV:x:z',
};

const USAGE = 'usage: pfctl [-AdeghmNnOPqRrvz] [-a anchor] [-D macro=value] [-F modifier]';

/** What it was told besides what to do. */
interface Manner {
  readonly anchor: string;
  readonly quiet: boolean;
  readonly verbose: number;
  readonly table: string | undefined;
}

/** The packet filter of one host, behind `pfctl`. */
export class Pf {
  readonly kind: PfKind;
  readonly state: PfState;

  constructor(kind: PfKind, state?: PfState) {
    this.kind = kind;
    this.state = state ?? {
      enabled: false,
      tokens: [],
      given: 0,
      states: [],
      rulesets: { '': { rules: [], tables: {} } },
    };
  }

  run({ args, stdin }: Pick<Command, 'args' | 'stdin'>): Completed {
    const noise = this.kind === 'macos' ? NOISE : '';
    const { exitCode, stdout, stderr } = this.#run(args, stdin);
    return { exitCode, stdout, stderr: `${noise}${stderr}` };
  }

  #run(args: readonly string[], stdin = ''): Completed {
    const parsed = getopt(args, LETTERS[this.kind]);
    if (!parsed) return no(1, USAGE);
    const { options, words } = parsed;
    const value = (letter: string) => options.findLast(([one]) => one === letter)?.[1];
    const has = (letter: string) => options.some(([one]) => one === letter);
    const manner = {
      anchor: value('a') ?? '',
      quiet: has('q'),
      verbose: options.filter(([one]) => one === 'v').length,
      table: value('t'),
    };
    const change = value('T');
    if (change !== undefined) {
      if (manner.table === undefined) return no(1, USAGE);
      return this.#table(change, manner.table, words, manner);
    }
    if (words.length > 0 || options.length === 0) return no(1, USAGE);
    const kills = options.filter(([one]) => one === 'k').map(([, host]) => host);
    if (kills.length > 0) return this.#kill(kills);
    const file = value('f');
    if (file !== undefined) return this.#load(file, stdin, manner, has('n'));
    const flushed = value('F');
    if (flushed !== undefined) return this.#flush(flushed, manner);
    const shown = value('s');
    if (shown !== undefined) return this.#show(shown, manner);
    const token = value('X');
    if (token !== undefined) return this.#release(token);
    if (has('E')) return this.#take();
    if (has('e')) return this.#switch(true);
    if (has('d')) return this.#switch(false);
    return no(1, USAGE);
  }

  #table(verb: string, name: string, words: readonly string[], manner: Manner): Completed {
    if (name.length > 31) return no(1, USAGE);
    const ruleset = this.state.rulesets[manner.anchor];
    const table = ruleset?.tables[name];
    const said = (text: string) => (manner.quiet ? '' : `${text}\n`);
    if (verb === 'kill') {
      if (table) delete ruleset?.tables[name];
      this.#tidy(manner.anchor);
      return yes('', said(`${table ? 1 : 0} table deleted.`));
    }
    if (!['add', 'delete', 'test', 'show', 'flush'].includes(verb)) return no(1, USAGE);
    const addresses: string[] = [];
    for (const word of words) {
      const address = addressOf(word);
      // After it has asked the name service.
      if (address === undefined) return no(255, `no IP address found for ${word}`);
      addresses.push(address);
    }
    if (verb === 'add') {
      const { tables } = this.#ruleset(manner.anchor);
      const list = tables[name] ?? [];
      tables[name] = list;
      const fresh = addresses.filter((one) => !list.includes(one));
      list.push(...fresh);
      const count = said(`${fresh.length}/${addresses.length} addresses added.`);
      return yes('', `${table ? '' : said('1 table created.')}${count}`);
    }
    if (!table) {
      return no(255, `pfctl: Table does not exist${this.kind === 'openbsd' ? '' : '.'}`);
    }
    if (verb === 'show') return yes(table.map((one) => `   ${one}\n`).join(''));
    if (verb === 'test') {
      const count = addresses.filter((one) => table.includes(one)).length;
      const text = said(`${count}/${addresses.length} addresses match.`);
      return { ...yes('', text), exitCode: count === addresses.length ? 0 : 2 };
    }
    const gone = verb === 'flush' ? [...table] : addresses.filter((one) => table.includes(one));
    if (ruleset) ruleset.tables[name] = table.filter((one) => !gone.includes(one));
    const of = verb === 'flush' ? `${gone.length}` : `${gone.length}/${addresses.length}`;
    return yes('', said(`${of} addresses deleted.`));
  }

  #ruleset(path: string): Ruleset {
    const ruleset = this.state.rulesets[path] ?? { rules: [], tables: {} };
    this.state.rulesets[path] = ruleset;
    return ruleset;
  }

  // The kernel keeps no anchor that nothing is in.
  #tidy(path: string): void {
    const ruleset = this.state.rulesets[path];
    if (path === '' || !ruleset) return;
    const empty = ruleset.rules.length === 0 && Object.keys(ruleset.tables).length === 0;
    if (empty) delete this.state.rulesets[path];
  }

  #kill(hosts: readonly string[]): Completed {
    const from = (host: string, given: string) =>
      given === '0.0.0.0/0' ? isIPv4(host) : given === '::/0' ? isIPv6(host) : host === given;
    const [first = '', second] = hosts;
    for (const host of hosts) {
      if (!/^(?:0\.0\.0\.0|::)\/0$/.test(host) && !isIPv4(host) && !isIPv6(host)) {
        return no(1, 'pfctl: getaddrinfo: non-recoverable failure in name resolution');
      }
    }
    const meant = ([source, destination]: [string, string]) =>
      from(source, first) && (second === undefined || from(destination, second));
    const count = this.state.states.filter(meant).length;
    this.state.states = this.state.states.filter((one) => !meant(one));
    const to = second === undefined ? 0 : 1;
    return yes('', `killed ${count} states from 1 sources and ${to} destinations\n`);
  }

  #load(file: string, text: string, { anchor }: Manner, only: boolean): Completed {
    const warning = this.kind === 'macos' ? WARNING : '';
    if (file !== '-') return no(1, `${warning}pfctl: ${file}: No such file or directory`);
    const rules: Rules | number = parseRules(text, this.kind);
    if (typeof rules === 'number') {
      const why = 'pfctl: Syntax error in config file: pf rules not loaded';
      return no(1, `${warning}stdin:${rules}: syntax error\n${why}`);
    }
    if (!only) {
      const ruleset = this.#ruleset(anchor);
      ruleset.rules = [...rules.lines];
      for (const { name, addresses } of rules.tables) {
        // Only a list, though it were empty, takes the place of what is in the table.
        ruleset.tables[name] = addresses ? [...addresses] : (ruleset.tables[name] ?? []);
      }
      this.#tidy(anchor);
    }
    return yes('', warning);
  }

  #flush(what: string, { anchor, quiet }: Manner): Completed {
    const ruleset = this.state.rulesets[anchor];
    const said = (text: string) => (quiet ? '' : `${text}\n`);
    if (what === 'rules') {
      if (ruleset) ruleset.rules = [];
      this.#tidy(anchor);
      return yes('', said('rules cleared'));
    }
    if (what !== 'Tables') return no(1, USAGE);
    const count = Object.keys(ruleset?.tables ?? {}).length;
    if (ruleset) ruleset.tables = {};
    this.#tidy(anchor);
    return yes('', said(`${count} tables deleted.`));
  }

  #show(what: string, { anchor, verbose }: Manner): Completed {
    const { state } = this;
    if (what === 'info') {
      const status = state.enabled ? 'Enabled' : 'Disabled';
      return yes(`Status: ${status} for 0 days 00:10:11           Debug: Urgent\n`);
    }
    const References = what === 'References' && this.kind === 'macos';
    if (References) return yes(this.#references());
    if (what === 'Anchors') {
      const found = this.#children(anchor);
      return yes(found.map((path) => `  ${path}\n`).join(''));
    }
    const ruleset = state.rulesets[anchor];
    if (what === 'rules') {
      // Said, and answered 0 all the same; the newest one says it in other words.
      if (!ruleset && this.kind === 'openbsd') return no(1, `pfctl: Anchor '${anchor}' not found.`);
      if (!ruleset) return yes('', 'pfctl: DIOCGETRULES: Invalid argument\n');
      return yes(ruleset.rules.map((line) => `${line}\n`).join(''));
    }
    if (what !== 'Tables') return no(1, USAGE);
    if (!ruleset) return no(255, 'pfctl: Anchor or Ruleset does not exist.');
    const tables = Object.entries(ruleset.tables);
    const rows = tables.map(([name, list]) =>
      verbose < 2
        ? `${name}\n`
        : `-pa-r--\t${name}${anchor === '' ? '' : `\t${anchor}`}\n\tAddresses:   ${list.length}\n`,
    );
    return yes(rows.join(''));
  }

  #children(anchor: string): readonly string[] {
    const depth = anchor === '' ? 1 : anchor.split('/').length + 1;
    const below = Object.keys(this.state.rulesets).filter(
      (path) => path !== '' && (anchor === '' || path.startsWith(`${anchor}/`)),
    );
    return [...new Set(below.map((path) => path.split('/').slice(0, depth).join('/')))].sort();
  }

  #references(): string {
    const { tokens } = this.state;
    if (tokens.length === 0) return 'No pf enabled tokens\n';
    const rows = tokens.map(
      ({ pid, name, token }) =>
        `${String(pid).padEnd(8)} ${name.padEnd(20)} ${token.padEnd(24)} 0 days 00:10:11\n`,
    );
    return `TOKENS:\nPID      Process Name         TOKEN                    TIMESTAMP\n${rows.join('')}`;
  }

  #take(name = 'pfctl'): Completed {
    const { state } = this;
    const was = state.enabled;
    state.given += 1;
    const token = String(18_446_743_524_000_000_000n + BigInt(state.given * 4096));
    state.tokens.push({ pid: 300 + state.given, name, token });
    state.enabled = true;
    return yes('', `${was ? 'pf already enabled' : 'pf enabled'}\nToken : ${token}\n`);
  }

  #release(token: string): Completed {
    const { state } = this;
    if (!state.tokens.some((one) => one.token === token)) {
      return no(1, 'pfctl: DIOCSTOPREF: Invalid argument');
    }
    state.tokens = state.tokens.filter((one) => one.token !== token);
    if (state.tokens.length === 0) state.enabled = false;
    return yes('', state.enabled ? 'disable request successful\n' : 'pf disabled\n');
  }

  #switch(on: boolean): Completed {
    const { state } = this;
    if (state.enabled === on) return no(1, `pfctl: pf ${on ? 'already' : 'not'} enabled`);
    state.enabled = on;
    if (!on) state.tokens = [];
    return yes('', `pf ${on ? 'enabled' : 'disabled'}\n`);
  }

  /** Every thing of it, one a line. */
  listing(): string {
    const { enabled, tokens, rulesets } = this.state;
    const lines = Object.entries(rulesets).flatMap(([path, { rules, tables }]) => [
      ...rules.map((rule) => `pf '${path}' ${rule}`),
      ...Object.entries(tables).flatMap(([name, list]) => [
        `pf '${path}' table <${name}>`,
        ...list.map((address) => `pf '${path}' <${name}> ${address}`),
      ]),
    ]);
    const kept = tokens.map(({ name }) => `pf is kept enabled by ${name}`);
    return [`pf is ${enabled ? 'enabled' : 'disabled'}`, ...[...kept, ...lines].sort(), ''].join(
      '\n',
    );
  }

  /** Whether nothing comes from or goes to the address. */
  drops(target: string): boolean {
    return this.state.enabled && ['in', 'out'].every((way) => this.#blocks('', way, target));
  }

  #blocks(path: string, way: string, target: string): boolean {
    const ruleset = this.state.rulesets[path];
    return (ruleset?.rules ?? []).some((rule) => {
      const anchor = /^anchor "(?<name>[^"]+)" all$/.exec(rule)?.groups?.['name'];
      if (anchor !== undefined) {
        const wild = anchor.endsWith('/*');
        const inside = wild ? this.#children(anchor.slice(0, -2)) : [anchor];
        return inside.some((one) => this.#blocks(one, way, target));
      }
      const end = way === 'in' ? 'from <(?<t>[^>]+)> to any' : 'from any to <(?<t>[^>]+)>';
      const found = new RegExp(`^block drop ${way} quick ${end}$`).exec(rule);
      const table = found?.groups?.['t'];
      return table !== undefined && ruleset?.tables[table]?.includes(target) === true;
    });
  }
}

const yes = (stdout = '', stderr = ''): Completed => ({ exitCode: 0, stdout, stderr });
const no = (exitCode: number, stderr: string): Completed => ({
  exitCode,
  stdout: '',
  stderr: `${stderr}\n`,
});

/** What it makes of a word that is to be in a table; nothing where no name service would know it. */
function addressOf(word: string): string | undefined {
  const not = word.startsWith('!') ? '!' : '';
  const text = word.slice(not.length);
  const [address = '', size] = text.split('/');
  if (isIPv6(address) || isIPv4(address)) {
    const whole = isIPv6(address) ? '128' : '32';
    return `${not}${address}${size === undefined || size === whole ? '' : `/${size}`}`;
  }
  const parts = address.split('.').map(Number);
  const short = /^\d+(?:\.\d+){1,2}$/.test(address) && parts.every((part) => part < 256);
  if (!short) return undefined;
  const [last = 0, ...first] = parts.toReversed();
  const filled = [...first.toReversed(), ...Array(3 - first.length).fill(0), last];
  return `${not}${filled.join('.')}`;
}
