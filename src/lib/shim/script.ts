import type { Heard } from '../ports.ts';

/** How a script is started. */
export interface Start {
  /** Its path and its words. */
  readonly command: readonly [path: string, ...words: string[]];
  /** The agent's home, where such scripts expect to be started; nothing for the root directory. */
  readonly home: string | undefined;
  /** Text for its standard input, which stays open; without it the input is empty. */
  readonly input?: string;
  /** Whether its standard output is listened to; otherwise it leads nowhere. */
  readonly listen: boolean;
}

/** How a script ended. */
export interface Ended {
  /** Nothing where a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Whether its time was over. */
  readonly overran: boolean;
  /** The first of what it said on standard error. */
  readonly complaint: string;
}

/** A script that runs; all that it says beyond its first line is drained. */
export interface Script {
  /** The first line of its standard output. */
  hear(timeout: number): Promise<Heard>;
  /** One more line for its standard input; one that does not read is no error. */
  tell(line: string): void;
  /** Ends its standard input. */
  hangUp(): void;
  /** Waits for its end, and ends it and all that it started when `timeout` milliseconds are over. */
  ended(timeout: number): Promise<Ended>;
}

/** The door to the scripts of root's own. */
export interface Scripts {
  /** Throws `bad-settings` for a file that anybody but root or ourselves could have changed. */
  trust(path: string): Promise<void>;
  /** Throws `missing-tool` or `tool-failed` where it cannot be started. */
  start(start: Start): Promise<Script>;
}
