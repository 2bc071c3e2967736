import {
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  statSync,
  writeSync,
} from 'node:fs';
import type { Sink } from '../log.ts';

/** Where the agent looks for it, below its home. */
export const LOG_FILE = 'logs/active-responses.log';

/**
 * The agent's log as a sink: one write a line. The folder belongs to the agent's account, so what
 * lies there is a file of ours to append to or it is passed over, with one word to `complain`.
 */
export function logFile(home: string | undefined, complain: (message: string) => void): Sink {
  let fd: number | undefined;
  let passedOver = false;

  function open(): number | undefined {
    if (home === undefined) throw new Error('no agent home was found');
    const path = `${home}/${LOG_FILE}`;
    const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
    const flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK;
    try {
      const found = openSync(path, flags);
      const status = fstatSync(found);
      if (status.isFile() && status.nlink === 1) return found;
      throw new Error(`${path} is not a regular file with one link`);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    }
    const made = openSync(path, flags | O_CREAT | O_EXCL, 0o660);
    fchmodSync(made, 0o660);
    try {
      const { uid, gid } = statSync(`${home}/logs`);
      fchownSync(made, uid, gid);
    } catch {
      // Not root: then it is the caller's own file, which is as good as the caller can do.
    }
    return made;
  }

  return async (line) => {
    if (passedOver) return;
    try {
      fd ??= open();
      if (fd !== undefined) writeSync(fd, line);
    } catch (thrown) {
      passedOver = true;
      complain(`nothing is logged: ${(thrown as Error).message}`);
    }
  };
}
