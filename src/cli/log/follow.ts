import fs, { closeSync, fstatSync, readSync } from 'node:fs';
import { isAt } from '../../lib/node/newest.ts';
import { MAX_LINE, openLog } from './source.ts';

const CHUNK = 64 << 10;
const LINE_END = 10;

// How much of what was read last tells whether a file was cut short and grew again since.
const MEMORY = 256;

/**
 * A log that is read on as it grows, by its name: where another file takes its place the rest of the old
 * one is read, then the new one from its start; where it is cut short it is read anew.
 */
export class Followed {
  readonly #path: string;
  #fd: number;
  #position: number;
  /** The bytes before the position, as far as they are remembered. */
  #read: Buffer = Buffer.alloc(0);
  /** A line that has no end yet. */
  #begun: Buffer = Buffer.alloc(0);

  /** `fd` is the log, of which all before `position` is known. */
  constructor(path: string, fd: number, position: number) {
    this.#path = path;
    this.#fd = fd;
    this.#position = position;
    const known = Buffer.alloc(Math.min(MEMORY, position));
    readSync(fd, known, 0, known.length, position - known.length);
    this.#read = known;
  }

  /** Whole lines that are there since the last call, oldest first. */
  lines(): readonly string[] {
    const lines = this.#more();
    if (isAt(this.#fd, this.#path, fs)) return lines;
    const next = this.#replaced();
    if (next === undefined) return lines;
    // What came between the last look at the old one and its end.
    lines.push(...this.#more());
    closeSync(this.#fd);
    this.#fd = next;
    this.#anew();
    return [...lines, ...this.#more()];
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Nothing while there is no log in its place, or none that may be read. */
  #replaced(): number | undefined {
    try {
      return openLog(this.#path);
    } catch {
      return undefined;
    }
  }

  #anew(): void {
    this.#position = 0;
    this.#read = Buffer.alloc(0);
    this.#begun = Buffer.alloc(0);
  }

  #more(): string[] {
    const { size } = fstatSync(this.#fd);
    if (size === this.#position) return [];
    if (size < this.#position || !this.#isSame()) this.#anew();
    const lines: string[] = [];
    const chunk = Buffer.alloc(CHUNK);
    for (;;) {
      const length = readSync(this.#fd, chunk, 0, CHUNK, this.#position);
      if (length === 0) return lines;
      this.#position += length;
      const bytes = chunk.subarray(0, length);
      this.#read = Buffer.concat([this.#read, bytes]).subarray(-MEMORY);
      this.#split(Buffer.concat([this.#begun, bytes]), lines);
    }
  }

  #split(bytes: Buffer, lines: string[]): void {
    let start = 0;
    for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, start)) {
      lines.push(bytes.toString('utf8', start, at));
      start = at + 1;
    }
    const begun = bytes.subarray(start);
    this.#begun = begun.length > MAX_LINE ? Buffer.alloc(0) : Buffer.from(begun);
  }

  /** Whether what was read last still stands before the position. */
  #isSame(): boolean {
    const there = Buffer.alloc(this.#read.length);
    readSync(this.#fd, there, 0, there.length, this.#position - there.length);
    return there.equals(this.#read);
  }
}
