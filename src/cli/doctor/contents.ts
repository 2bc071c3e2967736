import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { OUTCOMES } from '../../lib/outcome.ts';

/** What is in a program, as far as a reader can tell who never runs it. */
export interface Contents {
  /** Whether it is some build of this project. */
  readonly ours: boolean;
  /** The same for the same content, whoever a script's first line says that it is read by. */
  readonly digest: string;
}

// Every build has this sentence in it, once it is put together.
const MARK = Buffer.from(OUTCOMES.internal.meaning);

const BLOCK = 4 << 20;

/** The same words as `MARK`, cut by the end of a block, are found too. */
const OVERLAP = MARK.length - 1;

/** Reads a whole program, regular and through no link; nothing where it cannot be read. */
export function contentsOf(path: string): Contents | undefined {
  const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = fs.constants;
  let fd: number | undefined;
  try {
    fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    return fs.fstatSync(fd).isFile() ? read(fd) : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

function read(fd: number): Contents {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(OVERLAP + BLOCK);
  let ours = false;
  let kept = 0;
  for (;;) {
    const length = fs.readSync(fd, buffer, kept, BLOCK, null);
    if (length === 0) return { ours, digest: hash.digest('hex') };
    const fresh = buffer.subarray(kept, kept + length);
    hash.update(kept === 0 ? withoutReader(fresh) : fresh);
    const all = buffer.subarray(0, kept + length);
    ours ||= all.includes(MARK);
    kept = Math.min(OVERLAP, all.length);
    buffer.copyWithin(0, all.length - kept, all.length);
  }
}

/** What follows a first line `#!…`, which installing writes anew. */
function withoutReader(start: Buffer): Buffer {
  return start.toString('latin1', 0, 2) === '#!' ? start.subarray(start.indexOf(10) + 1) : start;
}
