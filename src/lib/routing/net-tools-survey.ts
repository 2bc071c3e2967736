import { type Ask, asking, type Question } from '../asking.ts';
import { type Sighting, type Survey, says, unexpected } from '../effect.ts';
import type { Host } from '../host.ts';
import { changing, type HostRoute, hostRoutes, listing, shortMetricOf } from './host-routes.ts';

type Family = 4 | 6;

const FAMILIES = [4, 6] as const;

// How net-tools and busybox say that the kernel has no IPv6.
const NO_FAMILY = /not configured in this system|ipv6_route: No such file/;

function routes(family: Family): Question<readonly HostRoute[]> {
  const command = listing(family);
  return {
    command,
    read: (completed) => {
      const { exitCode, stdout, stderr } = completed;
      // Of a table in which nothing ever was it shows the head, and says no more.
      const empty = exitCode === 1 && stderr === '' && stdout.startsWith('Kernel ');
      if (exitCode === 0 || empty) return hostRoutes(family, stdout);
      if (NO_FAMILY.test(stderr)) return [];
      throw unexpected(command, completed);
    },
  };
}

/** One route of ours. */
interface Ours {
  readonly family: Family;
  readonly holder: string;
  readonly route: HostRoute;
  /** Whether no route that leads somewhere comes before it. */
  readonly inForce: boolean;
}

async function ours(holders: readonly string[], ask: Ask): Promise<readonly Ours[]> {
  const byMetric = new Map(holders.map((holder) => [shortMetricOf(holder), holder]));
  const found: Ours[] = [];
  for (const family of FAMILIES) {
    const all = await ask(routes(family));
    const first = new Map(all.toReversed().map((route) => [route.address, route]));
    for (const route of all) {
      const holder = byMetric.get(route.metric);
      if (holder === undefined || !route.dead) continue;
      const inForce = first.get(route.address)?.dead === true;
      found.push({ family, holder, route, inForce });
    }
  }
  return found;
}

async function look(
  holders: readonly string[],
  host: Host,
  timeout: number,
): Promise<readonly Sighting[]> {
  const found = await ours(holders, asking(host, timeout));
  return found.map(({ holder, route: { address: target }, inForce }) => ({
    backend: 'net-tools',
    holder,
    target,
    ...(!inForce && { idle: true }),
  }));
}

async function raze(holders: readonly string[], host: Host, timeout: number): Promise<'razed'> {
  const ask = asking(host, timeout);
  for (const { family, route } of await ours(holders, ask)) {
    const command = changing('del', { text: route.address, family }, route.metric);
    await ask({
      command,
      read: (completed) => {
        const gone = completed.exitCode === 0 || says(completed, 'No such process');
        if (!gone) throw unexpected(command, completed);
      },
    });
  }
  return 'razed';
}

/** Every route to nowhere of the main table with the metric of a holder. */
export const netToolsSurvey: Survey = {
  name: 'net-tools',
  backends: ['net-tools'],
  look: (holders) => ({
    spelled: 'route -n; route -A inet6 -n',
    act: (host, timeout) => look(holders, host, timeout),
  }),
  raze: (holders) => ({
    spelled: 'take our routes out of the main table',
    act: (host, timeout) => raze(holders, host, timeout),
  }),
};
