import { ActionError } from './outcome.ts';

/**
 * What a file holds; nothing where there is none. A character is a byte (Latin-1), so that what others
 * wrote, in whatever encoding, goes back as it came.
 */
export type Content = string | undefined;

/**
 * Files of the system that others read and edit too, by absolute paths that the action names and no
 * message can. Every method throws `bad-state` where somebody but root could have written the file, or
 * put another one in its place, and `tool-failed` where the system says no.
 */
export interface SystemFiles {
  /** Links are followed, to files that are root's as well. */
  read(path: string): Promise<Content>;
  /**
   * Puts one content in the place of another, whole or not at all and synced; nothing for one of them
   * creates (0644) or removes the file. Mode, owner, label and attributes stay. False where the file
   * does not hold `before`, or not any more.
   */
  replace(path: string, before: Content, after: Content, timeout: number): Promise<boolean>;
  /** Makes a folder at the root that everybody may read (0755), unless it is there. */
  ensureFolder(path: string): Promise<void>;
  /** Whether a shared library (`libwrap.so`) is where the system's loader looks for them. */
  hasLibrary(name: string): Promise<boolean>;
}

// One is enough where nobody else writes; an editor that wins them all is a program gone mad.
const ROUNDS = 8;

/**
 * Changes a file until `change` finds nothing left to do, so that what it wants is seen to hold;
 * whoever wrote in between is not overwritten. False where there was nothing to do.
 */
export async function changeText(
  files: SystemFiles,
  path: string,
  change: (text: string) => string,
  timeout: number,
): Promise<boolean> {
  let changed = false;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await files.read(path);
    const after = change(before ?? '');
    if (after === (before ?? '')) return changed;
    if (await files.replace(path, before, after, timeout)) changed = true;
  }
  const text = `${path} changes again whenever it is written; which other program writes it?`;
  throw new ActionError('tool-failed', text);
}
