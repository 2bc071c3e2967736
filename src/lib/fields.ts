import ipaddr from 'ipaddr.js';
import { ActionError } from './outcome.ts';
import type { DialectName } from './request.ts';

/** What a message can name as a target. */
export type Subject = (typeof SUBJECTS)[number];

/** All of them. */
export const SUBJECTS = ['srcip', 'user', 'file', 'pid', 'start', 'executable'] as const;

/** A field an action asks for: where it comes from and how its text becomes a value. */
export interface Field<Value extends Target = Target> {
  readonly subject: Subject;
  /** Whether a message may go without it. */
  readonly optional?: true;
  /** Where else in a message of that form it may stand, tried after the usual places. */
  readonly also?: Readonly<Partial<Record<DialectName, readonly string[]>>>;
  /** Throws `bad-field` with a sentence that says why the text will not do. */
  readonly parse: (text: string) => Value;
  /** The canonical form of whatever else names the same; absent where every name has one form only. */
  readonly same?: (text: string) => string;
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

/** The canonical text of an address as a tool prints it; nothing for what is none. */
export function addressIn(text: string): string | undefined {
  // Of IPv4 there is one text.
  if (!text.includes(':')) return objection(text) ? undefined : text;
  return objection(text) ? undefined : parseIp(text).text;
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

/** The name of an account. */
export interface UserName extends Target {}

// What the tools of every Linux take, and what cannot be read as an option or a number.
const USER = /^[a-zA-Z_][a-zA-Z0-9_.@-]{0,31}\$?$/;

/** Reads one account's name: no option, no number, no list, no path. */
export function parseUser(text: string): UserName {
  if (USER.test(text) && text.length <= 32) return { text };
  const shown = JSON.stringify(text.slice(0, 80));
  const rule = 'up to 32 letters, digits and _ . @ -, of which the first is a letter or _';
  throw new ActionError('bad-field', `${shown} is no account name: ${rule}`);
}

/** The account that was attacked, or that attacks. */
export const user: Field<UserName> = { subject: 'user', parse: parseUser };

/** The absolute path of a file. */
export interface FilePath extends Target {}

// The longest path that the system takes, in bytes; one of them is its end.
const MAX_PATH = 4095;

/** Reads an absolute path as it stands: no `..`, no control characters, no half characters. */
export function parsePath(text: string): FilePath {
  const why = pathObjection(text);
  if (why) throw new ActionError('bad-field', `${JSON.stringify(text.slice(0, 80))} ${why}`);
  return { text };
}

function pathObjection(text: string): string | undefined {
  if (!text.startsWith('/')) return 'is no absolute path';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'has control characters in it';
  if (!text.isWellFormed()) return 'is no text that a file can be called';
  if (text.split('/').includes('..')) return 'goes up on its way';
  const bytes = [...text].reduce((sum, character) => sum + utf8Length(character), 0);
  return bytes > MAX_PATH ? 'is too long for a path' : undefined;
}

const utf8Length = (character: string): number => {
  const point = character.codePointAt(0) ?? 0;
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
};

/** Reads the path of a file that is meant to be found by its name. */
function parseFile(text: string): FilePath {
  // Whatever was no UTF-8 in the name came as this sign: no file, or another one, is called that.
  if (!text.includes('\ufffd')) return parsePath(text);
  const shown = JSON.stringify(text.slice(0, 80));
  throw new ActionError('bad-field', `${shown} lost bytes that are no UTF-8; look for it by hand`);
}

/** The file that the alert is about. */
export const file: Field<FilePath> = { subject: 'file', parse: parseFile };
