/** Time. */
export interface Clock {
  /** Wall clock, for people. */
  now(): Date;
  /** Milliseconds since the process began, never backwards. */
  elapsed(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** How a file of ours is written. */
export interface Writing {
  /** What it says of when it was written, milliseconds since 1970, if that is not now. */
  readonly at?: number;
  /** Whether it may be lost with the power: then the disk is not waited for. */
  readonly passing?: boolean;
}

/** A file of the state folder. */
export interface OwnFile {
  readonly name: string;
  /** When it was last written, milliseconds since 1970. */
  readonly written: number;
  /** Nothing where `readOwn` would not give it out. */
  readonly text: string | undefined;
  /** Why not. */
  readonly why?: string;
}

/** Files below the agent's home; paths are relative to it. Implementations never follow a link. */
export interface Files {
  /** Text of a regular file with one link and at most `limit` bytes; nothing where there is none. */
  read(path: string, limit: number): Promise<string | undefined>;
  /**
   * Text of a file in the state folder; nothing where there is none. `bad-state` where anybody but
   * the owner could have written it, or where it is no regular file of at most `limit` bytes.
   */
  readOwn(path: string, limit: number): Promise<string | undefined>;
  /**
   * All files in a folder of the state folder, as `readOwn` reads each of them; `bad-state` if the
   * folder is not private.
   */
  readAllOwn(path: string, limit: number): Promise<readonly OwnFile[]>;
  /** Appends in one write, creating the file with `mode`; resolves to the file's size in bytes. */
  append(path: string, text: string, mode: number): Promise<number>;
  /**
   * The whole lines in the newest `limit` bytes of a file in the state folder; nothing where there is
   * none, `bad-state` as for `readOwn`.
   */
  readNewest(path: string, limit: number): Promise<string | undefined>;
  /**
   * Keeps of a file the whole lines in its newest `keep` bytes, and what is appended meanwhile. One
   * process at a time may do that.
   */
  shorten(path: string, keep: number): Promise<void>;
  /** Creates a file that must not exist; false if it does. */
  create(path: string, text: string, writing?: Writing): Promise<boolean>;
  /** Puts a whole new text in the place of a file, by a rename. */
  replace(path: string, text: string, writing?: Writing): Promise<void>;
  /** Writes over a file that is there, at least as long as it was; false where there is none. */
  rewrite(path: string, text: string, writing?: Writing): Promise<boolean>;
  /** Removes a file; false if there was none. */
  remove(path: string): Promise<boolean>;
  /** Removes what runs left of a `replace` that they died over. */
  tidy(): Promise<void>;
  /** Names in a folder of the state folder; none where there is none, `bad-state` if not private. */
  list(path: string): Promise<readonly string[]>;
  /** When a file was last written, milliseconds since 1970; nothing where there is none. */
  written(path: string): Promise<number | undefined>;
  /** Milliseconds since a file was last written; nothing where there is none. */
  age(path: string): Promise<number | undefined>;
  /** Makes a directory and its parents inside the state folder, all private; `bad-state` otherwise. */
  ensurePrivate(path: string): Promise<void>;
}

/** One line, or `end` of input, `silence` for the whole timeout, or `flood`: too long a line. */
export type Heard = { readonly line: string } | 'end' | 'silence' | 'flood';

/** The agent's end of the dialogue. */
export interface Agent {
  /** Next line of standard input without its end, or why there is none. */
  hear(timeout: number): Promise<Heard>;
  /** Writes one line to standard output; false when nobody can read it. */
  tell(line: string): Promise<boolean>;
}

/**
 * Limits in milliseconds: the agent waits for us, and it waits for nothing else meanwhile. What a
 * failed run has to take back has time of its own, so that the whole stays within 25 seconds.
 */
export const LIMIT = {
  /** The first line of input. */
  request: 5_000,
  /** The agent's answer to the keys. */
  reply: 10_000,
  /** One tool. */
  tool: 10_000,
  /** One tool while something is taken back. */
  undo: 3_000,
  /** Waiting for one other run. */
  lock: 3_000,
  /** Since the process began: no new work after this, only taking back. */
  work: 18_000,
  /** Since the process began: everything. */
  run: 25_000,
} as const;

/** The folder of our own below the agent's home. */
export const STATE = 'active-response/riposte';
