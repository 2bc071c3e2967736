import type { Circumstance } from '../action.ts';
import { type Backend, type Completed, run, says, unexpected } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import { ARRIVES, metricOf } from './blackhole.ts';

/** Where the columns of `route -n` stand. */
const COLUMNS = { 4: { flags: 3, metric: 4 }, 6: { flags: 2, metric: 3 } } as const;

/** One line of `route -n`, about one address. */
interface Route {
  readonly metric: number;
  /** Whether it leads nowhere. */
  readonly dead: boolean;
  readonly line: string;
}

/**
 * A number for a holder, from 1 to 32 766: the kernel keeps what `route` says of an IPv4 metric in 16
 * bits, one of them a sign, and adds one.
 */
export const shortMetricOf = (holder: string): number => 1 + (metricOf(holder) % 32_766);

/** The routes to exactly this address in the tool's listing, the one in use first. */
function routesTo({ text, family }: Ip, listing: string): readonly Route[] {
  const to = family === 6 ? `${text}/128` : text;
  const { flags, metric } = COLUMNS[family];
  return listing
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[0] === to && (family === 6 || words[2] === '255.255.255.255'))
    .map((words) => {
      const device = words.at(-1) ?? '';
      return {
        // Shown as if it had a sign.
        metric: Number(words[metric]) >>> 0,
        // What busybox shows as `*` net-tools shows as `-`.
        dead: words[flags]?.includes('!') === true || device === '*' || device === '-',
        line: words.join(' '),
      };
    })
    .sort((one, other) => one.metric - other.metric);
}

/**
 * Sends everything to the address nowhere, by a host route of the main table, with `route` of net-tools
 * or busybox: for hosts without iproute2. A metric of the holder's own tells it from every other
 * route to the address; one with a lower metric comes before it, and then this cannot work.
 */
export function netTools(ip: Ip, { holder }: Circumstance): Backend {
  const { text, family } = ip;
  const metric = shortMetricOf(holder);
  // For IPv6 the tool knows no `reject`: the kernel makes one of a route to `lo`.
  const change = (verb: string) =>
    family === 6
      ? run('route', '-A', 'inet6', verb, `${text}/128`, 'metric', `${metric}`, 'dev', 'lo')
      : run('route', verb, '-host', text, 'metric', `${metric}`, 'reject');
  const add = change('add');
  const look = family === 6 ? run('route', '-A', 'inet6', '-n') : run('route', '-n');
  const remove = change('del');
  const holds = (completed: Completed): 'present' | 'groundless' => {
    if (completed.exitCode !== 0) throw unexpected(look, completed);
    const routes = routesTo(ip, completed.stdout);
    if (!routes.some((route) => route.dead && route.metric === metric)) return 'groundless';
    const [first] = routes;
    if (first?.dead) return 'present';
    const text = `a route that is not ours comes before a null route, so that replies still leave: ${first?.line}`;
    throw new ActionError('no-effect', text);
  };
  return {
    name: 'net-tools',
    longest: 0,
    record: true,
    caveat: ARRIVES,
    effects: [
      {
        what: `null route to ${text} with metric ${metric}`,
        // There is nothing to lay: what is made has to be seen, no more.
        ground: { what: 'the main routing table', ways: [[]] },
        make: {
          command: add,
          read: (completed) => {
            if (completed.exitCode === 0) return 'unseen';
            if (says(completed, 'File exists')) return 'present';
            throw unexpected(add, completed);
          },
        },
        renew: { command: look, read: holds },
        undo: {
          command: remove,
          read: (completed) => {
            if (completed.exitCode === 0) return 'undone';
            if (says(completed, 'No such process')) return 'absent';
            throw unexpected(remove, completed);
          },
        },
      },
    ],
  };
}
