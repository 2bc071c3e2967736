import { type Files, STATE } from './host.ts';

/**
 * One small record per target and holder, written before an effect that undo could not find without
 * looking everywhere, removed after the undo. The name says all that undo needs; the content is for
 * people.
 */
export interface Held {
  /** Names of the backends on record for the target. */
  backends(action: string, holder: string, target: string): Promise<readonly string[]>;
  /** Writes the record before the effect; false if it was there and is now renewed. */
  note(record: HeldRecord): Promise<boolean>;
  forget(record: Omit<HeldRecord, 'until'>): Promise<void>;
}

/** What one record says. */
export interface HeldRecord {
  readonly action: string;
  readonly holder: string;
  readonly target: string;
  readonly backend: string;
  /** When it should end at the latest, ISO 8601; nothing for no end. */
  readonly until: string | undefined;
}

const folder = (action: string) => `${STATE}/held/${action}`;

// Targets may hold what file names may not on some system (the colons of IPv6 on Windows).
const stem = (holder: string, target: string) => `${encodeURIComponent(target)}@${holder}@`;

/** Records as files. */
export function heldIn(files: Files): Held {
  const path = ({ action, holder, target, backend }: Omit<HeldRecord, 'until'>) =>
    `${folder(action)}/${stem(holder, target)}${backend}`;
  return {
    async backends(action, holder, target) {
      const prefix = stem(holder, target);
      const names = await files.list(folder(action));
      return names
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length));
    },
    async note(record) {
      await files.ensurePrivate(folder(record.action));
      const text = `${JSON.stringify(record)}\n`;
      if (await files.create(path(record), text)) return true;
      await files.replace(path(record), text);
      return false;
    },
    async forget(record) {
      await files.remove(path(record));
    },
  };
}
