import { isIPv4, isIPv6 } from 'node:net';
import type { Completed } from '../../../src/lib/effect.ts';
import { no, ok } from './answer.ts';

/** A host route of the main table. */
interface HostRoute {
  readonly address: string;
  readonly metric: number;
  /** Whether it leads nowhere; otherwise it leads to `lo`. */
  readonly dead: boolean;
}

const CHANGE =
  /^(?<inet6>-A inet6 )?(?<verb>add|del) (?:-host )?(?<to>\S+) metric (?<metric>\d+) (?<way>reject|dev lo)$/;

/** The most that an IPv4 metric can be through this tool. */
const MOST = 32_766;

const HEAD = {
  4: 'Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n',
  6: 'Kernel IPv6 routing table\nDestination                    Next Hop                   Flag Met Ref  Use If\n',
} as const;

// What every IPv6 host with `lo` up shows besides: no route, its own address, and again.
const NO_ROUTE = '::/0                           ::                         !n   -1  1      0 lo\n';
const OWN = '::1/128                        ::                         Un   0   2      0 lo\n';

/** The main table's host routes of one host, behind `route` of net-tools 2.10. */
export class NetTools {
  readonly #routes = { 4: [] as HostRoute[], 6: [] as HostRoute[] };

  run(args: readonly string[]): Completed {
    const line = args.join(' ');
    if (line === '-n') return ok(this.#shown4());
    if (line === '-A inet6 -n') return ok(this.#shown6());
    const { inet6, verb, to = '', metric, way } = CHANGE.exec(line)?.groups ?? {};
    if (verb === undefined) return no(3, 'Usage: route [-nNvee] [-FC] [<AF>]');
    const [address = '', bits] = to.split('/');
    const family = inet6 === undefined ? 4 : 6;
    if (family === 4 && !isIPv4(to)) return no(6, `${to}: Unknown host`);
    if (family === 6 && !(isIPv6(address) && bits === '128')) {
      return no(1, `getaddrinfo: ${address}: -9`);
    }
    if (family === 6 && way === 'reject') return no(7, 'SIOGIFINDEX: No such device');
    // The kernel promotes an IPv6 route to `lo` to one that leads nowhere.
    const route = { address, metric: Number(metric), dead: way === 'reject' || family === 6 };
    if (family === 4 && route.metric > MOST) throw new Error(`metric ${metric}: it would overflow`);
    return verb === 'add' ? this.#add(family, route) : this.#remove(family, route);
  }

  #find(family: 4 | 6, { address, metric, dead }: HostRoute): number {
    return this.#routes[family].findIndex(
      (one) => one.address === address && one.metric === metric && one.dead === dead,
    );
  }

  #add(family: 4 | 6, route: HostRoute): Completed {
    if (this.#find(family, route) >= 0) return no(7, 'SIOCADDRT: File exists');
    // Of two with one metric the newer comes first.
    this.#routes[family].unshift(route);
    this.#routes[family].sort(
      (one, other) =>
        (one.address < other.address ? -1 : one.address > other.address ? 1 : 0) ||
        one.metric - other.metric,
    );
    return ok();
  }

  #remove(family: 4 | 6, route: HostRoute): Completed {
    const place = this.#find(family, route);
    if (place < 0) return no(7, 'SIOCDELRT: No such process');
    this.#routes[family].splice(place, 1);
    return ok();
  }

  #shown4(): string {
    const lines = this.#routes[4].map(({ address, metric, dead }) => {
      const to = `${address.padEnd(15)} ${(dead ? '-' : '0.0.0.0').padEnd(15)} 255.255.255.255`;
      const rest = dead ? '-        0 -' : '0        0 lo';
      return `${to} ${dead ? '!H' : 'UH'}    ${String(metric).padEnd(6)} ${rest}\n`;
    });
    return `${HEAD[4]}${lines.join('')}`;
  }

  #shown6(): string {
    const lines = this.#routes[6].map(
      ({ address, metric }) =>
        `${`${address}/128`.padEnd(30)} ${'::'.padEnd(26)} !n   ${String(metric).padEnd(3)} 1      0 lo\n`,
    );
    return `${HEAD[6]}${lines.join('')}${NO_ROUTE}${OWN}${NO_ROUTE}`;
  }

  /** Every route, one a line. */
  listing(): string {
    return ([4, 6] as const)
      .flatMap((family) =>
        this.#routes[family].map(
          ({ address, metric, dead }) =>
            `route -${family} ${address} metric ${metric} ${dead ? 'nowhere' : 'lo'}\n`,
        ),
      )
      .join('');
  }

  /** Whether what is sent to the address goes nowhere: the first of its routes decides. */
  drops(target: string): boolean {
    return ([4, 6] as const).some(
      (family) => this.#routes[family].find(({ address }) => address === target)?.dead === true,
    );
  }
}
