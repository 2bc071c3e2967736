import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import type { Agent, Clock, Heard } from '../host.ts';
import { pause } from './clock.ts';

/** The agent's own buffer is 64 KiB; a line beyond this is no message of its. */
const MAX_LINE = 128 << 10;

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
    tell: async (line) => written(`${line}\n`, clock),
  };
}

/** Bytes as they come, `nothing` after some waiting, `end` for ever after. */
type Source = (timeout: number) => More | Promise<More>;

/**
 * A blocking read has no deadline, and the pipe's own flags belong to the agent too: so the pipe is
 * opened once more, non-blocking. Sockets and other systems cannot be opened that way.
 */
function nonBlocking(): Source | undefined {
  let fd: number;
  try {
    fd = openSync('/proc/self/fd/0', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  const buffer = Buffer.alloc(64 << 10);
  return () => {
    try {
      const length = readSync(fd, buffer);
      if (length > 0) return Buffer.from(buffer.subarray(0, length));
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'EAGAIN') {
        pause(POLL);
        return 'nothing';
      }
    }
    closeSync(fd);
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

/** Writes all of the text to standard output; false once nobody reads it. */
function written(text: string, clock: Clock): boolean {
  let rest = Buffer.from(text);
  const end = clock.elapsed() + DRAIN;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN' || clock.elapsed() > end)
        return false;
      pause(POLL);
    }
  }
  return true;
}
