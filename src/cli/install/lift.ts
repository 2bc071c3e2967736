import type { Host } from '../../lib/host.ts';
import { liftAll } from '../../lib/lift-all.ts';
import { ActionError } from '../../lib/outcome.ts';
import type { Collection } from '../../lib/person.ts';
import { LIMIT } from '../../lib/ports.ts';
import { actionsOf } from '../holdings.ts';
import { unhurried } from './unhurried.ts';

/**
 * Undoes every block, whoever holds it, and removes what blocks stood on; how many there were. Throws
 * `partial` where something may still hold.
 */
export async function liftEverything(host: Host, collection: Collection): Promise<number> {
  const { lifted, failures } = await liftAll(await actionsOf(collection), unhurried(host));
  if (failures.length > 0) {
    const help = 'see to it and call again, or say --keep-blocks';
    const text = `not all blocks could be undone: ${failures.join('; ')}; ${help}`;
    throw new ActionError('partial', text);
  }
  await dropTable(host);
  return lifted;
}

/** The table of nft stays when the last address in it has gone by itself. */
async function dropTable({ runner }: Host): Promise<void> {
  if ((await runner.locate('nft')) === undefined) return;
  const args = ['delete', 'table', 'inet', 'riposte'];
  const { exitCode, stderr } = await runner.run({ tool: 'nft', args }, LIMIT.tool);
  if (exitCode === 0 || stderr.includes('No such file or directory')) return;
  throw new ActionError('tool-failed', `nft ${args.join(' ')}: ${stderr.trim().split('\n')[0]}`);
}
