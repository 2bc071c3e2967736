import { type Command, run } from '../effect.ts';
import { addressIn, type Ip } from '../fields.ts';
import { metricOf } from './own-table.ts';

/** Where the columns of `route -n` stand. */
const COLUMNS = { 4: { flags: 3, metric: 4 }, 6: { flags: 2, metric: 3 } } as const;

/** One line of `route -n`, about one address. */
export interface HostRoute {
  readonly address: string;
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

/** The command that lists the routes. */
export const listing = (family: 4 | 6): Command =>
  family === 6 ? run('route', '-A', 'inet6', '-n') : run('route', '-n');

/** Adds or removes a route to nowhere. */
export const changing = (
  verb: 'add' | 'del',
  { text, family }: Pick<Ip, 'text' | 'family'>,
  metric: number,
): Command =>
  family === 6
    ? // The tool knows no `reject` for IPv6: the kernel makes one of a route to `lo`.
      run('route', '-A', 'inet6', verb, `${text}/128`, 'metric', `${metric}`, 'dev', 'lo')
    : run('route', verb, '-host', text, 'metric', `${metric}`, 'reject');

/** The routes to single addresses in the tool's listing, of two to one address the one in use first. */
export function hostRoutes(family: 4 | 6, listed: string): readonly HostRoute[] {
  const { flags, metric } = COLUMNS[family];
  return listed
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap((words): HostRoute[] => {
      const [to = '', , mask] = words;
      const single = family === 6 ? to.endsWith('/128') : mask === '255.255.255.255';
      const address = single ? addressIn(to.replace(/\/128$/, '')) : undefined;
      if (address === undefined) return [];
      const device = words.at(-1) ?? '';
      return [
        {
          address,
          // Shown as if it had a sign.
          metric: Number(words[metric]) >>> 0,
          // What busybox shows as `*` net-tools shows as `-`.
          dead: words[flags]?.includes('!') === true || device === '*' || device === '-',
          line: words.join(' '),
        },
      ];
    })
    .sort((one, other) => one.metric - other.metric);
}
