/**
 * One line, with every control character, and all that turns the direction of writing, written as JSON
 * would write it.
 */
export const oneLine = (text: string): string =>
  text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

// What is no plain host and port may be a password with a sign in it that ends neither.
const URL_HEAD = /^(https?:\/\/)(?:[^/?#@]*@)?((?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?)(?=[/?#]|$)/i;

/**
 * A word from outside with whatever may be secret in it masked. The path of a webhook is its
 * password, and nothing in a word that we do not know says that it is none: so only the words of
 * `known` stay, and of a URL the host.
 */
export function mask(word: string, known: ReadonlySet<string>): string {
  if (known.has(word)) return word;
  const [, scheme, host] = URL_HEAD.exec(word) ?? [];
  return scheme && host ? `${scheme}${host}/***` : '***';
}

/** `2026/02/03 10:11:12`, local time: the stamp of the agent's log. */
export function stamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('/');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

/** `Tue Feb  3 10:11:12 UTC 2026`: what `date` prints in the C locale; old decoders want it. */
export function unixDate(date: Date): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = date.toUTCString().split(' ');
  return `${weekday.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${time} UTC ${year}`;
}
