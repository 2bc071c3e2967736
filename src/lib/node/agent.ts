import { closeSync, constants, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import type { Agent, Clock, Heard } from '../ports.ts';
import { pause } from './clock.ts';
import { codeOf } from './errors.ts';
import { BSD_LIKE, ON_WINDOWS } from './system.ts';

/** The agent's own buffer is 64 KiB; a line well beyond this is no message of its. */
const MAX_LINE = 80 << 10;

// Milliseconds between looks at an empty pipe, and for a full one to be drained.
const POLL = 0.25;
const DRAIN = 1_000;

type More = Buffer | 'end' | 'nothing';

/** Standard input and output, a line at a time and never beyond a deadline. */
export function standardStreams(clock: Clock): Agent {
  let source: Source | undefined;
  let pending = Buffer.alloc(0);

  const take = (end: number): Heard => {
    const line = pending.toString('utf8', 0, end).replace(/\r$/, '');
    pending = pending.subarray(end + 1);
    return { line };
  };

  return {
    async hear(timeout) {
      const end = clock.elapsed() + timeout;
      source ??= nonBlocking() ?? (await streaming());
      for (;;) {
        const newline = pending.indexOf(10);
        if (newline >= 0) return take(newline);
        if (pending.length > MAX_LINE) return 'flood';
        const left = end - clock.elapsed();
        const more = left > 0 ? await source(left) : 'nothing';
        if (more === 'end') return pending.length > 0 ? take(pending.length) : 'end';
        if (more === 'nothing' && left <= 0) return 'silence';
        if (typeof more !== 'string') pending = Buffer.concat([pending, more]);
      }
    },
    tell: async (line) => !leadsNowhere(1) && writeWithin(1, `${line}\n`, clock),
  };
}

/** Bytes as they come, `nothing` after some waiting, `end` for ever after. */
type Source = (timeout: number) => More | Promise<More>;

function reopened(fd: number, flags: number): number | undefined {
  // Where it opens at all it gives the same pipe, and the flags of it to nobody.
  if (BSD_LIKE) return undefined;
  try {
    return openSync(`/proc/self/fd/${fd}`, flags | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/**
 * A blocking read has no deadline, and the pipe's own flags belong to the agent too: so the pipe is
 * opened once more, non-blocking. Sockets and other systems cannot be opened that way.
 */
function nonBlocking(): Source | undefined {
  // A file is read as it is: opened once more it would begin anew, and it never makes us wait.
  const fd = isKind(0, 'isFile') ? 0 : reopened(0, constants.O_RDONLY);
  if (fd === undefined) return undefined;
  const buffer = Buffer.alloc(64 << 10);
  let ended = false;
  return () => {
    if (ended) return 'end';
    try {
      const length = readSync(fd, buffer);
      if (length > 0) return Buffer.from(buffer.subarray(0, length));
    } catch (thrown) {
      if (codeOf(thrown) === 'EAGAIN') {
        pause(POLL);
        return 'nothing';
      }
    }
    ended = true;
    if (fd !== 0) closeSync(fd);
    return 'end';
  };
}

/** The runtime's own stream, where standard input cannot be opened again. */
async function streaming(): Promise<Source> {
  const chunks: Buffer[] = [];
  let ended = false;
  let wake = () => {};
  process.stdin.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    wake();
  });
  for (const event of ['end', 'error', 'close'] as const) {
    process.stdin.on(event, () => {
      ended = true;
      wake();
    });
  }
  return async (timeout) => {
    if (chunks.length === 0 && !ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeout);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return chunks.shift() ?? (ended ? 'end' : 'nothing');
  };
}

function isKind(fd: number, kind: 'isFile' | 'isFIFO'): boolean {
  try {
    return fstatSync(fd)[kind]();
  } catch {
    return false;
  }
}

/** Whether a descriptor leads to the null device, which is also what a closed one was replaced by. */
function leadsNowhere(fd: number): boolean {
  try {
    // On Windows it is the only such device that is no console, which nobody has who calls an agent's way.
    if (ON_WINDOWS) return fstatSync(fd).isCharacterDevice();
    const { rdev } = fstatSync(fd);
    return rdev !== 0 && rdev === statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
  } catch {
    return true;
  }
}

/**
 * Writes all of the text within a second; false where nobody reads it. A write to a full pipe has no
 * deadline, so the pipe is opened once more, non-blocking, as for reading.
 */
export function writeWithin(fd: 1 | 2, text: string, clock: Clock): boolean {
  let rest = Buffer.from(text);
  const end = clock.elapsed() + DRAIN;
  // Only a pipe: a file opened once more would be written from its start.
  const own = isKind(fd, 'isFIFO') ? reopened(fd, constants.O_WRONLY) : undefined;
  try {
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(own ?? fd, rest));
      } catch (thrown) {
        if (codeOf(thrown) !== 'EAGAIN' || clock.elapsed() > end) return false;
        pause(POLL);
      }
    }
    return true;
  } finally {
    if (own !== undefined) closeSync(own);
  }
}
