import { isIPv4, isIPv6 } from 'node:net';
import type { Completed } from '../../../src/lib/effect.ts';
import { no, ok, sorted } from './answer.ts';

/** firewalld's refusal: a code of its own, with its exit code of firewall-cmd, and what it is about. */
class Refusal extends Error {
  readonly exit: number;
  readonly code: string;

  constructor(exit: number, code: string, about: string) {
    super(`${code}: ${about}`);
    this.exit = exit;
    this.code = code;
  }
}

interface Zone {
  readonly interfaces: Set<string>;
  /** When a rule ends, in milliseconds of the host's clock; nothing for never. */
  readonly rules: Map<string, number | undefined>;
}

const ZONES = ['block', 'dmz', 'drop', 'external', 'home', 'internal', 'public', 'trusted', 'work'];
const DEFAULT = 'public';

const RULE =
  /^rule(?: priority="(?<priority>-?\d+)")? family="ipv(?<family>[46])" source address="(?<address>[^"]+)" (?<action>drop|accept)$/;

/** The runtime configuration of one host's firewalld 1.3, behind busctl 252 and firewall-cmd. */
export class Firewalld {
  readonly #now: () => number;
  #zones = pristine();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `busctl --auto-start=no call NAME OBJECT INTERFACE METHOD [SIGNATURE WORD…]`. */
  busctl(args: readonly string[]): Completed {
    const head = '--auto-start=no call org.fedoraproject.FirewallD1 /org/fedoraproject/FirewallD1 ';
    const [face = '', method = '', , ...words] = args.slice(4);
    if (!args.join(' ').startsWith(head)) return no(1, 'Too few arguments.');
    const [, part = ''] = /^org\.fedoraproject\.FirewallD1(\.zone)?$/.exec(face) ?? [];
    const answer = this.#methods[`${part} ${method}`];
    if (!answer) return no(1, `Call failed: Unknown method ${method}`);
    return this.#reply(
      () => ok(`${answer(words)}\n`),
      ({ message }) => no(1, `Call failed: ${message}`),
    );
  }

  readonly #methods: Readonly<Record<string, (words: readonly string[]) => string>> = {
    ' getDefaultZone': () => `s ${quoted(DEFAULT)}`,
    ' reload': () => {
      this.#zones = pristine();
      return '';
    },
    '.zone getZones': () => listed([...this.#zones.keys()]),
    '.zone getActiveZones': () => {
      const active = this.#active().map(
        ([name, { interfaces }]) =>
          ` ${quoted(name)} 1 "interfaces" ${listed([...interfaces]).slice(3)}`,
      );
      return `a{sa{sas}} ${active.length}${active.join('')}`;
    },
    '.zone getRichRules': ([zone = '']) => listed([...this.#zone(zone).rules.keys()]),
    '.zone changeZoneOfInterface': ([zone = '', device = '']) => {
      this.#bind(zone, device);
      return `s ${quoted(zone)}`;
    },
    '.zone addRichRule': ([zone = '', rule = '', seconds]) => {
      this.#add(zone, rule, Number(seconds));
      return `s ${quoted(zone)}`;
    },
    '.zone removeRichRule': ([zone = '', rule = '']) => {
      this.#remove(zone, rule);
      return `s ${quoted(zone)}`;
    },
  };

  firewallCmd(args: readonly string[]): Completed {
    const given = new Map(args.map((arg) => arg.split(/=(.*)/s) as [string, string]));
    const zone = given.get('--zone') ?? DEFAULT;
    const [add, remove] = [given.get('--add-rich-rule'), given.get('--remove-rich-rule')];
    const work = () => {
      if (given.has('--get-default-zone')) return DEFAULT;
      if (given.has('--reload')) this.#zones = pristine();
      if (given.has('--get-active-zones')) return this.#heads(this.#active());
      if (given.has('--list-all-zones')) return this.#all();
      const device = given.get('--change-interface');
      if (device !== undefined) this.#bind(zone, device);
      if (add !== undefined) this.#add(zone, add, Number(given.get('--timeout') ?? 0));
      if (remove !== undefined) this.#remove(zone, remove);
      return 'success';
    };
    return this.#reply(
      () => ok(`${work()}\n`),
      ({ exit, code, message }) =>
        code.endsWith('_ENABLED')
          ? { exitCode: 0, stdout: 'success\n', stderr: `Warning: ${message}\n` }
          : no(exit, `Error: ${message}`),
    );
  }

  #reply(work: () => Completed, refuse: (refusal: Refusal) => Completed): Completed {
    this.#purge();
    try {
      return work();
    } catch (thrown) {
      if (thrown instanceof Refusal) return refuse(thrown);
      throw thrown;
    }
  }

  #zone(name: string): Zone {
    const zone = this.#zones.get(name);
    if (!zone) throw new Refusal(112, 'INVALID_ZONE', name);
    return zone;
  }

  #active(): [string, Zone][] {
    return [...this.#zones].filter(([, { interfaces }]) => interfaces.size > 0);
  }

  #bind(zone: string, device: string): void {
    for (const { interfaces } of this.#zones.values()) interfaces.delete(device);
    this.#zone(zone).interfaces.add(device);
  }

  #add(zone: string, text: string, seconds: number): void {
    const { rules } = this.#zone(zone);
    const { address = '', family } = RULE.exec(text)?.groups ?? {};
    if (family === undefined) throw new Refusal(122, 'INVALID_RULE', 'unknown element');
    const fits = family === '4' ? isIPv4 : isIPv6;
    if (!fits(address.replace(/\/\d+$/, ''))) throw new Refusal(105, 'INVALID_ADDR', address);
    if (rules.has(text)) throw new Refusal(11, 'ALREADY_ENABLED', `'${text}' already in '${zone}'`);
    rules.set(text, seconds > 0 ? this.#now() + seconds * 1000 : undefined);
  }

  #remove(zone: string, text: string): void {
    if (this.#zone(zone).rules.delete(text)) return;
    throw new Refusal(12, 'NOT_ENABLED', `'${text}' not in '${zone}'`);
  }

  #purge(): void {
    for (const { rules } of this.#zones.values()) {
      for (const [text, ends] of rules) {
        if (ends !== undefined && ends <= this.#now()) rules.delete(text);
      }
    }
  }

  #heads(zones: readonly [string, Zone][]): string {
    return zones
      .map(([name, { interfaces }]) => `${name}\n  interfaces: ${[...interfaces].join(' ')}`)
      .join('\n');
  }

  #all(): string {
    const active = new Set(this.#active().map(([name]) => name));
    return [...this.#zones]
      .map(([name, { interfaces, rules }]) =>
        [
          `${name}${active.has(name) ? ' (active)' : ''}`,
          `  interfaces: ${[...interfaces].join(' ')}`,
          '  rich rules: ',
          ...[...rules.keys()].map((rule) => `\t${rule}`),
          '',
        ].join('\n'),
      )
      .join('\n');
  }

  /** All rules as text. */
  listing(): string {
    this.#purge();
    return [...this.#zones]
      .flatMap(([name, { interfaces, rules }]) => [
        ...[...interfaces].sort().map((device) => `firewalld ${name} has ${device}\n`),
        ...sorted(rules).map(
          ([rule, ends]) =>
            `firewalld ${name} ${rule}${ends === undefined ? '' : ` ends ${ends}`}\n`,
        ),
      ])
      .join('');
  }

  /** Whether a packet from the address to this host is dropped, whatever interface it comes by. */
  drops(address: string): boolean {
    this.#purge();
    const inUse = new Map([[DEFAULT, this.#zone(DEFAULT)], ...this.#active()]);
    return [...inUse.values()].every(({ rules }) => {
      const [first] = [...rules.keys()]
        .map((text) => RULE.exec(text)?.groups ?? {})
        .filter((rule) => rule['address'] === address)
        .sort((one, other) => Number(one['priority'] ?? 0) - Number(other['priority'] ?? 0));
      return first?.['action'] === 'drop';
    });
  }
}

const pristine = (): Map<string, Zone> =>
  new Map(ZONES.map((name) => [name, { interfaces: new Set(), rules: new Map() }]));

const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

const listed = (texts: readonly string[]) => [`as ${texts.length}`, ...texts.map(quoted)].join(' ');
