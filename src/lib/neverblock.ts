import ipaddr from 'ipaddr.js';
import type { Response } from './action.ts';
import type { Subject, Target } from './fields.ts';
import type { Host } from './host.ts';
import { formsOf, type Lifeline, lifelineOf } from './lifelines/addresses.ts';
import { RESOLVED } from './names.ts';
import { ActionError } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { Protected } from './protect.ts';
import type { FieldValues } from './values.ts';

// What no host on the other side of a network can have: blocking it only breaks this host.
const REFUSED: Readonly<Record<string, string>> = {
  loopback: 'is this host’s loopback',
  unspecified: 'means every address',
  broadcast: 'is the broadcast address',
  multicast: 'is a multicast group',
  linkLocal: 'is link-local: it may be the router’s, and it is no attacker from outside',
};

/**
 * Throws `refused` for a protected target. It concerns adds only: an undo must always work. A target
 * that is refused is never exchanged for another field's.
 */
export async function refuseProtected(
  action: Pick<Response, 'fields'>,
  values: FieldValues,
  policy: Policy,
  host: Pick<Host, 'surroundings' | 'names'>,
): Promise<void> {
  const targets = Object.entries(action.fields).flatMap(([name, { subject, same }]) => {
    const value = values[name];
    return value ? [{ subject, same, value }] : [];
  });
  for (const { subject, same = (text: string) => text, value } of targets) {
    refuse(protection(subject, value));
    if (subject === 'user' && [...policy.users].some((one) => same(one) === value.text)) {
      refuse(`${value.text} is protected by the settings`);
    }
  }
  const addresses = targets.filter(({ subject }) => subject === 'srcip');
  if (addresses.length === 0) return;
  const lifelines = await lifelinesOf(policy, host);
  for (const { value } of addresses) refuse(lifeline(lifelines, value));
}

/** Every address that must not be blocked here and now, beside those that no host has. */
export async function lifelinesOf(
  { addresses, names, logins }: Protected,
  { surroundings, names: known }: Pick<Host, 'surroundings' | 'names'>,
): Promise<readonly Lifeline[]> {
  // Root's names before those that the agent's account could make up, so that they are asked for first.
  const seen = await known.known(names.map(({ network }) => network));
  const named = names.flatMap(({ network: name, why }) =>
    (seen.get(name) ?? []).map(({ address, at }) => ({
      network: address,
      why: `${why} (${name})`,
      from: `${RESOLVED}, seen ${at}`,
    })),
  );
  return [
    ...addresses,
    ...named,
    ...(await surroundings.lifelines()),
    ...(logins ? await surroundings.logins() : []),
  ];
}

function refuse(why: string | undefined): void {
  if (why) throw new ActionError('refused', `${why}; it is never touched`);
}

function lifeline(lifelines: readonly Lifeline[], { text }: Target): string | undefined {
  const found = lifelineOf(lifelines, text);
  return found && `${text} ${found.why}`;
}

/** Why a target must never be blocked, or nothing. */
export function protection(subject: Subject, { text }: Target): string | undefined {
  if (subject === 'user') return text === 'root' ? 'root is this host’s administrator' : undefined;
  if (subject === 'file') return text === '/' ? '/ is the whole system' : undefined;
  if (subject !== 'srcip') return undefined;
  const [why] = formsOf(text).flatMap((form) => classOf(form) ?? []);
  return why && `${text} ${why}`;
}

function classOf(text: string): string | undefined {
  const address = ipaddr.parse(text);
  if (address.kind() === 'ipv4' && text.startsWith('0.')) return 'means this network';
  return REFUSED[address.range()];
}
