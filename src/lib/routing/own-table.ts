import type { Command, Completed } from '../effect.ts';
import { hashOf } from '../hash.ts';

/**
 * The number of our routing table and of the rule that looks into it. The rule comes before that of
 * the main table, and after that of the host's own addresses; the table is the mark.
 */
export const TABLE = 182;

/** The rule, in the words of `ip rule`. */
export const RULE = `priority ${TABLE} lookup ${TABLE}`;

/** Shows the rule, as a line of a batch. */
export const SHOW_RULE = `rule show priority ${TABLE}`;

/** Several commands as one process, which stops at the first that fails. */
export const batch = (family: 4 | 6, ...lines: string[]): Command => ({
  tool: 'ip',
  args: [`-${family}`, '-batch', '-'],
  stdin: `${lines.join('\n')}\n`,
});

/** Whether it was shown: table 182 is looked into. */
export const ruled = ({ stdout }: Completed): boolean => SHOWN.test(stdout);

const SHOWN = new RegExp(`^${TABLE}:\\s+from all lookup ${TABLE}\\s*$`, 'm');

/** A route to nowhere in that table, in the words of `ip route`. */
export const nullRoute = (prefix: string, metric: number): string =>
  `blackhole ${prefix} table ${TABLE} metric ${metric}`;

/**
 * A number for a holder, the same on every host and never 0: routes to one address that differ in
 * their metric do not touch each other.
 */
export const metricOf = (holder: string): number => (hashOf(holder) % 0x7fffffff) + 1;
