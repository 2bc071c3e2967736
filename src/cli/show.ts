import { actionsOf } from '../lib/collection.ts';
import { ActionError } from '../lib/outcome.ts';
import { oneLine } from '../lib/text.ts';
import { asJson, endOf, holdingsOf, moment, whyOf } from './holdings.ts';
import { print } from './print.ts';
import { type AtHome, atHome, hostOf, subcommand } from './subcommand.ts';
import { canonicalTarget } from './target.ts';

interface Options extends AtHome {
  readonly json?: true;
}

/** `riposte show`: all that is known of one target. */
export const showCommand = subcommand<Options>(
  'show',
  'Shows all that is known of one target.',
  (command) =>
    atHome(command)
      .argument('<target>', 'an address, an account or a path')
      .option('--json', 'one JSON array, for programs'),
  async ({ args: [text = ''], options, collection }) => {
    const target = canonicalTarget(text);
    const host = hostOf(options);
    const all = await holdingsOf(await actionsOf(collection), host);
    const holdings = all.filter((one) => one.target === target);
    const now = host.clock.now();
    if (options.json) print(JSON.stringify(holdings.map((one) => asJson(one, now))));
    else if (holdings.length === 0) {
      throw new ActionError('usage', `nothing is held of ${target}; riposte list shows what is`);
    }
    for (const one of options.json ? [] : holdings) {
      const facts = [
        ['state', one.state],
        ['by', `${one.action} (${one.backend})`],
        ['for', one.holder],
        ['since', moment(one.entry?.since)],
        ['until', endOf(one, now)],
        ['why', whyOf(one)],
        ...(one.sighting?.packets === undefined ? [] : [['packets', `${one.sighting.packets}`]]),
        ...Object.entries(one.entry?.options ?? {}),
      ];
      const lines = facts.map(([name = '', value = '']) => `  ${name.padEnd(9)}${oneLine(value)}`);
      print([oneLine(target), ...lines].join('\n'));
    }
    return 0;
  },
);
