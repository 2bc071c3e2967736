import { hashOf } from './hash.ts';
import { ActionError, asActionError } from './outcome.ts';
import { type Clock, type Files, STATE } from './ports.ts';
import { type Entry, type Place, parseEntry, spellEntry, torn } from './record.ts';

/** A place on record, as far as the name of the record tells. */
export interface Listed extends Place {
  /** When somebody should look at it again, milliseconds since 1970. */
  readonly lookAgain: number;
}

/** Takes a sentence about something that was passed over. */
export type Unread = (why: string) => void;

/**
 * One small file per place, written before an effect that undo could not find without looking
 * everywhere, removed after the undo. The name says all that undo needs, and its time of
 * modification when to look at it again. Beside them one mark per backend that was used without
 * records, so that its absence later is not taken for innocence.
 */
export interface Records {
  /** Names of the backends on record for a target. */
  backends(where: Omit<Place, 'backend'>): Promise<readonly string[]>;
  /**
   * All that is on record for a target in one backend, whoever holds it. What cannot be read says no
   * more than its name: nobody's undo depends on the record of another.
   */
  entries(where: Omit<Place, 'holder'>): Promise<readonly Entry[]>;
  /**
   * What is on record of a place; one that is torn says no more than its name. Throws `bad-state` for
   * one that cannot be read or trusted.
   */
  entry(place: Place): Promise<Entry | undefined>;
  /** Every place on record; `unread` hears, in sentences, of whatever cannot be read or is no record. */
  places(unread?: Unread): Promise<readonly Listed[]>;
  /** Writes the record; false if it was there and is now renewed, since when it was there. */
  note(entry: Entry): Promise<boolean>;
  /** Says, before an undo, that it is under way: whoever finds such a record finishes that. */
  leave(place: Place): Promise<void>;
  forget(place: Place): Promise<void>;
  /** Whether it was made or renewed since the system was started. */
  isOfThisBoot(entry: Entry): boolean;
  /** Whether some record should be looked at by now. */
  isDue(now: number): Promise<boolean>;
  /** Says when to ask for that again; nothing for never, until another record says so. */
  dueAt(time: number | undefined): Promise<void>;
  /** Whether an action hears of a thing for the first time within a day; it is remembered. */
  first(action: string, thing: string): Promise<boolean>;
  /** Lets it be done again. */
  unlearn(action: string, thing: string): Promise<void>;
  /** Remembers that an action used a backend. */
  markUsed(action: string, backend: string): Promise<void>;
  /** Whether it did since the last boot; what the kernel held before is gone. */
  wasUsed(action: string, backend: string): Promise<boolean>;
}

const HELD = `${STATE}/held`;
const folder = (action: string) => `${HELD}/${action}`;

// Thousands of targets: no run may have to look through all of their names.
const SHARDS = 256;
const SHARD = /^[0-9a-f]{2}$/;
const shard = ({ action, target }: Pick<Place, 'action' | 'target'>) =>
  `${folder(action)}/${(hashOf(target) % SHARDS).toString(16).padStart(2, '0')}`;

// What programs are called; part of the text that some tools are told.
const HOLDER = /^[\w.-]+$/;

// Targets may hold what file names may not on some system (the colons of IPv6 on Windows), and an
// alert's id halves of characters, which no name can be made of.
const encoded = (text: string) => encodeURIComponent(text.toWellFormed());

// No encoded text has these in it, and no file's name may be longer than 255 bytes.
const CUT = '=';
const MAX_TARGET = 150;

/** The text that was encoded; nothing, which no name stands for, where none was. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** The target in a name; of a long one the beginning, and a number for all of it. */
function named(target: string): string {
  const text = encoded(target);
  if (text.length <= MAX_TARGET) return text;
  return `${text.slice(0, MAX_TARGET)}${CUT}${text.length}.${hashOf(target).toString(36)}`;
}

const stem = ({ target, holder }: Omit<Place, 'backend'>) => `${named(target)}@${holder}@`;

// No target can be named with `=` before anything else of its name.
const ONCE = 'once=';
const once = (action: string, thing: string) =>
  `${folder(action)}/${ONCE}${encoded(thing).slice(0, 200)}`;

const DUE = `${STATE}/due`;
const DAY = 86_400_000;
const MAX_RECORD = 64 << 10;

/** Records as files. `boot` names this boot of the system, in a word. */
export function recordsIn(files: Files, boot: () => string, clock: Pick<Clock, 'now'>): Records {
  const spelt = (entry: Entry) => spellEntry(entry, boot(), clock.now().getTime());
  const uses = (backend: string) => `used=${backend}=`;
  const used = (backend: string) => `${uses(backend)}${boot()}`;
  const path = (place: Place) => `${shard(place)}/${stem(place)}${place.backend}`;

  async function stored(place: Place): Promise<Entry | undefined> {
    const text = await files.readOwn(path(place), MAX_RECORD);
    return text === undefined ? undefined : parseEntry(text, place);
  }

  async function renewed(entry: Entry): Promise<void> {
    const text = await files.readOwn(path(entry), MAX_RECORD).catch(() => undefined);
    const before = text === undefined ? undefined : parseEntry(text, entry);
    const stage = before?.stage === 'held' && entry.stage === 'making' ? 'held' : entry.stage;
    const since = before?.since ?? entry.since;
    await put({ ...entry, stage, ...(since !== undefined && { since }) });
  }

  async function put(entry: Entry): Promise<void> {
    const { text, writing } = spelt(entry);
    await files.replace(path(entry), text, writing);
  }

  /** Whether it is earlier than what is due first; that is told to those who come after. */
  async function hasten(time: number): Promise<void> {
    const next = await nextDue();
    if (next === undefined || time < next) await files.replace(DUE, `${time}\n`, { passing: true });
  }

  /** The time that is said there; at once for what nobody can read, so that it is written anew. */
  async function nextDue(): Promise<number | undefined> {
    const text = await files.readOwn(DUE, 64).catch(() => 'unreadable');
    if (text === undefined) return undefined;
    return /^\d{1,16}\n$/.test(text) ? Number(text) : 0;
  }

  /** The names in a folder; none where they cannot be read. */
  async function namesIn(path: string, unread: Unread): Promise<readonly string[]> {
    try {
      return await files.list(path);
    } catch (thrown) {
      unread(asActionError(thrown).message);
      return [];
    }
  }

  async function listed(action: string, sub: string, unread: Unread): Promise<Listed[]> {
    const here = `${folder(action)}/${sub}`;
    const found: Listed[] = [];
    for (const name of await namesIn(here, unread)) {
      try {
        const one = await listedAs(action, here, name);
        if (one) found.push(one);
      } catch (thrown) {
        unread(asActionError(thrown).message);
      }
    }
    return found;
  }

  /** The place that a record is named after; nothing where it is gone by now. */
  async function listedAs(action: string, here: string, name: string): Promise<Listed | undefined> {
    const [text = '', holder = '', backend = ''] = name.split('@');
    const lookAgain = await files.written(`${here}/${name}`);
    if (lookAgain === undefined) return undefined;
    const target = text.includes(CUT) ? await targetIn(`${here}/${name}`) : decoded(text);
    const place = { action, holder, target, backend };
    // Undo finds a record by its name alone.
    if (path(place) !== `${here}/${name}` || !HOLDER.test(holder)) {
      const what = `${here}/${name} is no record, or is not whole`;
      throw new ActionError('bad-state', `${what}; see to its target by hand and remove it`);
    }
    return { ...place, lookAgain };
  }

  async function targetIn(path: string): Promise<string> {
    const text = (await files.readOwn(path, MAX_RECORD)) ?? '';
    return parseEntry(text, { action: '', holder: '', backend: '', target: '' }).target;
  }

  return {
    async backends(where) {
      const prefix = stem(where);
      return (await files.list(shard(where)))
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length));
    },
    async entries({ action, target, backend }) {
      const [head, tail] = [`${named(target)}@`, `@${backend}`];
      const names = (await files.list(shard({ action, target }))).filter(
        (name) => name.startsWith(head) && name.endsWith(tail),
      );
      const found: Entry[] = [];
      for (const name of names) {
        const holder = name.slice(head.length, -tail.length);
        const place = { action, holder, target, backend };
        const entry = await stored(place).catch(() => torn(place));
        if (entry) found.push(entry);
      }
      return found;
    },
    entry: stored,
    async places(unread = () => {}) {
      const all: Listed[] = [];
      for (const action of await namesIn(HELD, unread)) {
        for (const sub of await namesIn(folder(action), unread)) {
          if (SHARD.test(sub)) all.push(...(await listed(action, sub, unread)));
        }
      }
      return all;
    },
    async note(entry) {
      await files.ensurePrivate(shard(entry));
      const { text, writing, due } = spelt(entry);
      const fresh = await files.create(path(entry), text, writing);
      if (!fresh) await renewed(entry);
      if (due !== undefined) await hasten(due);
      return fresh;
    },
    async leave(place) {
      const entry = await stored(place);
      if (entry) await put({ ...entry, stage: 'going' });
    },
    async forget(place) {
      await files.remove(path(place));
    },
    isOfThisBoot: (entry) => entry.boot === boot(),
    async isDue(now) {
      const next = await nextDue();
      return next !== undefined && next <= now;
    },
    async dueAt(time) {
      await files.ensurePrivate(STATE);
      if (time === undefined) await files.remove(DUE);
      else await files.replace(DUE, `${Math.ceil(time)}\n`, { passing: true });
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
