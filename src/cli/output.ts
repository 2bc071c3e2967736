import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf } from '../lib/node/errors.ts';

// Milliseconds between two looks at a pipe that is full.
const POLL = 10;

/**
 * Standard output for much text, or for long. A reader may take all the time it wants, as a pager does;
 * nothing here blocks the process, so that it hears signals meanwhile.
 */
export interface Output {
  /** False once nobody reads it any more, or `enough` was said. */
  write(text: string): Promise<boolean>;
}

/** Opens it; `enough` ends a write that waits for its reader. */
export function standardOutput(enough: AbortSignal): Output {
  const fd = reopened() ?? 1;
  return {
    async write(text) {
      for (let rest = Buffer.from(text); rest.length > 0; ) {
        if (enough.aborted) return false;
        try {
          rest = rest.subarray(writeSync(fd, rest));
        } catch (thrown) {
          const code = codeOf(thrown);
          if (code === 'EPIPE') return false;
          if (code !== 'EAGAIN' && code !== 'EINTR') throw thrown;
          await wait(POLL);
        }
      }
      return true;
    },
  };
}

/** A pipe opened once more has flags of its own. Not all systems have this name for it. */
function reopened(): number | undefined {
  try {
    if (!fstatSync(1).isFIFO()) return undefined;
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}
