import type { Completed } from '../../../../src/lib/effect.ts';
import { no, ok } from '../answer.ts';

/** One value of a key. */
export interface Value {
  readonly name: string;
  readonly type: string;
  readonly data: string;
}

const HIVES: Readonly<Record<string, string>> = { HKLM: 'HKEY_LOCAL_MACHINE', HKU: 'HKEY_USERS' };

/** Its full name, as the tool prints it. */
function fullName(key: string): string {
  const [hive = '', ...rest] = key.split('\\');
  return [HIVES[hive.toUpperCase()] ?? hive, ...rest].join('\\');
}

const ABSENT = 'ERROR: The system was unable to find the specified registry key or value.';
const SYNTAX = 'ERROR: Invalid syntax.\nType "REG QUERY /?" for usage.';

/** The registry of one host, behind `reg`. Names of keys and values have no case. */
export class Registry {
  /** By the full name in small letters; a key is there if it or a key below it was made. */
  readonly #keys = new Map<
    string,
    { readonly name: string; readonly values: Map<string, Value> }
  >();

  /** Makes a key, and those above it. */
  make(key: string): Map<string, Value> {
    const words = fullName(key).split('\\');
    for (let depth = 1; depth <= words.length; depth += 1) {
      const name = words.slice(0, depth).join('\\');
      const id = name.toLowerCase();
      if (!this.#keys.has(id)) this.#keys.set(id, { name, values: new Map() });
    }
    return this.#keys.get(fullName(key).toLowerCase())?.values ?? new Map();
  }

  /** Sets a value, in a key that is made where there is none. */
  set(key: string, name: string, type: string, data: string): void {
    this.make(key).set(name.toLowerCase(), { name, type, data });
  }

  /** Removes a value; false where there was none. */
  remove(key: string, name: string): boolean {
    return this.#keys.get(fullName(key).toLowerCase())?.values.delete(name.toLowerCase()) ?? false;
  }

  /** The values of a key, in the order in which they were made; none where there is no such key. */
  values(key: string): readonly Value[] {
    return [...(this.#keys.get(fullName(key).toLowerCase())?.values.values() ?? [])];
  }

  run(args: readonly string[]): Completed {
    const [verb = '', key = '', ...words] = args;
    if (verb.toLowerCase() === 'query') return this.#query(key, words);
    if (verb.toLowerCase() === 'add') return this.#add(key, words);
    if (verb.toLowerCase() === 'delete') return this.#delete(key, words);
    return no(1, SYNTAX);
  }

  #query(key: string, words: readonly string[]): Completed {
    const [flag, name, ...more] = words;
    const all = flag === '/s';
    const one = flag === '/v' ? name : undefined;
    if (words.length > 0 && !(all ? words.length === 1 : one !== undefined && more.length === 0)) {
      return no(1, SYNTAX);
    }
    const root = this.#keys.get(fullName(key).toLowerCase());
    if (!root) return no(1, ABSENT);
    if (one !== undefined) {
      const value = root.values.get(one.toLowerCase());
      return value ? ok(`\r\n${shown(root.name, [value])}\r\n`) : no(1, ABSENT);
    }
    const values = [...root.values.values()];
    const below = this.#below(root.name);
    // Without /s the keys right below are named, and no more of them.
    const near = below.filter((other) => depth(other.name) === depth(root.name) + 1);
    const blocks = [
      ...(values.length > 0 ? [shown(root.name, values)] : []),
      ...(all ? below.map((other) => shown(other.name, [...other.values.values()])) : []),
      ...(all || near.length === 0 ? [] : [near.map((other) => `${other.name}\r\n`).join('')]),
    ];
    return ok(blocks.map((block) => `\r\n${block}`).join(''));
  }

  #below(name: string) {
    const start = `${name.toLowerCase()}\\`;
    return [...this.#keys].filter(([id]) => id.startsWith(start)).map(([, one]) => one);
  }

  #add(key: string, words: readonly string[]): Completed {
    const named = options(words, ['/v', '/t', '/d'], ['/f']);
    if (!named) return no(1, SYNTAX);
    const name = named.get('/v');
    if (name === undefined) this.make(key);
    else this.set(key, name, named.get('/t') ?? 'REG_SZ', dataOf(named));
    return ok('The operation completed successfully.\r\n\r\n');
  }

  #delete(key: string, words: readonly string[]): Completed {
    const named = options(words, ['/v'], ['/f']);
    // It would ask.
    if (!named?.has('/f')) return no(1, SYNTAX);
    const name = named.get('/v');
    const id = fullName(key).toLowerCase();
    const there = name === undefined ? this.#keys.has(id) : this.remove(key, name);
    if (!there) return no(1, ABSENT);
    if (name === undefined) {
      for (const one of [...this.#keys.keys()]) {
        if (one === id || one.startsWith(`${id}\\`)) this.#keys.delete(one);
      }
    }
    return ok('The operation completed successfully.\r\n\r\n');
  }

  /** Every value, one a line. */
  listing(): string {
    return [...this.#keys.values()]
      .flatMap(({ name: key, values }) =>
        [...values.values()].map(({ name, type, data }) => `${key}\\${name} ${type} ${data}\n`),
      )
      .sort()
      .join('');
  }
}

const depth = (key: string): number => key.split('\\').length;

const shown = (key: string, values: readonly Value[]): string =>
  [key, ...values.map(({ name, type, data }) => `    ${name}    ${type}    ${data}`), ''].join(
    '\r\n',
  );

/** The words after a key by their flag; nothing for words that the tool does not know. */
function options(
  words: readonly string[],
  taking: readonly string[],
  bare: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  for (let place = 0; place < words.length; place += 1) {
    const flag = words[place]?.toLowerCase() ?? '';
    const next = words[place + 1];
    if (bare.includes(flag)) found.set(flag, '');
    else if (taking.includes(flag) && next !== undefined) {
      found.set(flag, next);
      place += 1;
    } else return undefined;
  }
  return found;
}

const dataOf = (named: ReadonlyMap<string, string>): string => {
  const data = named.get('/d') ?? '';
  return named.get('/t') === 'REG_DWORD' ? `0x${Number(data).toString(16)}` : data;
};
