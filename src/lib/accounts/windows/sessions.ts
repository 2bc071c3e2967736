import { asking, type Question } from '../../asking.ts';
import { type Completed, type Deed, must, unexpected } from '../../effect.ts';
import { ActionError } from '../../outcome.ts';
import { windows } from '../../windows/command-line.ts';
import { folded } from './name.ts';

// What is being logged off takes its time to go, and its programs may ask for more.
const ROUNDS = 20;
const PAUSE = 250;

/** Logs the account off wherever it is logged on: at the screen, by a remote desktop, or disconnected. */
export function logOff(name: string): Deed<'with its sessions ended' | 'with no session open'> {
  const which = sessionsOf(name);
  return {
    spelled: `for each ID of \`quser "${name}"\`: logoff ID`,
    async act(host, timeout) {
      const ask = asking(host, timeout);
      let ids = await ask(which);
      if (ids.length === 0) return 'with no session open';
      for (const id of ids) await ask(must(windows('logoff', id), 'told'));
      for (let round = 0; round < ROUNDS; round += 1) {
        ids = await ask(which);
        if (ids.length === 0) return 'with its sessions ended';
        await host.clock.sleep(PAUSE);
      }
      throw new ActionError('tool-failed', `session ${ids.join(', ')} of ${name} does not end`);
    },
  };
}

/** Asks for the numbers of the account's sessions. */
export function sessionsOf(name: string): Question<readonly string[]> {
  const command = windows('quser', name);
  return {
    command,
    read: (completed) => idsIn(name, completed, () => unexpected(command, completed)),
  };
}

// The mark of one's own session, and the names of accounts, which have room for the longest.
const NAME = [1, 21] as const;
/** The name of the session, where it has one, its number, and the first letter of its state. */
const SESSION = /^\s*(?:(?!\d+\s)\S+\s+)?(?<id>\d{1,9})\s+[^\s\d]/;

/**
 * The numbers in a table whose headings and states are in the language of the system. Its exit code says
 * nothing: it is 1 with a table too.
 */
function idsIn(name: string, { stdout, stderr }: Completed, doubt: () => Error): readonly string[] {
  const [heading, ...rows] = stdout.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (heading === undefined) {
    // That there is no such session is a sentence; what could not be done comes with its number.
    const said = stderr.replaceAll(name, '').trim();
    if (said === '' || /\[\d+\]|0x[0-9a-f]/i.test(said)) throw doubt();
    return [];
  }
  return rows.flatMap((row) => {
    const id = SESSION.exec(row.slice(NAME[1]))?.groups?.['id'];
    if (id === undefined) throw doubt();
    return isNamed(row.slice(...NAME), name) ? [id] : [];
  });
}

/** Whether it is the account's row: who is called like a session, or its number, gets that one told. */
function isNamed(shown: string, name: string): boolean {
  // Other letters come in a code that cannot be told; no session is called by them.
  return /[^ -~]/.test(name) || folded(shown.trim()) === name;
}
