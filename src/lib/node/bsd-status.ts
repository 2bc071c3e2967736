import fs from 'node:fs';
import { about } from './errors.ts';

/**
 * Gives a file the mode, owner and times of another, by what the runtime can: the tools there copy more
 * only together with the content. Flags, lists of rights and extended attributes are not among it.
 */
export const copyStatus = (
  from: string,
  to: string,
  _timeout: number,
  system: Pick<typeof fs, 'chmodSync' | 'chownSync' | 'statSync' | 'utimesSync'> = fs,
): Promise<void> =>
  about(to, async () => {
    const { mode, uid, gid, atimeMs, mtimeMs } = system.statSync(from);
    // The owner first: a change of it takes some bits of the mode away.
    system.chownSync(to, uid, gid);
    system.chmodSync(to, mode & 0o7777);
    system.utimesSync(to, atimeMs / 1000, mtimeMs / 1000);
  });
