import { isIPv4, isIPv6 } from 'node:net';
import type { Command, Completed } from '../../../../src/lib/effect.ts';
import { parseIp } from '../../../../src/lib/fields.ts';
import type { BsdSystem } from './host.ts';

/** One route. */
interface Route {
  /** An address, or a network as `address/bits`. */
  to: string;
  gateway: string;
  flags: string[];
}

/** All of it, as plain data. */
export interface RouteState {
  routes: Route[];
}

/** What was asked for. */
interface Asked {
  readonly verb: string;
  readonly family: 4 | 6;
  readonly host: boolean;
  readonly flags: readonly string[];
  readonly words: readonly string[];
}

const VERBS = ['add', 'delete', 'del', 'get'];
const LETTERS: Readonly<Record<string, string>> = { BLACKHOLE: 'B', REJECT: 'R', STATIC: 'S' };

const own = (): Route[] => [
  { to: 'default', gateway: '192.0.2.1', flags: ['UP', 'GATEWAY', 'DONE', 'STATIC'] },
  { to: '192.0.2.0/24', gateway: 'link#1', flags: ['UP', 'DONE'] },
  { to: 'default6', gateway: 'fe80::1%em0', flags: ['UP', 'GATEWAY', 'DONE', 'STATIC'] },
  { to: '2001:db8:1::/64', gateway: 'link#1', flags: ['UP', 'DONE'] },
];

/** The routes of one host, behind `route` and `netstat`: a host route to each address, and no more. */
export class RouteTable {
  readonly kind: BsdSystem;
  readonly state: RouteState;

  constructor(kind: BsdSystem, state?: RouteState) {
    this.kind = kind;
    this.state = state ?? { routes: own() };
  }

  run({ args }: Pick<Command, 'args'>): Completed {
    const options = args.filter((_, at) => args.slice(0, at + 1).every((word) => /^-/.test(word)));
    if (!options.every((word) => /^-[dnqtv]+$/.test(word))) return usage();
    const quiet = options.some((word) => word.includes('q'));
    const asked = understood(args.slice(options.length));
    if (!asked) return usage();
    const [to = '', gateway = ''] = asked.words;
    const isAddress = asked.family === 6 ? isIPv6 : isIPv4;
    for (const word of asked.words) {
      const [address = '', bits] = word.split('/');
      if (!isAddress(address) || (bits !== undefined && asked.host)) {
        // It asks the name service first.
        return { exitCode: 68, stdout: '', stderr: `route: bad address: ${word}\n` };
      }
    }
    const target = asked.family === 6 && !to.includes('/') ? parseIp(to).text : to;
    if (asked.verb === 'get') return this.#get(target, asked);
    const change = asked.verb === 'add' ? 'add' : 'delete';
    const why =
      change === 'add' ? this.#add(target, gateway, asked) : this.#remove(target, gateway);
    return this.#answer(`${change} host ${target}: gateway ${gateway}`, why, quiet);
  }

  #add(to: string, gateway: string, { flags }: Asked): 'exists' | undefined {
    if (this.state.routes.some((one) => one.to === to)) return 'exists';
    const kept = ['UP', 'GATEWAY', ...(to.includes('/') ? [] : ['HOST']), 'DONE', 'STATIC'];
    this.state.routes.push({ to, gateway, flags: [...kept, ...flags] });
    return undefined;
  }

  #remove(to: string, gateway: string): 'absent' | undefined {
    const before = this.state.routes.length;
    this.state.routes = this.state.routes.filter(
      (one) => one.to !== to || (gateway !== '' && one.gateway !== gateway),
    );
    return this.state.routes.length === before ? 'absent' : undefined;
  }

  /** How each system tells of a change; Apple's tool calls everything a success. */
  #answer(line: string, why: 'exists' | 'absent' | undefined, quiet: boolean): Completed {
    const { kind } = this;
    const fib = kind === 'freebsd' ? ' fib 0' : '';
    const said = (text: string) => (quiet ? '' : `${line}${fib}${text}\n`);
    if (why === undefined) return { exitCode: 0, stdout: said(''), stderr: '' };
    const words = why === 'absent' ? 'not in table' : 'File exists';
    if (kind === 'macos') {
      const stderr = `route: writing to routing socket: ${words}\n`;
      return { exitCode: 0, stdout: said(`: ${words}`), stderr };
    }
    if (kind !== 'freebsd') return { exitCode: 1, stdout: said(`: ${words}`), stderr: '' };
    return why === 'absent'
      ? {
          exitCode: 1,
          stdout: said(': not in table'),
          stderr: 'route: route has not been found\n',
        }
      : { exitCode: 1, stdout: said(': route already in table'), stderr: '' };
  }

  /** The route that is taken: the one to the address itself, or a network's, or the default one. */
  #get(to: string, { family, host }: Asked): Completed {
    const { kind } = this;
    // As the tool reads them, where it is not told which of both is meant.
    const routes = this.state.routes.filter((one) => host || one.to !== to || !endsInZeros(to));
    const general = routes.find((one) => one.to === (family === 6 ? 'default6' : 'default'));
    const route = routes.find((one) => one.to === to) ?? general;
    if (!route) {
      const text = {
        macos: 'writing to routing socket: not in table',
        freebsd: 'route has not been found',
        openbsd: 'writing to routing socket: No such process',
        netbsd: 'writing to routing socket: not in table',
      }[kind];
      return { exitCode: kind === 'macos' ? 0 : 1, stdout: '', stderr: `route: ${text}\n` };
    }
    const isHost = route.to === to;
    const any = family === 6 ? '::' : '0.0.0.0';
    const mask = isHost ? (kind === 'openbsd' ? ['255.255.255.255'] : []) : [any];
    const lines = [
      `   route to: ${to}`,
      `destination: ${isHost ? to : kind === 'openbsd' ? any : 'default'}`,
      ...mask.map((text) => `       mask: ${text}`),
      `    gateway: ${route.gateway}`,
      ...(kind === 'freebsd' ? ['        fib: 0'] : []),
      `  interface: ${route.gateway.startsWith('192') ? 'em0' : 'lo0'}`,
      ...(kind === 'openbsd' ? [' if address: 192.0.2.2', '   priority: 8 (static)'] : []),
      `      flags: <${route.flags.join(',')}>`,
      ' recvpipe  sendpipe  ssthresh  rtt,msec    rttvar  hopcount      mtu     expire',
      '       0         0         0         0         0         0      1500         0 ',
    ];
    return { exitCode: 0, stdout: `${lines.join('\n')}\n`, stderr: '' };
  }

  /** `netstat -rn -f inet|inet6`. */
  netstat({ args }: Pick<Command, 'args'>): Completed {
    const [, letters, family] = /^-(rnW?) -f (inet6?)$/.exec(args.join(' ')) ?? [];
    if (letters === undefined) return { exitCode: 1, stdout: '', stderr: 'usage: netstat …\n' };
    const six = family === 'inet6';
    // Of FreeBSD without `-W` a column ends where it is full, whatever stands there.
    const width = this.kind === 'freebsd' && letters === 'rn' ? (six ? 33 : 18) : six ? 39 : 18;
    const rows = this.state.routes
      .filter(({ to }) => (to.includes(':') || to === 'default6') === six)
      .map(({ to, gateway, flags }) => {
        const shown = flags.map((flag) => LETTERS[flag] ?? (flag === 'DONE' ? '' : flag[0]));
        const cells = [to.replace('default6', 'default'), gateway].map((cell) =>
          cell.slice(0, width).padEnd(width),
        );
        return `${cells.join(' ')} ${shown.join('').padEnd(9)} em0\n`;
      });
    const title = six ? 'Internet6' : 'Internet';
    return {
      exitCode: 0,
      stdout: `Routing tables\n\n${title}:\nDestination Gateway Flags Netif Expire\n${rows.join('')}`,
      stderr: '',
    };
  }

  /** Every route that is not the host's own, one a line. */
  listing(): string {
    const own4 = new Set(own().map(({ to }) => to));
    return this.state.routes
      .filter(({ to }) => !own4.has(to))
      .map(({ to, gateway, flags }) => `route ${to} ${gateway} ${flags.join(',')}\n`)
      .sort()
      .join('');
  }

  /** Whether what is sent to the address goes to nobody. */
  drops(target: string): boolean {
    const route = this.state.routes.find(({ to }) => to === target);
    return route?.flags.some((flag) => flag === 'BLACKHOLE' || flag === 'REJECT') === true;
  }
}

/** Whether nothing but a network could be meant, as long as classes of networks told their size. */
const endsInZeros = (to: string): boolean => /^(?:\d+\.){3}0$|::$/.test(to);

/** Nothing for what it would print its usage for. */
function understood([verb = '', ...rest]: readonly string[]): Asked | undefined {
  if (!VERBS.includes(verb)) return undefined;
  let family: 4 | 6 = 4;
  let host = false;
  const flags: string[] = [];
  const words: string[] = [];
  for (const word of rest) {
    if (word === '-inet6') family = 6;
    else if (word === '-inet') family = 4;
    else if (word === '-host') host = true;
    else if (word === '-net') host = false;
    else if (word === '-blackhole' || word === '-reject') flags.push(word.slice(1).toUpperCase());
    else if (word.startsWith('-')) return undefined;
    else words.push(word);
  }
  const wanted = verb === 'get' ? [1] : verb === 'add' ? [2] : [1, 2];
  return wanted.includes(words.length) ? { verb, family, host, flags, words } : undefined;
}

const usage = (): Completed => ({
  exitCode: 64,
  stdout: '',
  stderr: 'usage: route [-dnqtv] command [[modifiers] args]\n',
});
