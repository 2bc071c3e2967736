import { asking } from '../asking.ts';
import { type Sighting, type Survey, spell } from '../effect.ts';
import type { Host } from '../host.ts';
import { ActionError } from '../outcome.ts';
import {
  deleting,
  firewallNow,
  isAbout,
  LOOKING,
  ownerOf,
  rulesNow,
  whatever,
} from './netsh-rules.ts';
import { DIRECTIONS, type Rule } from './windows-rules.ts';

/** The rules that are ours by their names. */
function byName(rules: readonly Rule[]): ReadonlyMap<string, readonly Rule[]> {
  const found = new Map<string, Rule[]>();
  for (const rule of rules.filter(ownerOf)) {
    found.set(rule.name, [...(found.get(rule.name) ?? []), rule]);
  }
  return found;
}

async function look(host: Host, timeout: number): Promise<readonly Sighting[]> {
  const { profiles, rules } = await firewallNow(asking(host, timeout));
  const off = profiles.every(({ idle }) => idle !== undefined);
  return [...byName(rules).values()].flatMap((ours): Sighting[] => {
    const owner = ours[0] && ownerOf(ours[0]);
    if (!owner) return [];
    const { holder, address: target } = owner;
    const whole = DIRECTIONS.every((direction) =>
      ours.some((rule) => rule.direction === direction && isAbout(rule, target)),
    );
    return [{ backend: 'netsh', holder, target, ...((off || !whole) && { idle: true }) }];
  });
}

async function raze(host: Host, timeout: number): Promise<'razed'> {
  const ask = asking(host, timeout);
  const names = async () => [...byName(await rulesNow(ask)).keys()];
  for (const name of await names()) await ask(whatever(deleting(name)));
  const left = await names();
  if (left.length === 0) return 'razed';
  const text = `netsh has left rules that it was told to delete: ${left.join(', ')}`;
  throw new ActionError('tool-failed', text);
}

/** Every rule of the Windows Firewall that has a name of ours. */
export const netshSurvey: Survey = {
  name: 'netsh',
  backends: ['netsh'],
  look: () => ({ spelled: LOOKING.map(spell).join('; '), act: look }),
  raze: () => ({ spelled: `${spell(deleting('NAME'))}  # for every name of ours`, act: raze }),
};
