import type { Held } from './held.ts';
import type { Journal } from './journal.ts';
import type { Lock } from './lock.ts';
import type { Log } from './log.ts';
import type { Runner } from './runner.ts';

/** Time. */
export interface Clock {
  /** Wall clock, for people. */
  now(): Date;
  /** Milliseconds since the process began, never backwards. */
  elapsed(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** Files below the agent's home; paths are relative to it. Implementations never follow a link. */
export interface Files {
  /** Text of a regular file with one link and at most `limit` bytes; nothing where there is none. */
  read(path: string, limit: number): Promise<string | undefined>;
  /** Appends in one write, creating the file with `mode`. */
  append(path: string, text: string, mode: number): Promise<void>;
  /** Creates a file that must not exist and syncs it; false if it does. */
  create(path: string, text: string): Promise<boolean>;
  /** Puts a whole new text in the place of a file, by a rename. */
  replace(path: string, text: string): Promise<void>;
  /** Removes a file; false if there was none. */
  remove(path: string): Promise<boolean>;
  /** Names in a directory; none where there is no such directory. */
  list(path: string): Promise<readonly string[]>;
  /** Makes a directory and its parents inside the state folder, all private; `bad-state` otherwise. */
  ensurePrivate(path: string): Promise<void>;
}

/** The agent's end of the dialogue. */
export interface Agent {
  /** Next line of standard input without its end, or why there is none. */
  hear(timeout: number): Promise<Heard>;
  /** Writes one line to standard output; false when nobody can read it any more. */
  tell(line: string): Promise<boolean>;
}

/** One line, or `end` of input, `silence` for the whole timeout, or `flood`: too long a line. */
export type Heard = { readonly line: string } | 'end' | 'silence' | 'flood';

/** The host as one run sees it: every port there is. */
export interface Host {
  readonly runner: Runner;
  readonly clock: Clock;
  readonly held: Held;
  readonly journal: Journal;
  readonly lock: Lock;
  readonly log: Log;
  /** The agent's configuration files; read on demand. */
  readonly files: Files;
  readonly kernel: readonly [major: number, minor: number];
}

/** Limits in milliseconds: the agent waits for us, and it waits for nothing else meanwhile. */
export const DEADLINE = {
  request: 5_000,
  reply: 10_000,
  tool: 10_000,
  lock: 3_000,
  run: 25_000,
} as const;

/** The folder of our own below the agent's home. */
export const STATE = 'active-response/riposte';
