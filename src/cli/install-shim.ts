import {
  chownSync,
  closeSync,
  fchmodSync,
  openSync,
  realpathSync,
  statSync,
  writeSync,
} from 'node:fs';
import { calledAs } from '../lib/node/called.ts';
import { codeOf } from '../lib/node/errors.ts';
import { BIN, findHome } from '../lib/node/home.ts';
import { effectiveUser, say } from '../lib/node/machine.ts';
import { trustFile } from '../lib/node/trust.ts';
import { ActionError } from '../lib/outcome.ts';
import type { Definition } from '../lib/shim/definition.ts';

/** The longest first line that every kernel of today reads whole. */
const MAX_HEAD = 255;

/** The wrapper's first and only line. */
export function headOf(program: string, { as, expect, command }: Definition): string {
  const words = { srcip: 'srcip', user: 'user', file: 'filename' } as const;
  const wanted = expect?.map((subject) => words[subject as keyof typeof words]).join(',');
  const options = ['--as', as, ...(wanted === undefined ? [] : ['--expect', wanted])];
  const line = ['shim', ...options, '--', ...command];
  const odd = [program, ...command].find((word) => /\s/.test(word) || word === '');
  if (odd !== undefined) {
    throw new ActionError('usage', `"${odd}" has a blank, which no first line can hold; rename it`);
  }
  const head = `#!${program} ${line.join(' ')}`;
  if (head.length > MAX_HEAD) {
    const text = `the first line would have ${head.length} characters, and ${MAX_HEAD} is the most`;
    throw new ActionError('usage', `${text}; move the script to a shorter path`);
  }
  return head;
}

/** Writes the wrapper into the agent's `active-response/bin`; never over anything that is there. */
export async function install(definition: Definition, name: string): Promise<number> {
  const home = findHome(calledAs(), true);
  if (home === undefined) {
    throw new ActionError('usage', 'no agent home was found; call riposte by its path in there');
  }
  const folder = `${home}/${BIN}`;
  const program = `${folder}/riposte`;
  const [script, ...words] = definition.command;
  const user = effectiveUser();
  for (const path of [script, ...words.filter((word) => word.startsWith('/')), program]) {
    trustFile(path, user);
  }
  if ((statSync(script).mode & 0o111) === 0) {
    throw new ActionError('usage', `${script} is not executable; chmod 750 it`);
  }
  const wrapper = `${folder}/${name}`;
  if (realpathSync(script) === wrapper) {
    throw new ActionError('usage', `${script} must first be moved: the wrapper takes its name`);
  }
  write(wrapper, `${headOf(program, definition)}\n`, statSync(folder).gid);
  say(1, `${wrapper} now runs ${script} (${definition.as}).`);
  say(1, `To try it: ${wrapper} add - 203.0.113.7 1.1 5710; then read logs/active-responses.log.`);
  say(1, `To undo it: rm ${wrapper}`);
  return 0;
}

function write(path: string, text: string, group: number): void {
  let fd: number;
  try {
    fd = openSync(path, 'wx', 0o700);
  } catch (thrown) {
    const why = codeOf(thrown) === 'EEXIST' ? 'it is there already' : (thrown as Error).message;
    throw new ActionError('usage', `${path} was not written: ${why}`, { cause: thrown });
  }
  try {
    writeSync(fd, text);
    fchmodSync(fd, 0o750);
  } finally {
    closeSync(fd);
  }
  try {
    chownSync(path, effectiveUser(), group);
  } catch {
    // Not root: then it is the caller's own file, which is as good as the caller can do.
  }
}
