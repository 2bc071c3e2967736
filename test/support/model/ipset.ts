import { isIPv4, isIPv6 } from 'node:net';
import type { Completed } from '../../../src/lib/effect.ts';
import { no, ok, sorted } from './answer.ts';

interface MemberSet {
  readonly family: string;
  readonly maxelem: number;
  readonly counters: boolean;
  /** When a member ends, in milliseconds of the host's clock; nothing for never. */
  readonly members: Map<string, number | undefined>;
}

const says = (text: string) => no(1, `ipset v7.17: ${text}`);
const NO_SET = says('The set with the given name does not exist');
const MAX_TIMEOUT = 2_147_483;

/** The ipsets of one host, behind ipset 7.17's command line and words. */
export class Ipset {
  readonly #now: () => number;
  readonly #sets = new Map<string, MemberSet>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `inUse`: whether a rule looks into a set. */
  run(
    args: readonly string[],
    stdin = '',
    inUse: (name: string) => boolean = () => false,
  ): Completed {
    this.#purge();
    return args.join(' ') === 'restore' ? this.#restore(stdin, inUse) : this.#one(args, inUse);
  }

  /** The lines before one that is refused stay done. */
  #restore(stdin: string, inUse: (name: string) => boolean): Completed {
    for (const [place, line] of stdin.split('\n').slice(0, -1).entries()) {
      const { exitCode, stderr } = this.#one(line.split(' '), inUse);
      if (exitCode !== 0) {
        return no(
          1,
          stderr.trim().replace('ipset v7.17:', `ipset v7.17: Error in line ${place + 1}:`),
        );
      }
    }
    return ok();
  }

  #one(args: readonly string[], inUse: (name: string) => boolean): Completed {
    const exist = args[0] === '-exist';
    const [verb, name = '', ...rest] = exist ? args.slice(1) : args;
    switch (verb) {
      case 'save':
        return ok(this.#saved());
      case 'list':
        if (name !== '-n') throw new Error('the model of ipset lists names alone');
        return ok([...this.#sets.keys()].map((one) => `${one}\n`).join(''));
      case 'flush':
        this.#sets.get(name)?.members.clear();
        return this.#sets.has(name) ? ok() : NO_SET;
      case 'destroy':
        if (inUse(name)) {
          return says('Set cannot be destroyed: it is in use by a kernel component');
        }
        return this.#sets.delete(name) || exist ? ok() : NO_SET;
      case 'create':
        return this.#create(name, rest, exist);
      case 'add':
      case 'del':
        return this.#change(verb, name, rest, exist);
      default:
        return no(
          2,
          `ipset v7.17: No command specified: unknown argument ${verb}\nTry \`ipset help' for more information.`,
        );
    }
  }

  #create(name: string, words: readonly string[], exist: boolean): Completed {
    const shape =
      /^hash:ip family (inet6?) maxelem (\d+) timeout 0( counters)?$/.exec(words.join(' ')) ?? [];
    const [, family, maxelem, counters] = shape;
    if (!family || name.length > 31) return says(`Syntax error: ${words.join(' ')}`);
    const old = this.#sets.get(name);
    const same =
      old?.family === family &&
      old.maxelem === Number(maxelem) &&
      old.counters === (counters !== undefined);
    if (old && !(exist && same)) {
      return says('Set cannot be created: set with the same name already exists');
    }
    if (!old) {
      this.#sets.set(name, {
        family,
        maxelem: Number(maxelem),
        counters: counters !== undefined,
        members: new Map(),
      });
    }
    return ok();
  }

  #change(verb: 'add' | 'del', name: string, words: readonly string[], exist: boolean): Completed {
    const [address = '', word, timeout = '0', ...more] = words;
    if (more.length > 0 || (word !== undefined && word !== 'timeout')) {
      return says(`Unknown argument ${word}`);
    }
    if (Number(timeout) > MAX_TIMEOUT) {
      return says(`Syntax error: '${timeout}' is out of range 0-${MAX_TIMEOUT}`);
    }
    const set = this.#sets.get(name);
    if (!set) return NO_SET;
    if (!(set.family === 'inet' ? isIPv4(address) : isIPv6(address))) {
      const family = set.family === 'inet' ? 'IPv4' : 'IPv6';
      return says(`Syntax error: cannot parse ${address}: resolving to ${family} address failed`);
    }
    const there = set.members.has(address);
    if (verb === 'del') {
      if (!there && !exist) return says("Element cannot be deleted from the set: it's not added");
      set.members.delete(address);
      return ok();
    }
    if (there && !exist) return says("Element cannot be added to the set: it's already added");
    if (!there && set.members.size >= set.maxelem) {
      return says('Hash is full, cannot add more elements');
    }
    set.members.set(address, timeout === '0' ? undefined : this.#now() + Number(timeout) * 1000);
    return ok();
  }

  /** What would make all of it again, and what its members are at. */
  #saved(): string {
    return [...this.#sets]
      .map(([name, { family, maxelem, counters, members }]) => {
        const head = `create ${name} hash:ip family ${family} hashsize 1024 maxelem ${maxelem} timeout 0`;
        const tail = `${counters ? ' counters' : ''} bucketsize 12 initval 0x4790cc6a\n`;
        const figures = counters ? ' packets 0 bytes 0' : '';
        const inside = [...members].map(([text, ends]) => {
          const left = ends === undefined ? 0 : Math.floor((ends - this.#now()) / 1000);
          return `add ${name} ${text} timeout ${left}${figures}\n`;
        });
        return `${head}${tail}${inside.join('')}`;
      })
      .join('');
  }

  #purge(): void {
    for (const { members } of this.#sets.values()) {
      for (const [text, ends] of members) {
        if (ends !== undefined && ends <= this.#now()) members.delete(text);
      }
    }
  }

  /** `inet` or `inet6`, or nothing where there is no such set. */
  family(name: string): string | undefined {
    return this.#sets.get(name)?.family;
  }

  has(name: string, address: string): boolean {
    this.#purge();
    return this.#sets.get(name)?.members.has(address) === true;
  }

  /** All sets and members as text. */
  listing(): string {
    this.#purge();
    return [...this.#sets]
      .map(([name, { family, maxelem, counters, members }]) => {
        const inside = sorted(members).map(
          ([text, ends]) => `  ${text}${ends === undefined ? '' : ` ends ${ends}`}\n`,
        );
        return `ipset ${name} ${family} maxelem ${maxelem}${counters ? ' counters' : ''}\n${inside.join('')}`;
      })
      .join('');
  }
}
