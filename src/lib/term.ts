import type { Host } from './host.ts';
import type { Entry } from './record.ts';

/** Whether the time of a block on record is over. */
export const isOver = ({ until }: Entry, { clock }: Host): boolean =>
  until !== undefined && Date.parse(until) <= clock.now().getTime();

/** Seconds until its end. */
export const left = ({ until }: Entry, { clock }: Host): number | undefined =>
  until === undefined
    ? undefined
    : Math.max(1, Math.ceil((Date.parse(until) - clock.now().getTime()) / 1000));

/**
 * Whether it should still hold. An agent that does not say when a block ends has forgotten it after
 * a reboot: then nobody would ever end it.
 */
export function isMeant(entry: Entry, host: Host): boolean {
  if (entry.until !== undefined) return !isOver(entry, host);
  return entry.endless === true || host.records.isOfThisBoot(entry);
}
