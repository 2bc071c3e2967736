import type { Http } from '../http.ts';

/** What an application and an account of OAuth 1.0a sign with. */
export interface Credentials {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token: string;
  readonly tokenSecret: string;
}

/** What makes a signature one of its kind. */
export interface Moment {
  readonly nonce: string;
  /** Seconds since 1970. */
  readonly seconds: number;
}

/** RFC 3986: everything but letters, digits and `-._~`. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

type Pair = readonly [name: string, value: string];

const order = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** The text that is signed (RFC 5849, section 3.4.1); `form` are the fields of a form in the body. */
export function baseString(method: string, url: string, pairs: readonly Pair[]): string {
  const { origin, pathname, searchParams } = new URL(url);
  const sorted = [...searchParams, ...pairs]
    .map(([name, value]): Pair => [encode(name), encode(value)])
    .sort(([one, its], [other, others]) => order(one, other) || order(its, others))
    .map(([name, value]) => `${name}=${value}`);
  return [method, `${origin}${pathname}`, sorted.join('&')].map(encode).join('&');
}

/**
 * The header `Authorization` for a request in a user's name, signed with HMAC-SHA1. A JSON body is no
 * part of what is signed; the fields of a form would be.
 */
export async function authorization(
  { method, url, form = [] }: { method: string; url: string; form?: readonly Pair[] },
  { consumerKey, consumerSecret, token, tokenSecret }: Credentials,
  { nonce, seconds }: Moment,
  { hmacSha1 }: Pick<Http, 'hmacSha1'>,
): Promise<string> {
  const stated: readonly Pair[] = [
    ['oauth_consumer_key', consumerKey],
    ['oauth_nonce', nonce],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_timestamp', String(seconds)],
    ['oauth_token', token],
    ['oauth_version', '1.0'],
  ];
  const key = `${encode(consumerSecret)}&${encode(tokenSecret)}`;
  const signature = await hmacSha1(key, baseString(method, url, [...form, ...stated]));
  const words = [...stated, ['oauth_signature', signature] as const]
    .sort(([one], [other]) => order(one, other))
    .map(([name, value]) => `${name}="${encode(value)}"`);
  return `OAuth ${words.join(', ')}`;
}
