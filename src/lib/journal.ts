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

/** Append-only. */
export interface Journal {
  append(entry: JournalEntry): Promise<void>;
}

/** The journal as a file of JSON lines. */
export function journalIn(files: Files): Journal {
  return {
    async append(entry) {
      await files.ensurePrivate(STATE);
      await files.append(`${STATE}/journal.jsonl`, `${oneLine(JSON.stringify(entry))}\n`, 0o600);
    },
  };
}
