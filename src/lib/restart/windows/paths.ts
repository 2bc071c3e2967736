// The name of a folder as old programs know it: its first letters without blanks, and a number.
const SHORT = /^(?<stem>[^~.]{1,6})~\d+(?:\.[^.]{1,3})?$/;
// Where there are too many of those: two letters, and four digits that stand for the whole name.
const HASHED = /^(?<stem>.{2})[0-9a-f]{4}$/;

const isShortOf = (short: string, long: string): boolean => {
  const stem = SHORT.exec(short)?.groups?.['stem'];
  if (stem === undefined) return false;
  const letters = long.replace(/[ .+,;=[\]]/g, '');
  return letters.startsWith(stem) || letters.startsWith(HASHED.exec(stem)?.groups?.['stem'] ?? '~');
};

const namesIn = (path: string): readonly string[] =>
  path
    .toLowerCase()
    .split(/[\\/]+/)
    .filter((name) => name !== '');

/** Whether two texts lead to the same folder, in capitals or not, by short names or long ones. */
export function isSameFolder(one: string, other: string): boolean {
  const [mine, theirs] = [namesIn(one), namesIn(other)];
  return (
    mine.length === theirs.length &&
    mine.every((name, at) => {
      const its = theirs[at] ?? '';
      return name === its || isShortOf(name, its) || isShortOf(its, name);
    })
  );
}

/** The folder of the program that a service's command line starts; nothing for what is none. */
export function folderOfProgram(line: string): string | undefined {
  const text = line.trim().replace(/^\\\?\?\\/, '');
  const program = /^"(?<quoted>[^"]+)"|^(?<plain>.*?\.exe)(?=\s|$)/i.exec(text)?.groups;
  const path = program?.['quoted'] ?? program?.['plain'];
  return path && /^(?<folder>.+)[\\/][^\\/]+$/.exec(path)?.groups?.['folder'];
}
