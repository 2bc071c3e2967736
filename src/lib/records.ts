import { type Files, STATE } from './ports.ts';

/** Where one block of one holder was put. */
export interface Place {
  readonly action: string;
  readonly holder: string;
  readonly target: string;
  readonly backend: string;
}

/** What one record says. */
export interface Entry extends Place {
  /** When it should end at the latest, ISO 8601; nothing for no end. */
  readonly until: string | undefined;
  /** What was there before, where undo must restore it. */
  readonly former?: string;
}

/**
 * One small file per place, written before an effect that undo could not find without looking
 * everywhere, removed after the undo. The name says all that undo needs. Beside them one mark per
 * backend that was used without records, so that its absence later is not taken for innocence.
 */
export interface Records {
  /** Names of the backends on record for a target. */
  backends(where: Omit<Place, 'backend'>): Promise<readonly string[]>;
  /** All that is on record for a target in one backend, whoever holds it. */
  entries(where: Omit<Place, 'holder'>): Promise<readonly Entry[]>;
  /** Writes the record before the effect; false if it was there and is now renewed. */
  note(entry: Entry): Promise<boolean>;
  forget(place: Place): Promise<void>;
  /** Whether an action hears of a thing for the first time within a day; it is remembered. */
  first(action: string, thing: string): Promise<boolean>;
  /** Lets it be done again. */
  unlearn(action: string, thing: string): Promise<void>;
  /** Remembers that an action used a backend. */
  markUsed(action: string, backend: string): Promise<void>;
  /** Whether it did since the last boot; what the kernel held before is gone. */
  wasUsed(action: string, backend: string): Promise<boolean>;
}

const folder = (action: string) => `${STATE}/held/${action}`;

// Targets may hold what file names may not on some system (the colons of IPv6 on Windows), and an
// alert's id halves of characters, which no name can be made of.
const encoded = (text: string) => encodeURIComponent(text.toWellFormed());

const stem = ({ target, holder }: Omit<Place, 'backend'>) => `${encoded(target)}@${holder}@`;

// No target can be encoded to a name with `=` in it.
const ONCE = 'once=';
const once = (action: string, thing: string) =>
  `${folder(action)}/${ONCE}${encoded(thing).slice(0, 200)}`;

const DAY = 86_400_000;
const MAX_RECORD = 64 << 10;

/** What a record says beside its name. One that is torn says nothing. */
function parsed(text: string): Pick<Entry, 'until' | 'former'> {
  try {
    const { until, former } = JSON.parse(text) as Partial<Record<string, unknown>>;
    return {
      until: typeof until === 'string' ? until : undefined,
      ...(typeof former === 'string' && { former }),
    };
  } catch {
    return { until: undefined };
  }
}

/** Records as files. `boot` names this boot of the system, in a word. */
export function recordsIn(files: Files, boot: () => string): Records {
  const uses = (backend: string) => `used=${backend}=`;
  const used = (backend: string) => `${uses(backend)}${boot()}`;
  const path = (place: Place) => `${folder(place.action)}/${stem(place)}${place.backend}`;
  return {
    async backends(where) {
      const names = await files.list(folder(where.action));
      const prefix = stem(where);
      return names
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length));
    },
    async entries({ action, target, backend }) {
      const [head, tail] = [`${encoded(target)}@`, `@${backend}`];
      const names = (await files.list(folder(action))).filter(
        (name) => name.startsWith(head) && name.endsWith(tail),
      );
      const found: Entry[] = [];
      for (const name of names) {
        const holder = name.slice(head.length, -tail.length);
        const text = await files.readOwn(`${folder(action)}/${name}`, MAX_RECORD);
        if (text !== undefined) found.push({ ...parsed(text), action, holder, target, backend });
      }
      return found;
    },
    async note(entry) {
      await files.ensurePrivate(folder(entry.action));
      const text = `${JSON.stringify(entry)}\n`;
      if (await files.create(path(entry), text)) return true;
      await files.replace(path(entry), text);
      return false;
    },
    async forget(place) {
      await files.remove(path(place));
    },
    async first(action, thing) {
      await files.ensurePrivate(folder(action));
      for (const name of await files.list(folder(action))) {
        const path = `${folder(action)}/${name}`;
        const stale = name.startsWith(ONCE) && ((await files.age(path)) ?? 0) > DAY;
        if (stale) await files.remove(path);
      }
      return files.create(once(action, thing), '');
    },
    async unlearn(action, thing) {
      await files.remove(once(action, thing));
    },
    async markUsed(action, backend) {
      await files.ensurePrivate(folder(action));
      for (const name of await files.list(folder(action))) {
        const stale = name.startsWith(uses(backend)) && name !== used(backend);
        if (stale) await files.remove(`${folder(action)}/${name}`);
      }
      await files.create(`${folder(action)}/${used(backend)}`, '');
    },
    async wasUsed(action, backend) {
      return (await files.list(folder(action))).includes(used(backend));
    },
  };
}
