import { osRegex } from './expression.ts';
import { type Element, parseXml } from './xml.ts';

/** What a decoder says, as far as those of this log say anything. */
export interface Decoder {
  readonly name: string;
  readonly parent?: string;
  readonly prematch?: RegExp;
  /** Gives the object that starts right after the prematch to the JSON decoder. */
  readonly json: boolean;
}

/** A file below `etc/decoders` or `ruleset/decoders`. */
export interface DecoderFile {
  readonly file: string;
  readonly decoders: readonly Decoder[];
}

/** What is known of an event once it is decoded. */
export interface Decoded {
  /** The parent's name: rules know a child by that. */
  readonly decoder: string;
  readonly fields: ReadonlyMap<string, string>;
}

const NONE: ReadonlyMap<string, string> = new Map();

export const readDecoders = (source: string): readonly Decoder[] => parseXml(source).map(decoderOf);

function decoderOf({ attributes, children }: Element): Decoder {
  const child = (name: string) => children.find((each) => each.name === name)?.text;
  const [parent, prematch] = [child('parent'), child('prematch')];
  return {
    name: attributes.name ?? '',
    ...(parent && { parent }),
    ...(prematch && { prematch: osRegex(prematch) }),
    json: child('plugin_decoder') === 'JSON_Decoder',
  };
}

/**
 * What a manager with these files makes of a line that has no syslog header. The files of both
 * folders stand in one order, by name; the first decoder without a parent that matches takes the
 * line; its children are asked in their order, and if it has some and none matches, nothing is decoded.
 */
export function decode(files: readonly DecoderFile[], line: string): Decoded | undefined {
  const sorted = files.toSorted((one, other) => (one.file < other.file ? -1 : 1));
  const all = sorted.flatMap(({ decoders }) => decoders);
  const taker = all.find(({ parent, prematch }) => !parent && prematch?.test(line));
  if (!taker) return undefined;
  const children = all.filter(({ parent }) => parent === taker.name);
  const chosen =
    children.length === 0
      ? taker
      : children.find(({ prematch }) => !prematch || prematch.test(line));
  return { decoder: taker.name, fields: chosen?.json ? fieldsOf(chosen, line) : NONE };
}

function fieldsOf({ prematch }: Decoder, line: string): ReadonlyMap<string, string> {
  const found = prematch?.exec(line);
  const rest = line.slice(found ? found.index + found[0].length : 0);
  try {
    return new Map(flat(JSON.parse(rest)));
  } catch {
    return NONE;
  }
}

function* flat(value: unknown, key = ''): Generator<[string, string]> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [name, each] of Object.entries(value))
      yield* flat(each, key ? `${key}.${name}` : name);
  } else if (typeof value === 'string') yield [key, wellFormed(value)];
  else if (value !== null) yield [key, JSON.stringify(value)];
}

/** The manager's parser refuses the whole object where half a surrogate pair is written. */
function wellFormed(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new Error('half a character');
  return text;
}
