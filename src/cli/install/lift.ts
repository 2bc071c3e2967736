import { actionsOf } from '../../lib/collection.ts';
import type { Host } from '../../lib/host.ts';
import { liftAll } from '../../lib/lift-all.ts';
import { ActionError } from '../../lib/outcome.ts';
import type { Collection } from '../../lib/person.ts';

/**
 * Undoes every block, whoever holds it, and removes what blocks stood on; how many there were. Throws
 * `partial` where something may still hold.
 */
export async function liftEverything(host: Host, collection: Collection): Promise<number> {
  const { lifted, failures } = await liftAll(await actionsOf(collection), host);
  if (failures.length > 0) {
    const help = 'see to it and call again, or say --keep-blocks';
    const text = `not all blocks could be undone: ${failures.join('; ')}; ${help}`;
    throw new ActionError('partial', text);
  }
  return lifted;
}
