import { getServers } from 'node:dns';
import { type Lifeline, plainAddress } from '../lifelines/addresses.ts';
import type { Log } from '../log.ts';
import { asActionError } from '../outcome.ts';
import { LIMIT } from '../ports.ts';
import { nextHosts, PRINTING, tableIn } from '../routing/windows-table.ts';
import type { Runner } from '../runner.ts';

/**
 * What Windows knows of the networks around it: gateways, and whom it asks for names. The log is told
 * where it does not say.
 */
export async function windowsNetwork(
  runner: Pick<Runner, 'run'>,
  log: Pick<Log, 'say'>,
): Promise<readonly Lifeline[]> {
  return [
    ...(await gateways(runner, log)),
    ...getServers().flatMap((server) =>
      lifelines(withoutPort(server), 'is this host’s resolver', 'the network interfaces'),
    ),
  ];
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

/** `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`. */
const withoutPort = (server: string): string =>
  server.replace(/^\[(.*)\]:\d+$/, '$1').replace(/^([\d.]+):\d+$/, '$1');

function lifelines(address: string, why: string, from: string): Lifeline[] {
  const network = plainAddress(address);
  return network === undefined ? [] : [{ network, why, from }];
}
