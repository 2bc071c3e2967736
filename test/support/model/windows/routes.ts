import { isIPv4, isIPv6 } from 'node:net';
import type { Completed } from '../../../../src/lib/effect.ts';
import { ok } from '../answer.ts';
import type { Registry } from './registry.ts';

const STORED = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\PersistentRoutes';

/** The interfaces by their number: the address that rows of IPv4 name them by, and their metric. */
const INTERFACES: Readonly<Record<number, { readonly address: string; readonly metric: number }>> =
  {
    1: { address: '127.0.0.1', metric: 75 },
    7: { address: '192.0.2.2', metric: 25 },
  };

/** A route of IPv4; the gateway 0.0.0.0 is none. */
interface Route4 {
  readonly to: string;
  readonly mask: string;
  readonly gateway: string;
  readonly by: number;
  readonly metric: number;
}

/** A route of IPv6 to a network behind an interface. */
interface Route6 {
  readonly prefix: string;
  readonly by: number;
  readonly stored: boolean;
}

const OWN_4: readonly Route4[] = [
  { to: '0.0.0.0', mask: '0.0.0.0', gateway: '192.0.2.1', by: 7, metric: 0 },
  { to: '127.0.0.0', mask: '255.0.0.0', gateway: '0.0.0.0', by: 1, metric: 256 },
  { to: '127.0.0.1', mask: '255.255.255.255', gateway: '0.0.0.0', by: 1, metric: 256 },
  { to: '192.0.2.0', mask: '255.255.255.0', gateway: '0.0.0.0', by: 7, metric: 256 },
  { to: '192.0.2.2', mask: '255.255.255.255', gateway: '0.0.0.0', by: 7, metric: 256 },
  { to: '224.0.0.0', mask: '240.0.0.0', gateway: '0.0.0.0', by: 7, metric: 256 },
];

const OWN_6: readonly Route6[] = [
  { prefix: '::1/128', by: 1, stored: false },
  { prefix: '2001:db8:1::/126', by: 7, stored: false },
  { prefix: 'fe80::/64', by: 7, stored: false },
  { prefix: 'fe80::215:5dff:fe01:203/128', by: 7, stored: false },
  { prefix: 'ff00::/8', by: 7, stored: false },
];

const CHANGE =
  /^(?<stored>-p )?(?<verb>ADD|DELETE) (?<to>\S+)(?: MASK (?<mask>\S+))?(?: (?<gateway>[\d.]+))?(?: METRIC (?<metric>\d+))?(?: IF (?<by>\d+))?$/i;
const CHANGE_6 =
  /^ipv6 (?<verb>add|delete) route prefix=(?<prefix>\S+) interface=(?<by>\d+) store=(?<store>active|persistent)$/;

const LINE = '='.repeat(75);

// It says so in the language of the system, and now and then answers 0 all the same.
const no = (text: string): Completed => ({ exitCode: 1, stdout: '', stderr: `${text}\r\n\r\n` });

/** The routes of one host, behind `route` and a part of `netsh`. */
export class Routes {
  readonly #registry: Registry;
  #four = [...OWN_4];
  #six = [...OWN_6];

  constructor(registry: Registry) {
    this.#registry = registry;
    registry.make(STORED);
  }

  run(args: readonly string[]): Completed {
    const line = args.join(' ');
    if (/^print$/i.test(line)) return ok(this.#print());
    const found = CHANGE.exec(line)?.groups;
    if (!found) return no('\r\nManipulates network routing tables.');
    const { verb = '', to = '', mask = '255.255.255.255', gateway, by } = found;
    if (![to, mask, gateway ?? '0.0.0.0'].every((one) => isIPv4(one))) {
      return no(`Bad argument ${to}`);
    }
    if (by !== undefined && !INTERFACES[Number(by)]) return no('The parameter is incorrect.');
    if (verb.toUpperCase() === 'DELETE') return this.#delete(found);
    return this.#add({ to, mask, gateway, by, metric: found['metric'], stored: found['stored'] });
  }

  #add(
    words: Readonly<Record<'to' | 'mask', string>> & Readonly<Record<string, string | undefined>>,
  ) {
    const { to, mask, gateway, metric = '1', stored } = words;
    if (gateway === undefined) return no('\r\nManipulates network routing tables.');
    // It has not taken this one since Vista.
    if (gateway === '127.0.0.1')
      return no('The route addition failed: The parameter is incorrect.');
    if (gateway === '0.0.0.0' && words['by'] === undefined) throw new Error('by which interface?');
    const route = { to, mask, gateway, by: Number(words['by'] ?? 7), metric: Number(metric) };
    const same = (one: Route4) =>
      one.to === to && one.mask === mask && one.gateway === gateway && one.by === route.by;
    if (this.#four.some(same)) return no('The route addition failed: The object already exists.');
    this.#four.push(route);
    if (stored) this.#registry.set(STORED, `${to},${mask},${gateway},${metric}`, 'REG_SZ', '');
    return ok(' OK!\r\n');
  }

  #delete({ to, mask, gateway, by }: Readonly<Record<string, string | undefined>>): Completed {
    const isMeant = (one: Pick<Route4, 'to' | 'mask' | 'gateway'> & { readonly by?: number }) =>
      one.to === to &&
      (mask === undefined || one.mask === mask) &&
      (gateway === undefined || one.gateway === gateway) &&
      (by === undefined || one.by === undefined || one.by === Number(by));
    const before = this.#four.length;
    this.#four = this.#four.filter((one) => !isMeant(one));
    const stored = this.#registry.values(STORED).filter(({ name }) => {
      const [target = '', its = '', way = ''] = name.split(',');
      return isMeant({ to: target, mask: its, gateway: way });
    });
    for (const { name } of stored) this.#registry.remove(STORED, name);
    if (this.#four.length === before && stored.length === 0) {
      return no('The route deletion failed: Element not found.');
    }
    return ok(' OK!\r\n');
  }

  /** `netsh interface …`. */
  netsh(words: readonly string[]): Completed {
    const { verb, prefix = '', by, store } = CHANGE_6.exec(words.join(' '))?.groups ?? {};
    const [address = '', bits] = prefix.split('/');
    if (verb === undefined || !isIPv6(address) || bits === undefined || !INTERFACES[Number(by)]) {
      return no('The syntax supplied for this command is not valid.');
    }
    const same = (one: Route6) => one.prefix === prefix && one.by === Number(by);
    const there = this.#six.find(same);
    if (verb === 'add') {
      if (there) return no('The object already exists.');
      this.#six.push({ prefix, by: Number(by), stored: store === 'persistent' });
      return ok('Ok.\r\n\r\n');
    }
    if (!there) return no('Element not found.');
    // What is on disk too would be back after a reboot.
    const kept = there.stored && store === 'active';
    if (kept) throw new Error('half of a route was deleted');
    this.#six = this.#six.filter((one) => one !== there);
    return ok('Ok.\r\n\r\n');
  }

  // As a German system prints it.
  #print(): string {
    const persistent = this.#registry.values(STORED).map(({ name }) => {
      const [to = '', mask = '', gateway = '', metric = ''] = name.split(',');
      const way = gateway === '0.0.0.0' ? 'Auf Verbindung' : gateway;
      return `${to.padStart(17)} ${mask.padStart(16)} ${way.padStart(16)} ${metric.padStart(7)}`;
    });
    const stored6 = this.#six
      .filter(({ stored }) => stored)
      .map(({ prefix }) => `  0 4294967295 ${prefix.padEnd(24)} Auf Verbindung`);
    const none = ['  Keine'];
    return [
      LINE,
      'Schnittstellenliste',
      '  7...00 15 5d 01 02 03 ......Microsoft Hyper-V Network Adapter',
      '  1...........................Software Loopback Interface 1',
      LINE,
      '',
      'IPv4-Routentabelle',
      LINE,
      'Aktive Routen:',
      '     Netzwerkziel    Netzwerkmaske          Gateway    Schnittstelle Metrik',
      ...this.#sorted().map(row4),
      LINE,
      'St\ufffdndige Routen:',
      ...(persistent.length > 0 ? persistent : none),
      ...(persistent.length > 0 ? [LINE] : [LINE]),
      '',
      'IPv6-Routentabelle',
      LINE,
      'Aktive Routen:',
      ' If Metrik Netzwerkziel             Gateway',
      ...this.#six.flatMap(rows6),
      LINE,
      'St\ufffdndige Routen:',
      ...(stored6.length > 0 ? stored6 : none),
      '',
    ].join('\r\n');
  }

  #sorted(): readonly Route4[] {
    return this.#four.toSorted(
      (one, other) => (one.to < other.to ? -1 : 1) || sum(one) - sum(other),
    );
  }

  /** Every route that is not the host's own, one a line. */
  listing(): string {
    const four = this.#four
      .filter((one) => !OWN_4.includes(one))
      .map(({ to, mask, gateway, by, metric }) => `${to} ${mask} ${gateway} ${by} ${metric}`);
    const six = this.#six
      .filter((one) => !OWN_6.includes(one))
      .map(({ prefix, by, stored }) => `${prefix} ${by}${stored ? ' stored' : ''}`);
    return [...four, ...six]
      .sort()
      .map((one) => `route ${one}\n`)
      .join('');
  }

  /** Whether what is sent to the address goes to nobody: the first of its routes decides. */
  drops(target: string): boolean {
    const [first] = this.#four
      .filter(({ to, mask }) => to === target && mask === '255.255.255.255')
      .sort((one, other) => sum(one) - sum(other));
    return (
      first?.by === 1 || this.#six.some(({ prefix, by }) => prefix === `${target}/128` && by === 1)
    );
  }
}

const sum = ({ by, metric }: Route4): number => (INTERFACES[by]?.metric ?? 0) + metric;

function row4(route: Route4): string {
  const { to, mask, gateway, by } = route;
  const way = gateway === '0.0.0.0' ? 'Auf Verbindung' : gateway;
  const address = INTERFACES[by]?.address ?? '';
  return `${to.padStart(17)} ${mask.padStart(16)} ${way.padStart(16)} ${address.padStart(16)} ${String(sum(route)).padStart(6)}`;
}

function rows6({ prefix, by }: Route6): readonly string[] {
  const metric = (INTERFACES[by]?.metric ?? 0) + 256;
  const start = `${String(by).padStart(3)} ${String(metric).padStart(6)} ${prefix}`;
  const way = 'Auf Verbindung';
  // A long one leaves no room for what follows.
  return prefix.length > 24 ? [start, `${' '.repeat(36)}${way}`] : [`${start.padEnd(36)}${way}`];
}
