import type { Subject } from '../fields.ts';
import { ActionError } from '../outcome.ts';

/** How an old script is called: with words as up to Wazuh 4.1, or with JSON as from 4.2. */
export type Generation = 'argv' | 'v1';

/** What root says of a script. */
export interface Definition {
  readonly as: Generation;
  /** What the script wants, as `<expect>` of old configurations had it; nothing for all there is. */
  readonly expect: readonly Subject[] | undefined;
  /** What the agent calls it, where no wrapper's own name says so. */
  readonly name: string | undefined;
  /** The name of a wrapper that is to be written instead of running anything. */
  readonly install: string | undefined;
  /** The script and the first words of its own. */
  readonly command: readonly [script: string, ...words: string[]];
}

/** How to say it. */
export const USAGE =
  'riposte shim --as argv|v1 [--expect srcip,user,filename] [--name NAME | --install NAME] -- SCRIPT [WORDS]';

// The words of old configurations.
const SUBJECTS: ReadonlyMap<string, Subject> = new Map([
  ['srcip', 'srcip'],
  ['user', 'user'],
  ['username', 'user'],
  ['filename', 'file'],
]);

/** A name that an agent can call and a log line can show. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const OPTIONS = ['as', 'expect', 'name', 'install'] as const;

/** Reads the words behind `shim`; throws `usage` with a sentence. */
export function parseDefinition(words: readonly string[]): Definition {
  const end = words.indexOf('--');
  const [script, ...rest] = end < 0 ? [] : words.slice(end + 1);
  if (script === undefined) throw bad('the script comes last, behind --');
  const { as, expect, name, install } = optionsIn(words.slice(0, end));
  if (as !== 'argv' && as !== 'v1') throw bad('--as must be argv or v1');
  for (const one of [name, install]) {
    if (one !== undefined && !NAME.test(one)) {
      throw bad(`"${one}" is no name: up to 64 letters, digits and . _ -`);
    }
  }
  if (!script.startsWith('/') && !/^[A-Za-z]:[/\\]/.test(script)) {
    throw bad(`${script} must be an absolute path`);
  }
  return { as, expect: expect?.split(',').map(subject), name, install, command: [script, ...rest] };
}

type Given = Partial<Record<(typeof OPTIONS)[number], string>>;

function optionsIn(words: readonly string[]): Given {
  const given: Given = {};
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [flag = '', inline] = word.split(/=(.*)/s);
    const option = OPTIONS.find((one) => flag === `--${one}`);
    const value = inline ?? queue.shift();
    if (option === undefined || value === undefined) throw bad(`"${word}" is not understood`);
    given[option] = value;
  }
  return given;
}

function subject(word: string): Subject {
  const found = SUBJECTS.get(word);
  if (found === undefined) throw bad(`--expect knows srcip, user and filename, not "${word}"`);
  return found;
}

const bad = (why: string) => new ActionError('usage', `${why}; usage: ${USAGE}`);

/** A wrapper: a text file whose first line starts `riposte shim …` under the wrapper's name. */
export interface Wrapped {
  /** The wrapper's path as the agent called it. */
  readonly wrapper: string;
  /** The words behind `shim` in the wrapper's first line. */
  readonly definition: readonly string[];
  /** The words the agent gave: an old agent's, or none. */
  readonly words: readonly string[];
}

const HEAD = /^#!\s*(\S+)\s+(shim(?:\s+\S.*)?)$/;

/**
 * Finds the wrapper that the system ran this program for. Some systems hand its first line over as
 * one word and others as several, then its path, then the agent's words; what it says is taken from
 * the file itself, where nothing is cut short and no word is an attacker's.
 */
export function unwrap(
  words: readonly string[],
  firstLine: (path: string) => string | undefined,
): Wrapped | undefined {
  for (let place = 1; place < words.length; place += 1) {
    const wrapper = words[place] ?? '';
    const said = words.slice(0, place).join(' ');
    const line = HEAD.exec(firstLine(wrapper)?.trimEnd() ?? '')?.[2];
    const split = line?.split(/\s+/);
    if (split && split.join(' ') === said.split(/\s+/).join(' ')) {
      return { wrapper, definition: split.slice(1), words: words.slice(place + 1) };
    }
  }
  return undefined;
}
