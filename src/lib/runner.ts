import type { Command, Completed } from './effect.ts';

/** The only door to other processes. */
export interface Runner {
  /** Absolute path of a tool in the trusted directories, or nothing where this host lacks it. */
  locate(tool: string): Promise<string | undefined>;
  /**
   * Resolves for every exit code, with all the output drained. Rejects with `missing-tool`, with
   * `tool-failed` if it could not start, and as `Unfinished` if it died of a signal (`tool-failed`) or
   * was killed after `timeout` milliseconds (`timed-out`).
   */
  run(command: Command, timeout: number): Promise<Completed>;
}
