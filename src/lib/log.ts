import { exitCode, type Outcome } from './outcome.ts';
import type { Clock } from './ports.ts';
import type { Request } from './request.ts';
import { oneLine, stamp, unixDate } from './text.ts';

/** How a run ended, as the log, the journal and the caller see it. */
export interface Result {
  readonly outcome: Outcome;
  readonly action: string;
  readonly holder: string;
  readonly verb: string | undefined;
  readonly target?: string;
  readonly backend?: string;
  /** When the system ends it at the latest, ISO 8601. */
  readonly until?: string;
  readonly alert?: string;
  readonly rule?: string;
  readonly answer?: 'continue' | 'abort';
  /** For people: what happened and what to do. */
  readonly detail: string;
}

/** The agent's log of active responses. */
export interface Log {
  say(message: string): Promise<void>;
  /** The message that was received, in the form that stock rules alert on. */
  honoured(request: Request): Promise<void>;
  /** The same with a word before it, which no stock rule takes for a deed. */
  declined(word: 'Refused' | 'Failed' | 'Observed', request: Request): Promise<void>;
  outcome(result: Result): Promise<void>;
  /** Bytes that it had after the newest line of this run; 0 before the first. */
  size(): number;
  /**
   * Puts it aside, in the place of the one that was put aside before, and begins a new one where it has
   * more than `max` bytes. One process at a time may do that.
   */
  putAside(max: number): Promise<void>;
}

/** Where the lines go. */
export interface Sink extends Pick<Log, 'size' | 'putAside'> {
  /** Takes one whole line at a time; it must not fail. */
  write(line: string): Promise<void>;
}

/**
 * Lines as upstream's own programs write them, so that stock decoders read them: the stamp, then
 * `active-response/bin/NAME: ` whatever way the program was called. `path` is where it lies.
 */
export function logTo(sink: Sink, clock: Clock, program: string, path: string): Log {
  const write = (message: string) =>
    sink.write(`${stamp(clock.now())} active-response/bin/${program}: ${oneLine(message)}\n`);
  return {
    size: () => sink.size(),
    putAside: (max) => sink.putAside(max),
    say: write,
    honoured(request) {
      if (request.dialect === 'legacy') {
        // The decoder of the shell scripts' time wants their line: date, program, words.
        return sink.write(`${unixDate(clock.now())} ${path} ${oneLine(request.raw)}\n`);
      }
      return write(request.raw);
    },
    declined: (word, request) => write(`${word}: ${request.raw}`),
    // Everything sits below one name of our own: at the root, `command`, `status` and `data` are what
    // the stock decoders and rules look for.
    outcome: ({ outcome, ...rest }) =>
      write(
        JSON.stringify(
          {
            riposte: { outcome, exit: exitCode(outcome), ...rest, ms: Math.round(clock.elapsed()) },
          },
          wellFormed,
        ),
      ),
  };
}

/** A manager's parser refuses the whole line where half a surrogate pair is written in it. */
const wellFormed = (_: string, value: unknown) =>
  typeof value === 'string' ? value.toWellFormed() : value;
