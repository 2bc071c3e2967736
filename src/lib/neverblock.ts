import ipaddr from 'ipaddr.js';
import type { Response } from './action.ts';
import type { Subject, Target } from './fields.ts';
import { ActionError } from './outcome.ts';
import type { FieldValues } from './values.ts';

// What no host on the other side of a network can have: blocking it only breaks this host.
const REFUSED: Readonly<Record<string, string>> = {
  loopback: 'is this host’s loopback',
  unspecified: 'means every address',
  broadcast: 'is the broadcast address',
  multicast: 'is a multicast group',
  linkLocal: 'is link-local: it may be the router’s, and it is no attacker from outside',
};

/** Throws `refused` for a protected target. It concerns adds only: an undo must always work. */
export function refuseProtected(action: Pick<Response, 'fields'>, values: FieldValues): void {
  for (const [name, { subject }] of Object.entries(action.fields)) {
    const value = values[name];
    const why = value && protection(subject, value);
    if (why) throw new ActionError('refused', `${why}; it is never touched`);
  }
}

/** Why a target must never be blocked, or nothing. */
export function protection(subject: Subject, { text }: Target): string | undefined {
  if (subject === 'user') return text === 'root' ? 'root is this host’s administrator' : undefined;
  if (subject === 'file') return text === '/' ? '/ is the whole system' : undefined;
  if (subject !== 'srcip') return undefined;
  const address = ipaddr.parse(text);
  if (address.kind() === 'ipv4' && text.startsWith('0.')) return `${text} means this network`;
  const why = REFUSED[address.range()];
  return why && `${text} ${why}`;
}
