import type { Answer, Tool } from './doubles.ts';

/** A route that is in use, or stored on disk, or both. */
export interface Route {
  /** `address/bits`. */
  readonly to: string;
  /** Nothing for what is reached without one. */
  readonly gateway: string | undefined;
  /** The number of the interface. */
  readonly by: number;
  readonly metric: number;
}

/** What a Windows with one network has before anybody adds a route. */
const USUAL: readonly Route[] = [
  { to: '0.0.0.0/0', gateway: '10.9.8.1', by: 7, metric: 25 },
  { to: '127.0.0.0/8', gateway: undefined, by: 1, metric: 331 },
  { to: '10.9.8.0/24', gateway: undefined, by: 7, metric: 281 },
  { to: '::1/128', gateway: undefined, by: 1, metric: 331 },
  { to: '2001:db8:1::/64', gateway: undefined, by: 7, metric: 281 },
  { to: '::/0', gateway: 'fe80::1', by: 7, metric: 281 },
];

/** Where IPv4 routes are kept over a reboot, below HKEY_LOCAL_MACHINE. */
export const STORED = 'SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\PersistentRoutes';

const TEXTS = {
  en: {
    list: 'Interface List',
    four: 'IPv4 Route Table',
    six: 'IPv6 Route Table',
    active: 'Active Routes:',
    head4: 'Network Destination        Netmask          Gateway       Interface  Metric',
    head6: ' If Metric Network Destination      Gateway',
    lasting: 'Persistent Routes:',
    none: '  None',
    link: 'On-link',
    ok: ' OK!\r\n',
  },
  de: {
    list: 'Schnittstellenliste',
    four: 'IPv4-Routentabelle',
    six: 'IPv6-Routentabelle',
    active: 'Aktive Routen:',
    head4: '     Netzwerkziel    Netzwerkmaske          Gateway    Schnittstelle Metrik',
    head6: ' If Metrik Netzwerkziel             Gateway',
    lasting: 'Ständige Routen:',
    none: '  Keine',
    link: 'Auf Verbindung',
    ok: ' OK!\r\n',
  },
} as const;

const LINE = '='.repeat(75);
const MASKS = { '0': '0.0.0.0', '8': '255.0.0.0', '24': '255.255.255.0', '32': '255.255.255.255' };

/** The routing tables of a Windows behind `route.exe` and `netsh interface ipv6`, in a language. */
export class Routes {
  active: Route[] = [...USUAL];
  lasting: Route[] = [];
  readonly #texts: (typeof TEXTS)[keyof typeof TEXTS];

  constructor(language: keyof typeof TEXTS = 'en') {
    this.#texts = TEXTS[language];
  }

  /** What `route.exe` answers. */
  readonly tool: Tool = ({ args }) => this.#route(args);

  /** What to an address alone is in use. */
  to(address: string): readonly Route[] {
    return this.active.filter(({ to }) => to.split('/')[0] === address);
  }

  /** What `netsh interface ipv6` answers. */
  netsh(args: readonly string[]): Answer {
    const [, , verb, , ...rest] = args;
    const given = Object.fromEntries(rest.map((word) => word.split('=')));
    const route = {
      to: given.prefix,
      gateway: undefined,
      by: Number(given.interface),
      metric: 331,
    };
    const lists =
      given.store === 'persistent' ? (['active', 'lasting'] as const) : ['active' as const];
    const isIt = (one: Route) => one.to === route.to && one.by === route.by;
    if (verb === 'add') {
      if (this.active.some(isIt))
        return { exitCode: 1, stdout: 'The object already exists.\r\n\r\n' };
      for (const list of lists) this[list].push(route);
    } else {
      if (!this.active.some(isIt)) return { exitCode: 1, stdout: 'Element not found.\r\n\r\n' };
      for (const list of lists) this[list] = this[list].filter((one) => !isIt(one));
    }
    return { stdout: 'Ok.\r\n\r\n' };
  }

  #route(args: readonly string[]): Answer {
    const words = args.filter((word) => !word.startsWith('-'));
    const stored = args.includes('-p');
    const [verb = '', to = ''] = words;
    const after = (name: string) =>
      words[words.findIndex((word) => word.toUpperCase() === name) + 1];
    const has = (name: string) => words.some((word) => word.toUpperCase() === name);
    if (/^print$/i.test(verb)) return { stdout: Buffer.from(this.#print(), 'latin1') };
    const bits = Object.entries(MASKS).find(([, mask]) => mask === after('MASK'))?.[0] ?? '32';
    const by = has('IF') ? Number(after('IF')) : undefined;
    const gateway = has('MASK') ? words[words.indexOf(after('MASK') ?? '') + 1] : undefined;
    if (/^add$/i.test(verb)) return this.#add(`${to}/${bits}`, gateway ?? '', by ?? 7, stored);
    if (/^delete$/i.test(verb)) return this.#delete(`${to}/${bits}`, gateway, by);
    return { exitCode: 1, stdout: '\r\nManipulates network routing tables.\r\n' };
  }

  #add(to: string, gateway: string, by: number, stored: boolean): Answer {
    // Since Vista no gateway is on loopback.
    if (gateway === '' || gateway.startsWith('127.')) {
      return {
        exitCode: 1,
        stderr: 'The route addition failed: The parameter is incorrect.\r\n\r\n',
      };
    }
    const route = { to, gateway: gateway === '0.0.0.0' ? undefined : gateway, by, metric: 332 };
    if (
      this.active.some((one) => one.to === to && one.by === by && one.gateway === route.gateway)
    ) {
      return {
        exitCode: 1,
        stderr: 'The route addition failed: The object already exists.\r\n\r\n',
      };
    }
    this.active.push(route);
    if (!stored) return { stdout: this.#texts.ok };
    this.lasting.push(route);
    return { stdout: this.#texts.ok, registry: [{ key: STORED, name: nameOf(route), value: '' }] };
  }

  #delete(to: string, gateway: string | undefined, by: number | undefined): Answer {
    const meant = (one: Route) =>
      one.to === to &&
      (by === undefined || one.by === by) &&
      (gateway === undefined || (one.gateway ?? '0.0.0.0') === gateway);
    const gone = [...this.active, ...this.lasting].filter(meant);
    if (gone.length === 0) {
      return { exitCode: 1, stderr: 'The route deletion failed: Element not found.\r\n\r\n' };
    }
    const lasting = this.lasting.filter(meant);
    this.active = this.active.filter((one) => !meant(one));
    this.lasting = this.lasting.filter((one) => !meant(one));
    const registry = lasting.map((one) => ({ key: STORED, name: nameOf(one), value: undefined }));
    return { stdout: this.#texts.ok, registry };
  }

  #print(): string {
    const { list, four, six, active, head4, head6, lasting, none, link } = this.#texts;
    const is6 = ({ to }: Route) => to.includes(':');
    const row4 = ({ to, gateway, by, metric }: Route) => {
      const [address = '', bits = '32'] = to.split('/');
      const mask = MASKS[bits as keyof typeof MASKS] ?? MASKS['32'];
      const own = by === 1 ? '127.0.0.1' : '10.9.8.7';
      const columns = [address, mask, gateway ?? link].map((text) => text.padStart(17));
      return `${columns.join('')}${own.padStart(16)}${String(metric).padStart(7)}`;
    };
    const row6 = ({ to, gateway, by, metric }: Route) => {
      const head = `${String(by).padStart(3)}${String(metric).padStart(7)} ${to}`;
      // What does not fit stands on a line of its own.
      const gap = to.length > 24 ? `\r\n${' '.repeat(36)}` : ' '.repeat(25 - to.length);
      return `${head}${gap}${gateway ?? link}`;
    };
    const rows = (all: readonly Route[], head: string, row: (one: Route) => string) =>
      all.length > 0 ? [head, ...all.map(row)] : [none];
    const of = (all: readonly Route[], six: boolean) => all.filter((one) => is6(one) === six);
    const text = [
      LINE,
      list,
      '  7...00 0c 29 aa bb cc ......Intel(R) 82574L Gigabit Network Connection',
      '  1...........................Software Loopback Interface 1',
      LINE,
      '',
      ...[four, LINE, active, ...rows(of(this.active, false), head4, row4), LINE],
      ...[lasting, ...rows(of(this.lasting, false), head4, row4), LINE],
      '',
      ...[six, LINE, active, ...rows(of(this.active, true), head6, row6), LINE],
      ...[lasting, ...rows(of(this.lasting, true), head6, row6), LINE],
      '',
    ].join('\r\n');
    // In the old code page of such a console it is a byte that no UTF-8 has there.
    return text.replaceAll('ä', '\x84');
  }
}

const nameOf = ({ to, gateway, metric }: Route) =>
  [to.split('/')[0], '255.255.255.255', gateway ?? '0.0.0.0', metric].join(',');
