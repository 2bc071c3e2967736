/** A file in quarantine, as its record tells it. */
export interface Kept {
  /** Its name in the quarantine folder, by which a person asks for it. */
  readonly id: string;
  /** Where it was: an absolute path. */
  readonly path: string;
  /** When it was taken, ISO 8601. */
  readonly at: string;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits as they were, those for setuid, setgid and sticky included. */
  readonly mode: number;
  /** When it was last written, ISO 8601. */
  readonly modified: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly device: string;
  readonly inode: string;
  /** How many other names of the same file remain elsewhere. */
  readonly otherNames: number;
  /** The alert that it was taken for. */
  readonly alert?: string;
}

/** A file that is back in its place. */
export interface Restored extends Kept {
  /** What is not as it was, in half a sentence. */
  readonly caveat?: string;
}

/** What a vault must never touch beside what it always spares. */
export interface Spared {
  /** Absolute paths of files and directories; what lies below them is spared too. */
  readonly never: readonly string[];
}

/** Why a file is taken. */
export interface Occasion extends Spared {
  readonly alert?: string | undefined;
  /** Milliseconds after which the work must be over. */
  readonly timeout: number;
}

/**
 * Takes files out of an attacker's folders into one that only root can read. The path, its parents
 * and the file may change at any moment: no link is followed, and nothing is removed that was not
 * saved.
 */
export interface Vault {
  /**
   * Whether there is a file to take. Throws `refused` for what is never taken: a protected place, a
   * link on the way, anything but a regular file.
   */
  check(path: string, spared: Spared): Promise<'present' | 'absent'>;
  /** Saves the file and removes it, seen to be gone; nothing where there is none. */
  quarantine(path: string, occasion: Occasion): Promise<Kept | undefined>;
  /** What is in quarantine, oldest first; `unread` hears, in sentences, of records that are harmed. */
  list(unread?: (why: string) => void): Promise<readonly Kept[]>;
  /**
   * Puts a file back where it was, for a person: never over another one, never through a link; it
   * leaves the quarantine then.
   */
  restore(id: string): Promise<Restored>;
}
