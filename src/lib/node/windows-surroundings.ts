import { run } from '../effect.ts';
import { type Lifeline, plainAddress } from '../lifelines/addresses.ts';
import { windowsGateways } from '../lifelines/windows-routes.ts';
import { LIMIT } from '../ports.ts';
import type { Runner } from '../runner.ts';
import { resolversNow } from './runtime-servers.ts';

/** What Windows knows of the networks around it: gateways, and whom it asks for names. */
export async function windowsNetwork(runner: Pick<Runner, 'run'>): Promise<readonly Lifeline[]> {
  return [...(await gateways(runner)), ...resolversNow()];
}

async function gateways(runner: Pick<Runner, 'run'>): Promise<readonly Lifeline[]> {
  try {
    const { stdout } = await runner.run(run('route', 'print'), LIMIT.undo);
    return windowsGateways(stdout).flatMap((one) =>
      lifelines(one, 'is this host’s gateway', 'route print'),
    );
  } catch {
    // What cannot be read is not there.
    return [];
  }
}

function lifelines(address: string, why: string, from: string): Lifeline[] {
  const network = plainAddress(address);
  return network === undefined ? [] : [{ network, why, from }];
}
