import type { Tool, ToolCall } from './doubles.ts';

/** A line of the routing table. */
export interface Route {
  readonly destination: string;
  readonly mask: string;
  readonly gateway: string;
  readonly interface: string;
  readonly persistent: boolean;
}

const TITLES = {
  en: {
    table: 'IPv4 Route Table',
    active: 'Active Routes:',
    head: 'Network Destination        Netmask          Gateway       Interface  Metric',
    persistent: 'Persistent Routes:',
    none: '  None',
    link: 'On-link',
  },
  de: {
    table: 'IPv4-Routentabelle',
    active: 'Aktive Routen:',
    head: '     Netzwerkziel    Netzwerkmaske          Gateway    Schnittstelle Metrik',
    persistent: 'Ständige Routen:',
    none: '  Keine',
    link: 'Auf Verbindung',
  },
} as const;

/** The routing table of a Windows behind `route.exe`; IPv4, in one of two languages. */
export class Routes {
  readonly list: Route[];
  readonly #titles: (typeof TITLES)[keyof typeof TITLES];
  /** The default route that a host with a network has. */
  static readonly DEFAULT: Route = {
    destination: '0.0.0.0',
    mask: '0.0.0.0',
    gateway: '192.0.2.1',
    interface: '192.0.2.10',
    persistent: false,
  };

  constructor(language: keyof typeof TITLES = 'en', routes: readonly Route[] = [Routes.DEFAULT]) {
    this.list = [...routes];
    this.#titles = TITLES[language];
  }

  /** What `route.exe` answers. */
  readonly tool: Tool = ({ args }: ToolCall) => {
    const words = args.filter((word) => !word.startsWith('-'));
    const persistent = args.some((word) => word.toLowerCase() === '-p');
    const [verb = '', destination = '', ...rest] = words;
    if (/^add$/i.test(verb)) return this.#add(destination, rest, persistent);
    if (/^delete$/i.test(verb)) return this.#delete(destination);
    if (/^print$/i.test(verb)) return { stdout: this.#print(destination) };
    return { exitCode: 1, stdout: '\r\nManipulates network routing tables.\r\n' };
  };

  #add(given: string, rest: readonly string[], persistent: boolean) {
    const [destination = '', prefix] = given.split('/');
    const masked = /^mask$/i.test(rest[0] ?? '');
    const mask = masked ? (rest[1] ?? '') : prefix === '32' ? '255.255.255.255' : '';
    const gateway = (masked ? rest[2] : rest[0]) ?? '';
    // Since Vista no route leads to loopback.
    if (!mask || !gateway || gateway.startsWith('127.')) {
      const text = 'The route addition failed: The parameter is incorrect.\r\n\r\n';
      return { exitCode: 1, stderr: text };
    }
    if (this.list.some((route) => route.destination === destination && route.mask === mask)) {
      return {
        exitCode: 1,
        stderr: 'The route addition failed: The object already exists.\r\n\r\n',
      };
    }
    this.list.push({ destination, mask, gateway, interface: '192.0.2.10', persistent });
    return { stdout: ' OK!\r\n' };
  }

  #delete(given: string) {
    const [destination] = given.split('/');
    const kept = this.list.filter((route) => route.destination !== destination);
    if (kept.length === this.list.length) {
      return { exitCode: 1, stderr: 'The route deletion failed: Element not found.\r\n\r\n' };
    }
    this.list.splice(0, this.list.length, ...kept);
    return { stdout: ' OK!\r\n' };
  }

  #print(destination: string): string {
    const { table, active, head, persistent, none, link } = this.#titles;
    const wanted = this.list.filter((route) => !destination || route.destination === destination);
    const row = (route: Route) =>
      [
        route.destination.padStart(17),
        route.mask.padStart(17),
        (route.gateway === '0.0.0.0' ? link : route.gateway).padStart(17),
        route.interface.padStart(16),
        '26'.padStart(7),
      ].join('');
    const lasting = wanted.filter((route) => route.persistent);
    const line = '='.repeat(75);
    return [
      line,
      'Interface List',
      '  7...00 0c 29 aa bb cc ......Intel(R) 82574L Gigabit Network Connection',
      '  1...........................Software Loopback Interface 1',
      line,
      '',
      table,
      line,
      active,
      ...(wanted.length > 0 ? [head, ...wanted.map(row)] : [none]),
      line,
      persistent,
      ...(lasting.length > 0
        ? lasting.map(
            ({ destination: to, mask, gateway }) =>
              `${to.padStart(17)}${mask.padStart(17)}${gateway.padStart(17)}  Default`,
          )
        : [none]),
      line,
      '',
    ].join('\r\n');
  }
}
