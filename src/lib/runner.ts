import type { Command, Completed } from './effect.ts';

/** The only door to other processes. */
export interface Runner {
  /** Absolute path of a tool in the trusted directories, or nothing where this host lacks it. */
  locate(tool: string): Promise<string | undefined>;
  /**
   * Resolves for every exit code, with all the output drained. Rejects with `missing-tool`,
   * `tool-failed` (could not start, died of a signal) or `timed-out` after `timeout` milliseconds.
   */
  run(command: Command, timeout: number): Promise<Completed>;
}
