/**
 * The agent's configuration is not quite XML, and its unprivileged account can write it: these read it
 * in one go, whatever it holds.
 */

/** Without comments; one that has no end is none. */
export function withoutComments(text: string): string {
  const kept: string[] = [];
  let at = 0;
  for (const [start, end] of pairs(text, '<!--', '-->')) {
    kept.push(text.slice(at, start));
    at = end + '-->'.length;
  }
  return [...kept, text.slice(at)].join('');
}

/** What stands between the tags of each element of a name; nested ones of that name do not occur. */
export const sections = (text: string, name: string): readonly string[] =>
  [...pairs(text, `<${name}>`, `</${name}>`)].map(([start, end]) =>
    text.slice(start + name.length + 2, end),
  );

/** Where an opening word begins, and the next closing one. */
function* pairs(text: string, open: string, close: string): Generator<readonly [number, number]> {
  for (let start = text.indexOf(open); start >= 0; ) {
    const end = text.indexOf(close, start + open.length);
    if (end < 0) return;
    yield [start, end];
    start = text.indexOf(open, end + close.length);
  }
}
