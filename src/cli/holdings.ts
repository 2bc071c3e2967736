import type { Host } from '../lib/host.ts';
import { type Actions, type Holding, inventory } from '../lib/inventory.ts';
import { oneLine } from '../lib/text.ts';
import { complain } from './print.ts';

/** Everything that is blocked, or should be; what cannot be looked into is said on standard error. */
export async function holdingsOf(actions: Actions, host: Host): Promise<readonly Holding[]> {
  const { holdings, blind } = await inventory(actions, host);
  for (const why of blind) complain(oneLine(`Not looked into: ${why}`));
  // What the system has ended by itself waits for nothing but a sweep to forget it.
  return holdings.filter(({ state }) => state !== 'over').sort(bySince);
}

const sinceOf = ({ entry }: Holding): string => entry?.since ?? '';

const bySince = (one: Holding, other: Holding): number =>
  sinceOf(one).localeCompare(sinceOf(other)) || one.target.localeCompare(other.target);

/** The end of a block at the latest, ISO 8601; nothing where none is known. */
export function untilOf({ entry, sighting }: Holding, now: Date): string | undefined {
  if (sighting?.left === undefined) return entry?.until;
  return new Date(now.getTime() + sighting.left * 1000).toISOString();
}

/** A block as machines read it. */
export function asJson(holding: Holding, now: Date): object {
  const { action, holder, target, backend, state, entry, sighting } = holding;
  const until = untilOf(holding, now);
  return {
    target,
    action,
    holder,
    backend,
    state,
    ...(entry?.since !== undefined && { since: entry.since }),
    ...(until !== undefined && { until }),
    ...(entry?.endless && { endless: true }),
    ...(sighting?.packets !== undefined && { packets: sighting.packets }),
    ...(entry?.alert !== undefined && { alert: entry.alert }),
    ...(entry?.rule !== undefined && { rule: entry.rule }),
    ...(entry?.reason !== undefined && { reason: entry.reason }),
  };
}

/** Why it was blocked, in a few words. */
export function whyOf({ entry }: Holding): string {
  const { reason, rule, alert } = entry ?? {};
  const parts = [
    reason,
    rule === undefined ? undefined : `rule ${rule}`,
    alert === undefined ? undefined : `alert ${alert}`,
  ];
  return parts.filter((part) => part !== undefined).join(', ') || '-';
}

/** A moment as people read it, to the second, in UTC. */
export const moment = (iso: string | undefined): string =>
  iso === undefined ? '-' : iso.slice(0, 19).replace('T', ' ');

/** When it ends, as people read it. */
export function endOf(holding: Holding, now: Date): string {
  const until = untilOf(holding, now);
  if (until !== undefined) return moment(until);
  return holding.entry?.endless ? 'never' : 'its delete';
}
