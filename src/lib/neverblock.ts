import ipaddr from 'ipaddr.js';
import type { Response } from './action.ts';
import type { Subject, Target } from './fields.ts';
import type { Host } from './host.ts';
import { type Lifeline, lifelineOf } from './lifelines/addresses.ts';
import { ActionError } from './outcome.ts';
import { protectedBy } from './protect.ts';
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
  host: Pick<Host, 'surroundings' | 'files' | 'log'>,
): Promise<void> {
  const targets = Object.entries(action.fields).flatMap(([name, { subject }]) => {
    const value = values[name];
    return value ? [{ subject, value }] : [];
  });
  for (const { subject, value } of targets) refuse(protection(subject, value));
  if (!targets.some(({ subject }) => GUARDED.includes(subject))) return;
  const { addresses, users } = await protectedBy(host);
  const lifelines = [...addresses, ...(await host.surroundings.lifelines())];
  for (const { subject, value } of targets) {
    if (subject === 'srcip') refuse(lifeline(lifelines, value));
    if (subject === 'user' && users.has(value.text)) {
      refuse(`${value.text} is protected by the settings`);
    }
  }
}

const GUARDED: readonly Subject[] = ['srcip', 'user'];

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
  const address = ipaddr.parse(text);
  if (address.kind() === 'ipv4' && text.startsWith('0.')) return `${text} means this network`;
  const why = REFUSED[address.range()];
  return why && `${text} ${why}`;
}
