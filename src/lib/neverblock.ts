import ipaddr from 'ipaddr.js';
import type { Subject, Target } from './fields.ts';

// What no host on the other side of a network can have: blocking it only breaks this host.
const REFUSED: Readonly<Record<string, string>> = {
  loopback: 'is this host’s loopback',
  unspecified: 'means every address',
  broadcast: 'is the broadcast address',
  multicast: 'is a multicast group',
};

/** Why a target must never be blocked, or nothing. It concerns adds only: an undo must always work. */
export function protection(subject: Subject, { text }: Target): string | undefined {
  if (subject !== 'srcip') return undefined;
  const address = ipaddr.parse(text);
  if (address.kind() === 'ipv4' && text.startsWith('0.')) return `${text} means this network`;
  const why = REFUSED[address.range()];
  return why && `${text} ${why}`;
}
