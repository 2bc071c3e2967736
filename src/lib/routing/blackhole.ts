import type { Circumstance } from '../action.ts';
import { type Backend, type Ground, says, unexpected } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ARRIVES } from './arrives.ts';
import { blackholeSurvey } from './blackhole-survey.ts';
import { batch, metricOf, nullRoute, RULE, ruled, SHOW_RULE, TABLE } from './own-table.ts';

function ground(family: 4 | 6): Ground {
  const command = batch(family, `rule add ${RULE}`);
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
 * Sends everything to the address nowhere, by a blackhole route in a table of our own. What an
 * administrator routes in other tables is neither seen nor touched.
 */
export function blackhole({ text, family }: Ip, { holder }: Circumstance): Backend {
  const prefix = `${text}/${family === 6 ? 128 : 32}`;
  const route = nullRoute(prefix, metricOf(holder));
  const add = batch(family, SHOW_RULE, `route add ${route}`);
  const look = batch(family, SHOW_RULE);
  const remove = batch(family, `route del ${route}`);
  return {
    name: 'ip-route',
    longest: 0,
    record: false,
    survey: blackholeSurvey,
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
