/**
 * The two sides of a command line on Windows, written down anew from their documentation: how node
 * (libuv) puts words together, and how a program takes them apart by `CommandLineToArgvW`.
 */

/** One word as libuv writes it. */
export function joined(word: string): string {
  if (word === '') return '""';
  if (!/[ \t"]/.test(word)) return word;
  if (!/["\\]/.test(word)) return `"${word}"`;
  let text = '';
  // From the end: there a backslash counts only before a quotation mark, its own or the closing one.
  let before = true;
  for (const letter of [...word].reverse()) {
    text = letter + text;
    if (letter === '\\' && before) text = `\\${text}`;
    else if (letter === '"') text = `\\${text}`;
    before = letter === '"' || (letter === '\\' && before);
  }
  return `"${text}"`;
}

/** The words behind the program's name. */
export function takenApart(line: string): readonly string[] {
  const words: string[] = [];
  const first = /^(?:"[^"]*"|[^\s"]*)[ \t]*/.exec(line)?.[0] ?? '';
  let rest = line.slice(first.length);
  while (rest !== '') {
    const { word, length } = nextWord(rest);
    words.push(word);
    rest = rest.slice(length).replace(/^[ \t]+/, '');
  }
  return words;
}

function nextWord(text: string): { readonly word: string; readonly length: number } {
  let word = '';
  let quoted = false;
  let at = 0;
  while (at < text.length && (quoted || !/[ \t]/.test(text.charAt(at)))) {
    const slashes = /^\\*/.exec(text.slice(at))?.[0].length ?? 0;
    const mark = text.charAt(at + slashes) === '"';
    if (slashes > 0) {
      word += '\\'.repeat(mark ? Math.floor(slashes / 2) : slashes);
      at += slashes;
      if (!mark || slashes % 2 === 0) continue;
      word += '"';
    } else if (!mark) word += text.charAt(at);
    else if (quoted && text.charAt(at + 1) === '"') {
      word += '"';
      at += 1;
    } else quoted = !quoted;
    at += 1;
  }
  return { word, length: at };
}
