import { boundsIn } from './bounds.ts';
import { type Files, STATE } from './ports.ts';
import { oneLine } from './text.ts';

/** One line of the journal: it explains what was done, and nothing is ever undone from it. */
export interface JournalEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly action: string;
  readonly holder: string;
  readonly verb: string | undefined;
  readonly outcome: string;
  readonly target?: string;
  readonly backend?: string;
  readonly until?: string;
  readonly alert?: string;
  readonly rule?: string;
  readonly reason?: string;
}

/** What could be read of a journal. */
export interface Journaled {
  /** Oldest first. */
  readonly entries: readonly JournalEntry[];
  /** Lines that are none: torn, or junk. */
  readonly skipped: number;
}

/** Append-only, and never longer than root allows for long. */
export interface Journal {
  /** Resolves to the size that it has then, in bytes. */
  append(entry: JournalEntry): Promise<number>;
  /**
   * Forgets all but the newest half of `max` bytes, and no line that is being appended meanwhile. One
   * process at a time may do that.
   */
  shorten(max: number): Promise<void>;
  /** The newest entries, as many as the journal's bound holds; `bad-state` if it cannot be trusted. */
  read(): Promise<Journaled>;
}

const FILE = `${STATE}/journal.jsonl`;

/** The journal as a file of JSON lines. */
export function journalIn(files: Files): Journal {
  return {
    async append(entry) {
      await files.ensurePrivate(STATE);
      return files.append(FILE, `${oneLine(JSON.stringify(entry))}\n`, 0o600);
    },
    shorten: (max) => files.shorten(FILE, Math.floor(max / 2)),
    async read() {
      const { bounds } = await boundsIn(files);
      return readFrom((await files.readNewest(FILE, bounds.journal)) ?? '');
    },
  };
}

function readFrom(text: string): Journaled {
  // A line that was appended while the file was replaced may be there twice.
  const lines = new Set(text.split('\n').filter((line) => line !== ''));
  const entries = [...lines].flatMap((line) => entryIn(line) ?? []);
  return { entries, skipped: lines.size - entries.length };
}

const TEXTS = ['at', 'action', 'holder', 'outcome'] as const;
const OPTIONAL = ['verb', 'target', 'backend', 'until', 'alert', 'rule', 'reason'] as const;

function entryIn(line: string): JournalEntry | undefined {
  let entry: Readonly<Record<string, unknown>> | null;
  try {
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof entry !== 'object' || entry === null) return undefined;
  const text = (name: string) => typeof entry[name] === 'string';
  const good =
    TEXTS.every(text) && OPTIONAL.every((name) => entry[name] === undefined || text(name));
  return good ? (entry as unknown as JournalEntry) : undefined;
}
