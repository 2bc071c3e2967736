import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { makePipes, reader, writer } from './pipe.ts';
import { type Ended, type Start, start } from './program.ts';

/** The agent reads the keys with one fgets into a buffer of this size. */
const BUFFER = 8192;

/** What the agent heard and said in one run. */
export interface Heard extends Ended {
  /** The first line of standard output without its end, cut as the agent's buffer cuts it. */
  readonly line: string | undefined;
  /** Whatever came after that line before the agent closed its end. */
  readonly stdoutAfter: string;
}

/** The two ways in which an agent runs a program. */
export interface Door {
  readonly converse: typeof converse;
  readonly tell: typeof tell;
}

/** What is special about a conversation. */
export interface Manner {
  /** Milliseconds after which the driver kills the program and fails. */
  readonly deadline: number;
  /** Keep reading to the end of output after the answer, instead of closing the pipe as execd does. */
  readonly listen: boolean;
}

/**
 * One run that is asked for keys: a line to standard input, one line back, the answer, both pipes
 * closed, and only then the wait. Without a line from the program there is no answer.
 */
export async function converse(
  what: Start,
  message: string,
  answer: (line: string) => string,
  { deadline, listen }: Manner,
): Promise<Heard> {
  const [input, output] = makePipes(2);
  if (!input || !output) throw new Error('no pipes');
  const { ended } = start(what, [input.read, output.write, 'ignore'], deadline);
  // A program that outlives the deadline is reported below, whatever the pipes do first.
  ended.catch(() => {});
  closeSync(input.read);
  closeSync(output.write);
  const toProgram = writer(input.write);
  const fromProgram = reader(output.read);
  toProgram.write(`${message}\n`);
  const heard = await firstLine(fromProgram);
  if (heard.line !== undefined) toProgram.write(`${answer(heard.line)}\n`);
  toProgram.end();
  const stdoutAfter = listen ? heard.rest + (await toTheEnd(fromProgram)) : heard.rest;
  fromProgram.destroy();
  return { ...(await ended), line: heard.line, stdoutAfter };
}

/** One run that is only told: standard input closed at once, standard output nowhere. */
export async function tell(what: Start, message: string, { deadline }: Manner): Promise<Ended> {
  const [input] = makePipes(1);
  if (!input) throw new Error('no pipe');
  const { ended } = start(what, [input.read, 'ignore', 'ignore'], deadline);
  closeSync(input.read);
  writer(input.write).end(`${message}\n`);
  return ended;
}

async function firstLine(from: Socket): Promise<{ line: string | undefined; rest: string }> {
  let heard = Buffer.alloc(0);
  for (;;) {
    const newline = heard.subarray(0, BUFFER - 1).indexOf('\n');
    const end = newline >= 0 ? newline : heard.length >= BUFFER - 1 ? BUFFER - 1 : undefined;
    if (end !== undefined) {
      const rest = heard.subarray(newline >= 0 ? end + 1 : end);
      return { line: heard.toString('utf8', 0, end), rest: rest.toString() };
    }
    const more = await chunk(from);
    if (!more) return { line: heard.length > 0 ? heard.toString() : undefined, rest: '' };
    heard = Buffer.concat([heard, more]);
  }
}

async function toTheEnd(from: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for (let more = await chunk(from); more; more = await chunk(from)) chunks.push(more);
  return Buffer.concat(chunks).toString();
}

/** The next bytes, or nothing at the end. */
async function chunk(from: Socket): Promise<Buffer | undefined> {
  for (;;) {
    const bytes: Buffer | null = from.read();
    if (bytes) return bytes;
    if (from.readableEnded || from.destroyed) return undefined;
    await new Promise<void>((resolve) => {
      const events = ['readable', 'end', 'close', 'error'] as const;
      const wake = () => {
        for (const event of events) from.off(event, wake);
        resolve();
      };
      for (const event of events) from.on(event, wake);
    });
  }
}
