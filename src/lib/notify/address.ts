import { ActionError } from '../outcome.ts';

/** Where a notification goes. */
export interface Address {
  /** Secret from its path on. */
  readonly url: string;
  /** The host and, where it is not the usual one, the port: all that may be shown. */
  readonly host: string;
}

/**
 * Reads the URL of a service; throws `usage`, without quoting it. Without encryption everybody on the way would
 * read the password that it is: only this host itself may be spoken to like that, or who `plain` names.
 */
export function parseAddress(text: string, plain = false): Address {
  const url = URL.parse(text);
  const fail = (why: string) => new ActionError('usage', `the URL ${why}`);
  if (!url || /\s/.test(text)) throw fail('is none; it must be like https://host/path');
  if (url.username !== '' || url.password !== '') throw fail('has a user name in it');
  if (url.protocol === 'https:') return { url: url.href, host: url.host };
  if (url.protocol !== 'http:') throw fail('must begin with https://');
  if (!plain && !isLoopback(url.hostname)) {
    throw fail(`for ${url.host} is not encrypted: it must begin with https://`);
  }
  return { url: url.href, host: url.host };
}

/** Whether a host is this one, by its name as a URL writes it. */
export const isLoopback = (hostname: string): boolean =>
  /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
