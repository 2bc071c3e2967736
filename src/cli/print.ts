import { writeSync } from 'node:fs';
import { pause } from '../lib/node/clock.ts';
import { codeOf } from '../lib/node/errors.ts';

// Milliseconds between looks at a pipe whose reader takes its time.
const POLL = 5;

/** Writes a line for a person, who may read it as slowly as they like. */
export const print = (line: string): void => write(1, line);

/** Writes a line about what is wrong. */
export const complain = (line: string): void => write(2, line);

function write(fd: 1 | 2, line: string): void {
  let rest = Buffer.from(`${line}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (thrown) {
      // Whoever reads has seen enough.
      if (codeOf(thrown) === 'EPIPE') process.exit(0);
      if (codeOf(thrown) !== 'EAGAIN') throw thrown;
      pause(POLL);
    }
  }
}
