/** A process as an alert names it: a number alone may be another's by now. */
export interface Suspect {
  readonly pid: number;
  /**
   * When it began, as the alert says it: ISO 8601, seconds, milliseconds, microseconds or nanoseconds
   * since 1970, or clock ticks since the system started.
   */
  readonly start: string;
  /** The absolute path of its program; nothing where the alert does not tell. */
  readonly executable?: string | undefined;
}

/** What must never be killed beside what is always spared. */
export interface SparedPrograms {
  /** Absolute paths of programs and directories of programs. */
  readonly never: readonly string[];
}

/** Kills processes that are seen to be the ones that are meant. */
export interface Signals {
  /**
   * Whether the process is there. Throws `refused` for one that is never killed: another one of the
   * same number, the first process, our ancestors, the agent's, the kernel's.
   */
  check(suspect: Suspect, spared: SparedPrograms): Promise<'alive' | 'gone'>;
  /** Kills it, seen to be gone within `timeout` milliseconds; `gone` where it was before. */
  kill(suspect: Suspect, spared: SparedPrograms, timeout: number): Promise<'killed' | 'gone'>;
}
