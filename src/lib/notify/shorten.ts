/** How long a text is for a service. */
export type Measure = (text: string) => number;

/** UTF-16 code units, which no service counts as more than one character. */
export const units: Measure = (text) => text.length;

/** Bytes of the text inside a JSON document. */
export const jsonBytes: Measure = (text) => {
  let sum = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) sum += JSON.stringify(character).length - 2;
    else sum += point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return sum;
};

const ELLIPSIS = '…';

/**
 * The text as `write` writes each of its characters, cut where it would measure more than `limit`; an
 * ellipsis then says so. No character and no escape is cut in two.
 */
export function shorten(
  text: string,
  limit: number,
  write: (character: string) => string = (character) => character,
  measure: Measure = units,
): string {
  const ends = limit - measure(ELLIPSIS);
  let written = '';
  let length = 0;
  let short = '';
  for (const character of text) {
    const next = write(character);
    length += measure(next);
    written += next;
    if (length <= ends) short = written;
    if (length > limit) return `${short}${ELLIPSIS}`;
  }
  return written;
}

/**
 * One character as people may be shown it: no control character but the end of a line and the tab,
 * and none of those that turn the direction of writing, by which one text passes for another.
 */
export const visible = (character: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/.test(
    character,
  )
    ? '\ufffd'
    : character;

/** Between a sign and the word after it: nothing is seen of it, and no mention is made of the two. */
export const WORD_JOINER = '\u2060';
