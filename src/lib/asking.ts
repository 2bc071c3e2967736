import type { Command, Completed } from './effect.ts';
import type { Host } from './host.ts';
import { ActionError } from './outcome.ts';

/** A command and how to read its answer, of whatever type. `read` throws for what it does not know. */
export interface Question<Answer> {
  readonly command: Command;
  readonly read: (completed: Completed) => Answer;
}

/** Runs a command and reads its answer. */
export type Ask = <Answer>(question: Question<Answer>) => Promise<Answer>;

/** Asks one question after another, all of them within one time in milliseconds. */
export function asking({ runner, clock }: Pick<Host, 'runner' | 'clock'>, timeout: number): Ask {
  const end = clock.elapsed() + timeout;
  return async ({ command, read }) => {
    const left = end - clock.elapsed();
    if (left <= 0) throw new ActionError('timed-out', `no time was left for ${command.tool}`);
    return read(await runner.run(command, left));
  };
}
