import { actionsOf } from '../lib/collection.ts';
import { asJson, endOf, holdingsOf, moment, whyOf } from './holdings.ts';
import { print } from './print.ts';
import { type AtHome, atHome, hostOf, subcommand } from './subcommand.ts';
import { table } from './table.ts';

interface Options extends AtHome {
  readonly json?: true;
}

const HEAD = ['TARGET', 'STATE', 'BY', 'HOLDER', 'SINCE', 'UNTIL', 'PACKETS', 'WHY'];

/** `riposte list`: everything that is blocked, or should be. */
export const listCommand = subcommand<Options>(
  'list',
  'Lists what is blocked: where, since when, until when, why.',
  (command) =>
    atHome(command)
      .option('--json', 'one JSON array, for programs')
      .addHelpText(
        'after',
        `
States: held (seen to hold), gone (on record, and something took it or a part of it away: riposte sweep
makes it again), recorded (on record, and nobody can see it), unrecorded (it holds, and is not on
record), idle (not on record, and what is there of it keeps nobody out). Times are UTC.`,
      ),
  async ({ options, collection }) => {
    const host = hostOf(options);
    const holdings = await holdingsOf(await actionsOf(collection), host);
    const now = host.clock.now();
    if (options.json) {
      print(JSON.stringify(holdings.map((one) => asJson(one, now))));
      return 0;
    }
    const rows = holdings.map((one) => [
      one.target,
      one.state,
      one.backend,
      one.holder,
      moment(one.entry?.since),
      endOf(one, now),
      one.sighting?.packets === undefined ? '-' : `${one.sighting.packets}`,
      whyOf(one),
    ]);
    print(rows.length > 0 ? table(HEAD, rows) : 'Nothing is blocked.');
    return 0;
  },
);
