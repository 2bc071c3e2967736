import { ActionError, type Failure } from '../outcome.ts';

/** Where a notification goes. */
export interface Address {
  /** Secret from its path on. */
  readonly url: string;
  /** The host and, where it is not the usual one, the port: all that may be shown. */
  readonly host: string;
}

/** Whom a URL without encryption may lead to: everybody on the way could read the password it is. */
export type Unencrypted = 'nobody' | 'this host' | 'anybody';

/** Reads the URL of a service; throws `kind`, never quoting it. */
export function parseAddress(text: string, unencrypted: Unencrypted, kind: Failure): Address {
  const fail = (why: string) => new ActionError(kind, `the URL ${why}`);
  const url = /\s/.test(text) ? null : URL.parse(text);
  if (!url) throw fail('is none; it must be like https://host/path');
  const { protocol, host, hostname, username, password, href } = url;
  if (username !== '' || password !== '') throw fail('has a user name in it');
  if (protocol === 'https:') return { url: href, host };
  if (protocol !== 'http:') throw fail('must begin with https://');
  if (unencrypted === 'anybody' || (unencrypted === 'this host' && isLoopback(hostname))) {
    return { url: href, host };
  }
  throw fail(`for ${host} must begin with https://, or riposte.json must say "plain": "yes"`);
}

/** Whether a host is this one, by its name as a URL writes it. */
export const isLoopback = (hostname: string): boolean =>
  /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);

/**
 * What of a URL and of other secrets no error may repeat, longest first: whole and in parts, as they
 * are written and as a service may have read them.
 */
export function secretsOf({ url }: Address, others: readonly string[] = []): readonly string[] {
  const { pathname, search } = new URL(url);
  const whole = [`${pathname}${search}`, pathname, ...others];
  const parts = whole.flatMap((text) => text.split(/[/?&=\s]/)).filter((part) => part.length > 5);
  return [...new Set([...whole, ...parts].flatMap((text) => [text, decoded(text)]))]
    .filter((text) => text.length > 1)
    .sort((one, other) => other.length - one.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
