import { existsSync, statSync, writeFileSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { defineAction } from '../lib/action.ts';
import { codeOf } from '../lib/node/errors.ts';
import { say } from '../lib/node/machine.ts';
import { ON_LINUX, ON_WINDOWS } from '../lib/node/system.ts';
import { ActionError } from '../lib/outcome.ts';
import type { Subcommand } from '../lib/person.ts';
import { template } from './template.ts';

const FOLDER = `scripts/${ON_WINDOWS ? 'windows' : ON_LINUX ? 'linux' : 'macos'}`;

const USAGE = `riposte new NAME [--dir ${FOLDER}]`;

const HELP = `Usage: ${USAGE}

Writes the file of a new action into a checkout: complete, working, some twenty lines to change.
The name is the program's: what the agent's configuration calls it.`;

/** `riposte new`: the file of an action to begin with. */
export const newCommand: Subcommand = {
  name: 'new',
  summary: 'Writes the file of an action of your own into a checkout.',
  run: async ([, ...words]) => create(words),
};

function create(words: readonly string[]): number {
  if (words.length === 0 || words[0] === '--help' || words[0] === '-h') {
    say(1, HELP);
    return 0;
  }
  const { name, folder } = read(words);
  refuseBadName(name);
  const library = resolve(folder, '../../src/lib/index.ts');
  if (!isFolder(folder) || !existsSync(library)) {
    const text = `${folder} is no folder of scripts in a checkout (there is no ${library})`;
    throw new ActionError('usage', `${text}; go to the checkout, or name one with --dir`);
  }
  const file = resolve(folder, `${name}.ts`);
  write(file, template(name, basename(folder)));
  const shown = relative(process.cwd(), file);
  const steps = [
    `${shown} is written: an action that works, to be made yours.`,
    '',
    '  npm run check      types, style and the laws, which it must keep as it is',
    '  npm run golden     writes down every command it runs; read that',
    '  npm run build      makes the program; its name lies in dist/ beside the others',
    '',
    'docs/custom-actions.md says what each line is for.',
  ];
  say(1, steps.join('\n'));
  return 0;
}

function read(words: readonly string[]): { name: string; folder: string } {
  const queue = [...words];
  let folder = FOLDER;
  const names: string[] = [];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [flag, inline] = word.split(/=(.*)/s);
    if (flag === '--dir') folder = inline ?? queue.shift() ?? '';
    else if (word.startsWith('-')) throw bad(`"${word}" is not understood`);
    else names.push(word);
  }
  const [name, ...others] = names;
  if (name === undefined || others.length > 0 || folder === '') throw bad('say one name');
  return { name, folder: resolve(folder) };
}

/** The rule is the library's own. */
function refuseBadName(name: string): void {
  const rest = { summary: '', states: { held: '', lifted: '' }, fields: {} };
  try {
    defineAction({ ...rest, name, keys: () => [], backends: () => [] });
  } catch (thrown) {
    throw new ActionError('usage', (thrown as Error).message, { cause: thrown });
  }
}

const bad = (why: string) => new ActionError('usage', `${why}; usage: ${USAGE}`);

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o644 });
  } catch (thrown) {
    const why = codeOf(thrown) === 'EEXIST' ? 'it is there already' : (thrown as Error).message;
    throw new ActionError('usage', `${file} was not written: ${why}`, { cause: thrown });
  }
}
