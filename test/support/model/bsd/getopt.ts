/** What a command line of a BSD tool says: its options in order, and the words after them. */
export interface Parsed {
  readonly options: readonly (readonly [letter: string, value: string])[];
  readonly words: readonly string[];
}

/**
 * Reads a command line as getopt(3) of the BSDs does: options first, `x:` in the list for one that
 * takes a value. Nothing where it would print its usage.
 */
export function getopt(args: readonly string[], letters: string): Parsed | undefined {
  const options: [string, string][] = [];
  let at = 0;
  for (; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '--') {
      at += 1;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    for (let place = 1; place < word.length; place += 1) {
      const letter = word[place] ?? '';
      const known = letter === ':' ? -1 : letters.indexOf(letter);
      if (known < 0) return undefined;
      if (letters[known + 1] !== ':') {
        options.push([letter, '']);
        continue;
      }
      const rest = word.slice(place + 1);
      if (rest === '') at += 1;
      const value = rest === '' ? args[at] : rest;
      if (value === undefined) return undefined;
      options.push([letter, value]);
      break;
    }
  }
  return { options, words: args.slice(at) };
}
