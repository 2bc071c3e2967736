import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
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
  /** Whether it is a pipe whose reader is gone, though nothing was written. */
  abandoned(): boolean;
}

/** Opens it; `enough` ends a write that waits for its reader. */
export function standardOutput(enough: AbortSignal): Output {
  const isPipe = fstatSync(1).isFIFO();
  // Opened once more, the pipe's flags are ours alone. Other systems have no such name for it.
  const own = isPipe ? reopened() : undefined;
  const fd = typeof own === 'number' ? own : 1;
  return {
    async write(text) {
      if (own === 'abandoned') return false;
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
    abandoned() {
      if (!isPipe) return false;
      const again = reopened();
      if (typeof again === 'number') closeSync(again);
      return again === 'abandoned';
    },
  };
}

/** A pipe without a reader cannot be opened for writing without waiting for one. */
function reopened(): number | 'abandoned' | undefined {
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    return codeOf(thrown) === 'ENXIO' ? 'abandoned' : undefined;
  }
}
