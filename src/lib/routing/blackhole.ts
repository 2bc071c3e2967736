import type { Circumstance } from '../action.ts';
import {
  type Backend,
  type Command,
  type Completed,
  type Ground,
  says,
  unexpected,
} from '../effect.ts';
import type { Ip } from '../fields.ts';
import { hashOf } from '../hash.ts';

/**
 * The number of our routing table and of the rule that looks into it. The rule comes before that of
 * the main table, and after that of the host's own addresses; the table is the mark.
 */
export const TABLE = 182;

/** What people should know of every null route. */
export const ARRIVES = 'though its packets still arrive';

// One process for several commands; it stops at the first that fails.
const batch = (family: 4 | 6, ...lines: string[]): Command => ({
  tool: 'ip',
  args: [`-${family}`, '-batch', '-'],
  stdin: `${lines.join('\n')}\n`,
});

const SHOW_RULE = `rule show priority ${TABLE}`;
const RULE = new RegExp(`^${TABLE}:\\s+from all lookup ${TABLE}\\s*$`, 'm');

function ground(family: 4 | 6): Ground {
  const command = batch(family, `rule add priority ${TABLE} lookup ${TABLE}`);
  return {
    what: `ip rule ${TABLE} for IPv${family}`,
    ways: [
      [
        {
          command,
          // Another run was first; the kernel has had that answer since 4.17.
          read: (completed) => {
            if (completed.exitCode === 0 || says(completed, 'File exists')) return 'laid';
            throw unexpected(command, completed);
          },
        },
      ],
    ],
  };
}

/**
 * A number for a holder, the same on every host and never 0: routes to one address that differ in
 * their metric do not touch each other.
 */
export const metricOf = (holder: string): number => (hashOf(holder) % 0x7fffffff) + 1;

/**
 * Sends everything to the address nowhere, by a blackhole route in a table of our own. What an
 * administrator routes in other tables is neither seen nor touched.
 */
export function blackhole({ text, family }: Ip, { holder }: Circumstance): Backend {
  const prefix = `${text}/${family === 6 ? 128 : 32}`;
  const route = `blackhole ${prefix} table ${TABLE} metric ${metricOf(holder)}`;
  const add = batch(family, SHOW_RULE, `route add ${route}`);
  const look = batch(family, SHOW_RULE);
  const remove = batch(family, `route del ${route}`);
  const ruled = ({ stdout }: Completed) => RULE.test(stdout);
  return {
    name: 'ip-route',
    longest: 0,
    record: false,
    caveat: ARRIVES,
    effects: [
      {
        what: `blackhole route to ${prefix} in table ${TABLE}`,
        ground: ground(family),
        make: {
          command: add,
          read: (completed) => {
            if (completed.exitCode === 0) return ruled(completed) ? 'made' : 'unseen';
            if (says(completed, 'File exists')) return 'present';
            throw unexpected(add, completed);
          },
        },
        renew: {
          command: look,
          read: (completed) => {
            if (completed.exitCode !== 0) throw unexpected(look, completed);
            return ruled(completed) ? 'present' : 'groundless';
          },
        },
        undo: {
          command: remove,
          read: (completed) => {
            if (completed.exitCode === 0) return 'undone';
            if (says(completed, 'No such process')) return 'absent';
            if (says(completed, 'FIB table does not exist')) return 'absent';
            throw unexpected(remove, completed);
          },
        },
      },
    ],
  };
}
