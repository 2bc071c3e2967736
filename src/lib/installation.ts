import type { Command, Completed } from './effect.ts';

/**
 * The agent's own programs. They lie below its home and not in the system's folders, so they are run
 * only where nobody but root could have put them there, and as the agent itself would run them: what
 * they start keeps the environment and the umask that we were given.
 */
export interface Installation {
  /** Those of the names that its folder `bin` has. */
  among(names: readonly string[]): Promise<readonly string[]>;
  /** Whether a path leads to a program of `bin`, links followed. */
  holds(path: string): Promise<boolean>;
  /**
   * Runs a program of `bin` and resolves when it has ended, whatever it left running; all that it said
   * is its `stdout`. Rejects with `missing-tool`, with `bad-state` for one that others could have
   * written, and as `Unfinished` if it was killed after `timeout` milliseconds, with all of its group.
   */
  run(command: Command, timeout: number): Promise<Completed>;
  /**
   * Starts a program of `active-response/bin` that outlives us and the agent: in a session of its own,
   * heard by nobody. Resolves when it runs.
   */
  detach(command: Command): Promise<void>;
}
