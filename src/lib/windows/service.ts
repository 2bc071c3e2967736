import type { Question } from '../../asking.ts';
import { unexpected } from '../../effect.ts';
import { windows } from '../../windows/command-line.ts';

/** The states of a service that matter here, by the numbers of Windows. */
export const STATE_OF = { stopped: 1, stopping: 3, running: 4 } as const;

/** Lines with a heading in the system's language, a number, and a word: the type, and the state. */
const NUMBERED = /^\s+\S.*?:\s+(?<number>[0-9a-f]+)\s+\S/i;

/** Asks for the number of a service's state, from 1 to 7. */
export function stateOf(name: string): Question<number> {
  const command = windows('sc', 'query', name);
  return {
    command,
    read: (completed) => {
      const lines = completed.stdout.split(/\r?\n/).map((line) => NUMBERED.exec(line)?.groups);
      const [, state] = lines.flatMap((line) => line?.['number'] ?? []);
      if (completed.exitCode === 0 && state && /^[1-7]$/.test(state)) return Number(state);
      throw unexpected(command, completed);
    },
  };
}
