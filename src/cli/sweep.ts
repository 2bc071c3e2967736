import { failure } from '../lib/by-hand.ts';
import { actionsOf } from '../lib/collection.ts';
import type { Result } from '../lib/log.ts';
import { exitCode } from '../lib/outcome.ts';
import { restoreLost, sweepOverdue, WHOLE } from '../lib/sweep.ts';
import { oneLine } from '../lib/text.ts';

import { complain, print } from './print.ts';
import { type AtHome, atHome, hostOf, subcommand } from './subcommand.ts';

interface Options extends AtHome {
  readonly quiet?: true;
}

/** `riposte sweep`: what outlived its time ends, and what something took away holds again. */
export const sweepCommand = subcommand<Options>(
  'sweep',
  'Undoes what outlived its time, and makes again what was flushed.',
  (command) => atHome(command).option('--quiet', 'say only what failed'),
  async ({ options, collection }) => {
    const host = hostOf(options);
    const actions = await actionsOf(collection);
    const ended = await sweepOverdue(actions, host, WHOLE);
    const results = [...ended, ...(await restoreLost(actions, host, WHOLE))];
    for (const result of results) tell(result, options.quiet === true);
    if (results.length === 0 && !options.quiet) print('There is nothing to sweep.');
    return Math.max(0, ...results.map(({ outcome }) => exitCode(outcome)));
  },
);

function tell(result: Result, quiet: boolean): void {
  if (exitCode(result.outcome) !== 0) complain(failure(result));
  else if (!quiet) print(oneLine(`${result.outcome}: ${result.detail}`));
}
