// The manager's default language of expressions, as its documentation and its tables of characters
// have it: a backslash makes a class, only a class can repeat, all else but ^ $ | ( ) is itself.
const CLASSES: Readonly<Record<string, string>> = {
  w: '[A-Za-z0-9@_-]',
  d: '[0-9]',
  s: '[ ]',
  t: '\\t',
  p: '[()*+,\\-.:;<=>?\\[\\]!"\'#$%&|{}]',
  W: '[^A-Za-z0-9@_-]',
  D: '[^0-9]',
  S: '[^ ]',
  '.': '[\\s\\S]',
};

const ITSELF = '$()\\|<';

/**
 * An expression of a decoder or a rule, in the part of that language that has no groups. Throws at
 * what it does not know. Of several ways to match, which the manager would choose is not modelled:
 * our expressions have only one.
 */
export function osRegex(source: string): RegExp {
  return new RegExp(alternatives(source).map(translated).join('|'), 'i');
}

const alternatives = (source: string): string[] =>
  source.split(/(?<!\\)\|/).map((part) => {
    if (part === '') throw new Error(`an empty alternative matches everything: ${source}`);
    return part;
  });

function translated(source: string): string {
  const start = source.startsWith('^') ? '^' : '';
  const end = /(?<!\\)\$$/.test(source) ? '$' : '';
  const body = source.slice(start.length, source.length - end.length);
  const parts = body.replace(/\\(.)([+*]?)|(.)/g, (_, escaped, repeat, plain) =>
    plain === undefined ? classOf(escaped, repeat, source) : literal(plain, source),
  );
  return `${start}${parts}${end}`;
}

function classOf(escaped: string, repeat: string, source: string): string {
  const known = CLASSES[escaped];
  if (known) return known + repeat;
  if (!ITSELF.includes(escaped)) throw new Error(`\\${escaped} in ${source}`);
  return `\\${escaped}${repeat === '' ? '' : `\\${repeat}`}`;
}

function literal(character: string, source: string): string {
  if ('()'.includes(character)) throw new Error(`a group in ${source}`);
  return character.replace(/[\\^$.*+?[\]{}/|]/, '\\$&');
}
