/**
 * JSON as the agent's own parser sees it: names match without regard to ASCII case, the first of
 * two equal names counts, and text after the value is ignored. `JSON.parse` keeps the last of two
 * equal names, so a forged alert could say one thing to the agent and another to us.
 */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

const MAX_DEPTH = 200;
const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** A member of an object, and where its value stands in the text: `[start, end)`. */
export interface Member {
  readonly name: string;
  readonly value: Json;
  readonly start: number;
  readonly end: number;
}

/** An object with its members in the order received, duplicates included. */
export class JsonObject {
  readonly members: readonly Member[];

  constructor(members: readonly Member[]) {
    this.members = members;
  }

  /** All members of a name, in the order received. */
  all(name: string): readonly Member[] {
    const wanted = lower(name);
    return this.members.filter((member) => lower(member.name) === wanted);
  }

  /** All members at a dotted path, in the order received, whichever names on the way repeat. */
  every(path: string): readonly Member[] {
    const [name = '', ...rest] = path.split('.');
    const found = this.all(name);
    if (rest.length === 0) return found;
    return found.flatMap(({ value }) =>
      value instanceof JsonObject ? value.every(rest.join('.')) : [],
    );
  }

  /** The first value at a dotted path, or nothing where a step on the way is no object. */
  at(path: string): Json | undefined {
    const [name = '', ...rest] = path.split('.');
    const value = this.all(name)[0]?.value;
    if (rest.length === 0) return value;
    return value instanceof JsonObject ? value.at(rest.join('.')) : undefined;
  }

  /** The string at a dotted path. */
  text(path: string): string | undefined {
    const value = this.at(path);
    return typeof value === 'string' ? value : undefined;
  }

  /** The object at a dotted path. */
  object(path: string): JsonObject | undefined {
    const value = this.at(path);
    return value instanceof JsonObject ? value : undefined;
  }
}

/** Parses the first JSON value of `text`; throws `SyntaxError` when there is none. */
export function parseJson(text: string): Json {
  return new Parser(text).value(0);
}

const SPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    if (depth > MAX_DEPTH) throw new SyntaxError('nested too deeply');
    this.#match(SPACE);
    switch (this.#text[this.#at]) {
      case '{':
        return new JsonObject(this.#list('}', () => this.#member(depth)));
      case '[':
        return this.#list(']', () => this.value(depth + 1));
      case '"':
        return this.#string();
      default:
        return this.#decode(this.#need(LITERAL));
    }
  }

  #list<Item>(end: string, item: () => Item): Item[] {
    const items: Item[] = [];
    this.#at += 1;
    if (this.#take(end)) return items;
    do items.push(item());
    while (this.#take(','));
    if (!this.#take(end)) throw new SyntaxError(`expected , or ${end} at ${this.#at}`);
    return items;
  }

  #member(depth: number): Member {
    this.#match(SPACE);
    const name = this.#string();
    if (!this.#take(':')) throw new SyntaxError(`expected : at ${this.#at}`);
    this.#match(SPACE);
    const start = this.#at;
    const value = this.value(depth + 1);
    return { name, value, start, end: this.#at };
  }

  // The runtime's own parser decodes escapes, and refuses the raw control characters JSON forbids.
  #string(): string {
    if (this.#text[this.#at] !== '"') throw new SyntaxError(`expected " at ${this.#at}`);
    const start = this.#at;
    this.#at += 1;
    for (let character = ''; character !== '"'; this.#at += 1) {
      character = this.#text[this.#at] ?? '';
      if (character === '') throw new SyntaxError('a string does not end');
      if (character === '\\') this.#at += 1;
    }
    return this.#decode(this.#text.slice(start, this.#at)) as string;
  }

  // The runtime's own words for a mistake quote the text, which may hold a secret.
  #decode(text: string): Json {
    try {
      return JSON.parse(text) as Json;
    } catch {
      throw new SyntaxError(`a value that is no JSON ends at ${this.#at}`);
    }
  }

  #take(character: string): boolean {
    this.#match(SPACE);
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #need(pattern: RegExp): string {
    const found = this.#match(pattern);
    if (!found) throw new SyntaxError(`unexpected character at ${this.#at}`);
    return found;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}
