import { asking } from '../asking.ts';
import { must, type Sighting, type Survey, spell } from '../effect.ts';
import { addressIn } from '../fields.ts';
import type { Host } from '../host.ts';
import type { System } from '../system.ts';
import {
  clearing,
  complete,
  enabled,
  holderIn,
  looksInto,
  mainRules,
  members,
  ownAnchors,
} from './pf-commands.ts';
import { giveBack } from './pf-token.ts';

/** Every address in a table of an anchor of ours. */
export function pfSurvey(system: System): Survey {
  const look = async (host: Host, timeout: number) => {
    const ask = asking(host, timeout);
    const seen: Sighting[] = [];
    const anchors = await ask(ownAnchors(system));
    if (anchors.length === 0) return seen;
    const on = await ask(enabled);
    const main = await ask(mainRules);
    for (const anchor of anchors) {
      const holder = holderIn(system, anchor) ?? '';
      const heeded = on && looksInto(main, system, anchor) && (await ask(complete(anchor)));
      for (const text of await ask(members(anchor))) {
        const target = addressIn(text);
        if (target === undefined) continue;
        seen.push({ backend: 'pf', holder, target, ...(!heeded && { idle: true }) });
      }
    }
    return seen;
  };
  const raze = async (host: Host, timeout: number) => {
    const ask = asking(host, timeout);
    for (const anchor of await ask(ownAnchors(system))) {
      for (const command of clearing(anchor)) await ask(must(command, 'cleared'));
    }
    if (system === 'macos') await host.lock.with('pf', () => giveBack(host, timeout));
    return 'razed' as const;
  };
  return {
    name: 'pf',
    backends: ['pf'],
    look: () => ({ spelled: spell(ownAnchors(system).command), act: look }),
    raze: () => ({
      spelled: clearing('ANCHOR').map(spell).join('; '),
      act: raze,
    }),
  };
}
