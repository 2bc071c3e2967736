import { asking } from '../asking.ts';
import { must, type Sighting, type Survey, spell } from '../effect.ts';
import { addressIn } from '../fields.ts';
import type { Host } from '../host.ts';
import {
  deletingRules,
  destroying,
  enabled,
  holderIn,
  listed,
  missing,
  tables,
} from './ipfw-commands.ts';

async function look(host: Host, timeout: number): Promise<readonly Sighting[]> {
  const ask = asking(host, timeout);
  const ours = [...(await ask(tables))].filter(([table]) => holderIn(table) !== undefined);
  if (ours.every(([, members]) => members.length === 0)) return [];
  const rules = await ask(listed);
  const on = { 4: await ask(enabled({ family: 4 })), 6: await ask(enabled({ family: 6 })) };
  return ours.flatMap(([table, members]) => {
    const whole = missing(rules, table).length === 0;
    return members.flatMap((text): readonly Sighting[] => {
      const [address = '', size] = text.split('/');
      const target = addressIn(address);
      const family = address.includes(':') ? 6 : 4;
      // What somebody else has put there is no host.
      if (target === undefined || (size !== undefined && size !== (family === 6 ? '128' : '32'))) {
        return [];
      }
      const idle = !whole || !on[family];
      return [{ backend: 'ipfw', holder: holderIn(table) ?? '', target, ...(idle && { idle }) }];
    });
  });
}

async function raze(host: Host, timeout: number): Promise<'razed'> {
  const ask = asking(host, timeout);
  const deleting = deletingRules(await ask(listed));
  if (deleting) await ask(must(deleting, 'deleted'));
  for (const table of (await ask(tables)).keys()) {
    if (holderIn(table) !== undefined) await ask(must(destroying(table), 'destroyed'));
  }
  return 'razed';
}

/** Every address in a table of ours. */
export const ipfwSurvey: Survey = {
  name: 'ipfw',
  backends: ['ipfw'],
  look: () => ({ spelled: [tables.command, listed.command].map(spell).join('; '), act: look }),
  raze: () => ({
    spelled: `ipfw -q delete N; ${spell(destroying('TABLE'))}  # for every rule and table of ours`,
    act: raze,
  }),
};
