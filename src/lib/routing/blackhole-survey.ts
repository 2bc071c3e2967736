import { type Ask, asking, type Question } from '../asking.ts';
import { type Sighting, type Survey, says, unexpected } from '../effect.ts';
import { addressIn } from '../fields.ts';
import type { Host } from '../host.ts';
import { asActionError } from '../outcome.ts';
import { batch, metricOf, nullRoute, RULE, ruled, SHOW_RULE, TABLE } from './own-table.ts';

type Family = 4 | 6;

const FAMILIES = [4, 6] as const;

/** Our table of one address family. */
interface Found {
  /** Whether the rule is there that looks into it. */
  readonly ruled: boolean;
  /** All of its routes; an administrator may have some there too. */
  readonly routes: readonly Route[];
}

interface Route {
  /** The address, where it is a route to nowhere for one. */
  readonly address: string | undefined;
  readonly metric: number;
}

// Behind a route some versions print blanks, and more about it.
const ROUTE = /^blackhole (\S+) (?:.*? )?metric (\d+)(?: |$)/;

function table(family: Family): Question<Found> {
  const command = batch(family, SHOW_RULE, `route show table ${TABLE}`);
  return {
    command,
    read: (completed) => {
      const known = completed.exitCode === 0 || says(completed, 'FIB table does not exist');
      // A kernel without IPv6 has no routes of it.
      const none = family === 6 && says(completed, 'not supported');
      if (!known && !none) throw unexpected(command, completed);
      const lines = completed.stdout.split('\n').filter((line) => line !== '');
      const routes = lines.filter((line) => !/^\d+:\s/.test(line)).map(routeIn);
      return { ruled: ruled(completed), routes };
    },
  };
}

function routeIn(line: string): Route {
  const [, address = '', metric] = ROUTE.exec(line) ?? [];
  return { address: addressIn(address), metric: Number(metric) };
}

async function look(
  holders: readonly string[],
  host: Host,
  timeout: number,
): Promise<readonly Sighting[]> {
  const ask = asking(host, timeout);
  const byMetric = new Map(holders.map((holder) => [metricOf(holder), holder]));
  const seen: Sighting[] = [];
  for (const family of FAMILIES) {
    const { ruled: inForce, routes } = await ask(table(family));
    for (const { address: target, metric } of routes) {
      const holder = byMetric.get(metric);
      if (holder === undefined || target === undefined) continue;
      seen.push({ backend: 'ip-route', holder, target, ...(!inForce && { idle: true }) });
    }
  }
  return seen;
}

// Whoever else takes a route away makes the batch end there.
const ROUNDS = 3;

async function raze(holders: readonly string[], host: Host, timeout: number): Promise<'razed'> {
  const ask = asking(host, timeout);
  const metrics = new Set(holders.map(metricOf));
  for (const family of FAMILIES) await razeOne(family, metrics, ask);
  return 'razed';
}

async function razeOne(family: Family, metrics: ReadonlySet<number>, ask: Ask): Promise<void> {
  for (let round = 1; ; round += 1) {
    try {
      const { ruled: inForce, routes } = await ask(table(family));
      const ours = routes.filter(
        ({ address, metric }) => address !== undefined && metrics.has(metric),
      );
      const bits = family === 6 ? 128 : 32;
      const lines = ours.map(
        ({ address, metric }) => `route del ${nullRoute(`${address}/${bits}`, metric)}`,
      );
      // What somebody else keeps in the table goes on as it does now.
      if (inForce && ours.length === routes.length) lines.push(`rule del ${RULE}`);
      if (lines.length > 0) await ask(doing(family, lines));
      return;
    } catch (thrown) {
      if (asActionError(thrown).kind !== 'tool-failed' || round === ROUNDS) throw thrown;
    }
  }
}

function doing(family: Family, lines: readonly string[]): Question<'done'> {
  const command = batch(family, ...lines);
  return {
    command,
    read: (completed) => {
      if (completed.exitCode !== 0) throw unexpected(command, completed);
      return 'done';
    },
  };
}

/** Every blackhole route of our table with the metric of a holder. */
export const blackholeSurvey: Survey = {
  name: 'ip-route',
  backends: ['ip-route'],
  look: (holders) => ({
    spelled: `ip -4 route show table ${TABLE}; ip -6 route show table ${TABLE}`,
    act: (host, timeout) => look(holders, host, timeout),
  }),
  raze: (holders) => ({
    spelled: `take our routes out of table ${TABLE}, and the rule if nobody else has any there`,
    act: (host, timeout) => raze(holders, host, timeout),
  }),
};
