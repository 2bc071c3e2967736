/** A response that the agent means to undo. */
export interface Entry {
  readonly key: string;
  readonly program: string;
  /** What to say, or the words to pass, for the undo. */
  readonly undo: string | readonly string[];
  /** Whole seconds since the epoch, as the agent counts. */
  readonly since: number;
  readonly timeout: number;
}

/** The agent's list of responses to undo; it lives in memory only. */
export class Pending {
  readonly #entries = new Map<string, Entry>();

  /** Adds an entry; for a key that is there, only its time begins anew and `false` comes back. */
  note(entry: Entry): boolean {
    const known = this.#entries.get(entry.key);
    const { since, timeout } = entry;
    this.#entries.set(entry.key, known ? { ...known, since, timeout } : entry);
    return known === undefined;
  }

  /** Whether a key is on the list. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** What is on the list, oldest first. */
  get all(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** Takes off the list what is strictly over its time; everything without a time. */
  take(now = Number.POSITIVE_INFINITY): readonly Entry[] {
    const over = this.all.filter(({ since, timeout }) => now - since > timeout);
    for (const { key } of over) this.#entries.delete(key);
    return over;
  }
}
