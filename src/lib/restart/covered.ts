import type { Host } from '../host.ts';
import { STATE } from '../ports.ts';

/**
 * Does it here and now, one at a time; half a sentence about it, or nothing where another one, begun
 * after this was asked for, has done the same.
 */
export const unlessCovered = (
  operation: string,
  host: Host,
  timeout: number,
  work: () => Promise<string>,
): Promise<string | undefined> =>
  host.lock.with('restart', () => inTurn(operation, host, work), timeout);

async function inTurn(
  operation: string,
  { files, clock }: Host,
  work: () => Promise<string>,
): Promise<string | undefined> {
  const [begun, over] = [`${STATE}/begun-${operation}`, `${STATE}/over-${operation}`];
  // All of us read the configuration as it is when they begin, so one for many alerts will do, if it
  // came to its end. A clock that was set back makes files of the future: they tell nothing.
  const age = await files.age(begun);
  const later = age !== undefined && age >= 0 && age < clock.elapsed();
  if (later && (await files.age(over)) !== undefined) return undefined;
  await files.remove(over);
  await files.replace(begun, '');
  const said = await work();
  await files.replace(over, '');
  return said;
}
