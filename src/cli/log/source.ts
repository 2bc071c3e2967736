import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { codeOf, said } from '../../lib/node/errors.ts';
import { ActionError } from '../../lib/outcome.ts';

const CHUNK = 64 << 10;

/** What is longer is no line of a program, and is not kept in memory. */
export const MAX_LINE = 1 << 20;

const LINE_END = 10;

/**
 * Opens a log; nothing where there is none. Its folder belongs to the agent's account, so that only a
 * regular file with one link is read; throws `bad-state` for what else is there.
 */
export function openLog(path: string): number | undefined {
  const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw new ActionError('bad-state', `${path}: ${said(thrown)}`, { cause: thrown });
  }
  const status = fstatSync(fd);
  if (status.isFile() && status.nlink <= 1) return fd;
  closeSync(fd);
  throw new ActionError('bad-state', `${path} is not a regular file with one link`);
}

/** The offset behind the last whole line of a file. */
export function endOfLines(fd: number): number {
  const chunk = Buffer.alloc(CHUNK);
  for (let end = fstatSync(fd).size; end > 0; end -= Math.min(CHUNK, end)) {
    const start = Math.max(0, end - CHUNK);
    const length = readSync(fd, chunk, 0, end - start, start);
    const at = chunk.subarray(0, length).lastIndexOf(LINE_END);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}

/** The lines before an offset where one ends, newest first, without their ends. Reads no more than is asked for. */
export function* linesBefore(fd: number, end: number): Generator<string> {
  let rest: Buffer = Buffer.alloc(0);
  let tooLong = false;
  for (let start = end - 1; start > 0; ) {
    const chunk = Buffer.alloc(Math.min(CHUNK, start));
    start -= chunk.length;
    // It was cut short under us: what there is now has been seen, or is newer.
    if (readSync(fd, chunk, 0, chunk.length, start) < chunk.length) return;
    let stop = chunk.length;
    for (let at = stop; at > 0; ) {
      at = chunk.subarray(0, stop).lastIndexOf(LINE_END);
      if (at < 0) break;
      if (!tooLong) yield Buffer.concat([chunk.subarray(at + 1, stop), rest]).toString('utf8');
      rest = Buffer.alloc(0);
      tooLong = false;
      stop = at;
    }
    rest = tooLong ? rest : Buffer.concat([chunk.subarray(0, stop), rest]);
    if (rest.length > MAX_LINE) {
      rest = Buffer.alloc(0);
      tooLong = true;
    }
  }
  if (!tooLong && end > 0) yield rest.toString('utf8');
}
