import type { Sink } from '../../src/lib/log.ts';

/** A log in memory, which never becomes too large. */
export const sinkInto = (lines: string[]): Sink => ({
  write: async (line) => {
    lines.push(line);
  },
  size: () => 0,
  putAside: async () => {},
});
