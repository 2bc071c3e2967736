import { isIPv4, isIPv6 } from 'node:net';
import type { Completed } from '../../../src/lib/effect.ts';
import { no, ok } from './answer.ts';
import type { Ipset } from './ipset.ts';

const CHAINS: Readonly<Record<string, readonly string[]>> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  raw: ['PREROUTING', 'OUTPUT'],
};

/** A word of a rule that this model knows, and what the real tool makes of it. */
type Reader = (words: string[]) => string;

class Refusal extends Error {}

/** iptables or ip6tables 1.8.9 of one host. */
export class Xtables {
  readonly #tool: 'iptables' | 'ip6tables';
  readonly #sets: Ipset;
  readonly #rules = new Map<string, string[]>();

  constructor(tool: 'iptables' | 'ip6tables', sets: Ipset) {
    this.#tool = tool;
    this.#sets = sets;
    for (const [table, chains] of Object.entries(CHAINS)) {
      for (const chain of chains) this.#rules.set(`${table} ${chain}`, []);
    }
  }

  run(args: readonly string[]): Completed {
    const words = [...args];
    let table = 'filter';
    let verb = '';
    let chain = '';
    const rule: string[] = [];
    try {
      for (let word = words.shift(); word !== undefined; word = words.shift()) {
        if (word === '-w') {
          if (/^\d+$/.test(words[0] ?? '')) words.shift();
        } else if (word === '-t') table = words.shift() ?? '';
        else if (['-C', '-I', '-D', '-A'].includes(word)) {
          verb = word;
          chain = words.shift() ?? '';
        } else rule.push(this.#match(word, words));
      }
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      const text = `${this.#tool} v1.8.9 (nf_tables): ${thrown.message}`;
      return no(
        2,
        `${text}\nTry \`${this.#tool} -h' or '${this.#tool} --help' for more information.`,
      );
    }
    return this.#act(verb, this.#rules.get(`${table} ${chain}`), rule.join(' '));
  }

  #act(verb: string, rules: string[] | undefined, rule: string): Completed {
    const absent = no(1, `${this.#tool}: Bad rule (does a matching rule exist in that chain?).`);
    if (!rules) {
      return verb === '-C' || verb === '-D'
        ? absent
        : no(1, `${this.#tool}: No chain/target/match by that name.`);
    }
    if (verb === '-A') rules.push(rule);
    if (verb === '-I') rules.unshift(rule);
    if (verb === '-A' || verb === '-I') return ok();
    const place = rules.indexOf(rule);
    if (place < 0) return absent;
    if (verb === '-D') rules.splice(place, 1);
    return ok();
  }

  #match(word: string, words: string[]): string {
    const known: Readonly<Record<string, Reader>> = {
      '-s': (rest) => {
        const address = rest.shift() ?? '';
        const six = this.#tool === 'ip6tables';
        const [host = '', bits = six ? '128' : '32'] = address.split('/');
        if (!(six ? isIPv6(host) : isIPv4(host))) {
          throw new Refusal(`host/network \`${address}' not found`);
        }
        return `-s ${host}/${bits}`;
      },
      '-m': (rest) => `-m ${rest.shift()}`,
      '--comment': (rest) => `--comment "${rest.shift()}"`,
      '--match-set': (rest) => {
        const [name = '', direction] = rest.splice(0, 2);
        const family = this.#sets.family(name);
        if (family === undefined) throw new Refusal(`Set ${name} doesn't exist.\n`);
        if (family !== (this.#tool === 'ip6tables' ? 'inet6' : 'inet')) {
          const text = family === 'inet' ? 'IPv4' : 'IPv6';
          throw new Refusal(
            `The protocol family of set ${name} is ${text}, which is not applicable.\n`,
          );
        }
        return `--match-set ${name} ${direction}`;
      },
      '-j': (rest) => `-j ${rest.shift()}`,
    };
    const read = known[word];
    if (!read) throw new Refusal(`unknown option "${word}"`);
    return read(words);
  }

  /** All rules as text, in the tool's own words. */
  listing(): string {
    return [...this.#rules]
      .flatMap(([place, rules]) => {
        const [table, chain] = place.split(' ');
        return rules.map((rule) => `${this.#tool} -t ${table} -A ${chain} ${rule}\n`);
      })
      .join('');
  }

  /** Whether packets from the address to this host and through it are dropped. */
  drops(address: string): boolean {
    const head = `-s ${address}/${this.#tool === 'ip6tables' ? 128 : 32} `;
    const inChain = (chain: string) =>
      this.#rules
        .get(`filter ${chain}`)
        ?.some((rule) => rule.startsWith(head) && rule.endsWith('-j DROP'));
    const bySet = this.#rules.get('raw PREROUTING')?.some((rule) => {
      const set = /--match-set (\S+) src .*-j DROP$/.exec(rule)?.[1];
      return set !== undefined && this.#sets.has(set, address);
    });
    return bySet === true || (inChain('INPUT') === true && inChain('FORWARD') === true);
  }
}
