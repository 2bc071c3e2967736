import type { Question } from '../asking.ts';
import { type Command, type Completed, unexpected } from '../effect.ts';
import { windows } from './command-line.ts';

/** The states of a service that matter here, by the numbers of Windows. */
export const STATE_OF = { stopped: 1, starting: 2, stopping: 3, running: 4 } as const;

/** Lines with a heading in the system's language, a number, and a word: the type, and the state. */
const NUMBERED = /^\s+\S.*?:\s+(?<number>[0-9a-f]+)\s+\S/i;

/** The command that prints how a service stands. */
export const queryingService = (name: string): Command => windows('sc', 'query', name);

/** Asks for the number of a service's state, from 1 to 7. */
export function stateOf(name: string): Question<number> {
  const command = queryingService(name);
  return {
    command,
    read: (completed) => {
      const state = stateIn(completed);
      if (state === undefined) throw unexpected(command, completed);
      return state;
    },
  };
}

/**
 * Asks whether a service is seen not to run. One that begins or ends counts as running, and so does one
 * that Windows does not tell of.
 */
export const isDown = (name: string): Question<boolean> => ({
  command: queryingService(name),
  read: (completed) => stateIn(completed) === STATE_OF.stopped,
});

function stateIn({ exitCode, stdout }: Completed): number | undefined {
  const lines = stdout.split(/\r?\n/).map((line) => NUMBERED.exec(line)?.groups);
  const [, state] = lines.flatMap((line) => line?.['number'] ?? []);
  return exitCode === 0 && state && /^[1-7]$/.test(state) ? Number(state) : undefined;
}
