import ipaddr from 'ipaddr.js';
import { ActionError } from './outcome.ts';

/** What a message can name as a target. */
export type Subject = 'srcip' | 'user' | 'file';

/** A field an action asks for: where it comes from and how its text becomes a value. */
export interface Field<Value extends Target = Target> {
  readonly subject: Subject;
  /** Throws `bad-field` with a sentence that says why the text will not do. */
  readonly parse: (text: string) => Value;
}

/** Every value has a canonical text: it is the dedupe key, the rule and the name of the record. */
export interface Target {
  readonly text: string;
}

/** One host address, never a network. */
export interface Ip extends Target {
  readonly family: 4 | 6;
}

/** Reads one strict address: no shorthand, no leading zero, no zone; IPv4-mapped becomes IPv4. */
export function parseIp(text: string): Ip {
  const why = objection(text);
  if (why) throw new ActionError('bad-field', `${JSON.stringify(text.slice(0, 80))} ${why}`);
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return { text, family: 4 };
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress()
    ? { text: address.toIPv4Address().toString(), family: 4 }
    : { text: address.toRFC5952String(), family: 6 };
}

const SHAPE_V6 = /^[0-9a-fA-F:]+(?:\d+(?:\.\d+){3})?$/;

// The longest is an IPv4-mapped address written out.
const MAX_LENGTH = 45;

function objection(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return 'is too long for an address';
  if (text.includes('/')) return 'is a network; name one address';
  // The parser takes this old form for an IPv4 address that never sent anything.
  if (/^::\d+\./.test(text)) return 'is an IPv4-compatible address, which no host has';
  if (text.includes('%')) return 'has a zone, which means nothing on another host';
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  const tail = text.slice(text.lastIndexOf(':') + 1);
  const v6 =
    SHAPE_V6.test(text) &&
    (!tail.includes('.') || ipaddr.IPv4.isValidFourPartDecimal(tail)) &&
    ipaddr.IPv6.isValid(text);
  return v6 ? undefined : 'is not an IPv4 or IPv6 address';
}

/** The source address of the attack. */
export const srcip: Field<Ip> = { subject: 'srcip', parse: parseIp };
