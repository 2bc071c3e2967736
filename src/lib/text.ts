/** One line, with every control character written as JSON would write it. */
export const oneLine = (text: string): string =>
  text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const SECRET_URL = /^(https?:\/\/[^/?#]+)[/?#].+$/i;
const SECRET_WORD = /^(--?[\w-]*(?:token|secret|password|passwd|key|hook)[\w-]*=).+$/i;

/**
 * The text with the secrets among the given words masked: a webhook's path is its password, and so is
 * the value of an option named like one.
 */
export function redact(text: string, words: readonly string[]): string {
  return words.reduce((masked, word) => {
    const head = SECRET_URL.exec(word)?.[1] ?? SECRET_WORD.exec(word)?.[1];
    if (head === undefined) return masked;
    const inside = (value: string) => JSON.stringify(value).slice(1, -1);
    return masked.replaceAll(inside(word), inside(`${head}***`)).replaceAll(word, `${head}***`);
  }, text);
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
