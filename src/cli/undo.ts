import { existing, findHome } from '../lib/node/home.ts';
import { machine, say } from '../lib/node/machine.ts';
import { ActionError } from '../lib/outcome.ts';
import type { Subcommand } from '../lib/person.ts';
import { oneLine } from '../lib/text.ts';
import type { Kept } from '../lib/vault.ts';

const USAGE = 'riposte undo [ID] [--home DIRECTORY]';

const HELP = `Usage: ${USAGE}

Puts a file that remove-threat took back where it was: never over another one, and without the rights
of setuid and setgid. Without an ID it says what is in quarantine.`;

/** `riposte undo`: back out of quarantine, which only a person can. */
export const undoCommand: Subcommand = {
  name: 'undo',
  summary: 'Says what is in quarantine, or puts a file of it back where it was.',
  run: async ([, ...words]) => {
    const { id, home, help } = read(words);
    say(1, help ? HELP : await undo(id, home));
    return 0;
  },
};

async function undo(id: string | undefined, home: string | undefined): Promise<string> {
  const { vault, log } = machine(
    'riposte',
    home === undefined ? findHome(process.argv0, true) : existing(home),
  );
  if (id === undefined) {
    const kept = await vault.list();
    return kept.length > 0 ? kept.map(row).join('\n') : 'Nothing is in quarantine.';
  }
  const { path, caveat } = await vault.restore(id);
  const text = `${path} is back${caveat === undefined ? '' : `, ${caveat}`}`;
  await log.say(`${text} (${id}, by hand)`);
  return oneLine(`${text}.`);
}

const row = ({ id, at, size, sha256, path }: Kept): string =>
  oneLine([id, at, `${size}`, sha256, path].join('  '));

function read(words: readonly string[]) {
  const queue = [...words];
  const ids: string[] = [];
  let home: string | undefined;
  let help = false;
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [flag, inline] = word.split(/=(.*)/s);
    if (word === '--help' || word === '-h') help = true;
    else if (flag === '--home') home = inline ?? queue.shift() ?? '';
    else if (word.startsWith('-')) throw bad(`"${word}" is not understood`);
    else ids.push(word);
  }
  if (ids.length > 1 || home === '') throw bad('say one ID');
  return { id: ids[0], home, help };
}

const bad = (why: string) => new ActionError('usage', `${why}; usage: ${USAGE}`);
