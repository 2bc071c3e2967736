import { type Lifeline, plainAddress } from '../lifelines/addresses.ts';
import type { Log } from '../log.ts';
import { asActionError } from '../outcome.ts';
import { LIMIT } from '../ports.ts';
import { nextHosts, PRINTING, tableIn } from '../routing/windows-table.ts';
import type { Runner } from '../runner.ts';
import { resolversNow } from './runtime-servers.ts';

/**
 * What Windows knows of the networks around it: gateways, and whom it asks for names. The log is told
 * where it does not say.
 */
export async function windowsNetwork(
  runner: Pick<Runner, 'run'>,
  log: Pick<Log, 'say'>,
): Promise<readonly Lifeline[]> {
  return [...(await gateways(runner, log)), ...resolversNow()];
}

async function gateways(
  runner: Pick<Runner, 'run'>,
  log: Pick<Log, 'say'>,
): Promise<readonly Lifeline[]> {
  try {
    const { stdout } = await runner.run(PRINTING, LIMIT.undo);
    return nextHosts(tableIn(stdout)).flatMap((one) =>
      lifelines(one, 'is this host’s gateway', 'route print'),
    );
  } catch (thrown) {
    // What cannot be read is not there.
    await log.say(`This host’s gateways are not known: ${asActionError(thrown).message}`);
    return [];
  }
}

function lifelines(address: string, why: string, from: string): Lifeline[] {
  const network = plainAddress(address);
  return network === undefined ? [] : [{ network, why, from }];
}
