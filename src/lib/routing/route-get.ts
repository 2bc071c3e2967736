import { type Asked, type Command, type Completed, run, unexpected } from '../effect.ts';
import { addressIn, type Ip } from '../fields.ts';

/** How the kernel would send something to an address, as far as it matters. */
export interface Way {
  /** Whether it is a route to this one address, which somebody made. */
  readonly own: boolean;
  /** Whether nothing that is sent there leaves this host. */
  readonly dead: boolean;
  /** Whether it is just what a null route of ours looks like. */
  readonly ours: boolean;
  /** The next host, as the tool names it; empty where there is none. */
  readonly gateway: string;
}

/** Nobody made a route to that address. */
export const FREE: Way = { own: false, dead: false, ours: false, gateway: '' };

/** The gateway of a null route of ours: this host, though a black hole asks no gateway. */
export const loopback = ({ family }: Ip): string => (family === 6 ? '::1' : '127.0.0.1');

/** What `route` takes for an address of IPv6. */
export const ofFamily = ({ family }: Ip): readonly string[] => (family === 6 ? ['-inet6'] : []);

// One route is asked for, by its target: the whole table is long where many are blocked. Without `-host`
// an address that ends in zeros is read as a network's, and what is there is not found.
const asking = (ip: Ip): Command => run('route', '-n', 'get', ...ofFamily(ip), '-host', ip.text);

// FreeBSD says the first, Apple the second, and the others the third.
const NONE = ['route has not been found', 'not in table', 'No such process'];

/** Looks at the one route that is taken to an address, and what that tells. */
export function wayTo<Answer>(ip: Ip, told: (way: Way) => Answer): Asked<Answer> {
  const command = asking(ip);
  return { command, read: (completed) => told(wayIn(ip, command, completed)) };
}

const LINE = /^\s*(?<key>[a-z][a-z ]*): *(?<value>\S.*)$/;

function wayIn(ip: Ip, command: Command, completed: Completed): Way {
  const { stdout, stderr } = completed;
  const lines = stdout.split('\n').map((line) => LINE.exec(line)?.groups ?? {});
  const told = new Map(lines.map(({ key = '', value = '' }) => [key, value.trim()]));
  const flags = /^<(?<all>[A-Z0-9,_]*)>/.exec(told.get('flags') ?? '')?.groups?.['all'];
  const destination = told.get('destination');
  if (flags === undefined || destination === undefined) {
    // Some of these tools answer 0 to whatever came of it, so that only the words tell.
    if (NONE.some((words) => `${stderr}\n${stdout}`.includes(words))) return FREE;
    throw unexpected(command, completed);
  }
  const has = new Set(flags.split(','));
  // What the kernel made by itself, of a network's route, gives way to a route that somebody makes.
  const cloned = has.has('WASCLONED') || has.has('CLONED');
  if (!has.has('HOST') || cloned || addressIn(destination) !== ip.text) return FREE;
  const gateway = told.get('gateway') ?? '';
  const dead = has.has('BLACKHOLE') || has.has('REJECT');
  const ours = has.has('BLACKHOLE') && !has.has('REJECT') && addressIn(gateway) === loopback(ip);
  return { own: true, dead, ours, gateway };
}
