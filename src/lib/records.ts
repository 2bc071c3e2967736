import { hashOf } from './hash.ts';
import { type Clock, type Files, STATE } from './ports.ts';
import { type Entry, type Place, parseEntry, spellEntry } from './record.ts';

/** A place on record, as far as the name of the record tells. */
export interface Listed extends Place {
  /** When somebody should look at it again, milliseconds since 1970. */
  readonly lookAgain: number;
}

/** A place on record, and what is on record of it; nothing where nobody can tell. */
export interface Noted extends Listed {
  readonly entry: Entry | undefined;
}

/**
 * One small file per place, written before an effect that undo could not find without looking
 * everywhere, removed after the undo. The name says all that undo needs, and its time of
 * modification when to look at it again. Beside them one mark per backend that was used without
 * records, so that its absence later is not taken for innocence.
 */
export interface Records {
  /** Names of the backends on record for a target. */
  backends(where: Omit<Place, 'backend'>): Promise<readonly string[]>;
  /** All that is on record for a target in one backend, whoever holds it. */
  entries(where: Omit<Place, 'holder'>): Promise<readonly Entry[]>;
  /** What is on record of a place; one that is torn says no more than its name. */
  entry(place: Place): Promise<Entry | undefined>;
  /** Every place on record. */
  places(): Promise<readonly Listed[]>;
  /** Every place with all that is on record of it, thousands of them in a second. */
  all(): Promise<readonly Noted[]>;
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

// Targets may hold what file names may not on some system (the colons of IPv6 on Windows), and an
// alert's id halves of characters, which no name can be made of.
const encoded = (text: string) => encodeURIComponent(text.toWellFormed());

// No encoded text has these in it, and no file's name may be longer than 255 bytes.
const CUT = '=';
const MAX_TARGET = 150;

/** The target in a name; of a long one the beginning, and a number for all of it. */
function named(target: string): string {
  const text = encoded(target);
  if (text.length <= MAX_TARGET) return text;
  return `${text.slice(0, MAX_TARGET)}${CUT}${text.length}.${hashOf(target).toString(36)}`;
}

/** The place that a name tells of; a long target is in the file alone. */
function placeIn(action: string, name: string) {
  const [text = '', holder, backend, ...rest] = name.split('@');
  if (holder === undefined || backend === undefined || rest.length > 0) return undefined;
  const target = text.includes(CUT) ? undefined : decodeURIComponent(text);
  return { action, holder, target, backend };
}

/** The target that a record tells of. */
function targetIn(text: string | undefined): string | undefined {
  const nowhere = { action: '', holder: '', backend: '', target: '' };
  return text === undefined ? undefined : parseEntry(text, nowhere).target;
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

  async function nextDue(): Promise<number | undefined> {
    const text = await files.readOwn(DUE, 64).catch(() => undefined);
    return text !== undefined && /^\d{1,16}\n$/.test(text) ? Number(text) : undefined;
  }

  async function listed(action: string, sub: string): Promise<Listed[]> {
    const here = `${folder(action)}/${sub}`;
    const found: Listed[] = [];
    for (const name of await files.list(here)) {
      const place = placeIn(action, name);
      if (!place) continue;
      const lookAgain = await files.written(`${here}/${name}`);
      const target = place.target ?? targetIn(await files.readOwn(`${here}/${name}`, MAX_RECORD));
      if (lookAgain === undefined || target === undefined) continue;
      found.push({ ...place, target, lookAgain });
    }
    return found;
  }

  async function notedIn(action: string, sub: string): Promise<Noted[]> {
    const found = await files.readAllOwn(`${folder(action)}/${sub}`, MAX_RECORD);
    return found.flatMap(({ name, written: lookAgain, text }) => {
      const place = placeIn(action, name);
      const target = place?.target ?? targetIn(text);
      if (!place || target === undefined) return [];
      const where = { ...place, target };
      return [
        { ...where, lookAgain, entry: text === undefined ? undefined : parseEntry(text, where) },
      ];
    });
  }

  async function shards(): Promise<readonly (readonly [action: string, sub: string])[]> {
    const found: (readonly [string, string])[] = [];
    for (const action of await files.list(HELD)) {
      for (const sub of await files.list(folder(action))) {
        if (SHARD.test(sub)) found.push([action, sub]);
      }
    }
    return found;
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
        const entry = await stored({ action, holder, target, backend });
        if (entry) found.push(entry);
      }
      return found;
    },
    entry: stored,
    async places() {
      const all: Listed[] = [];
      for (const [action, sub] of await shards()) all.push(...(await listed(action, sub)));
      return all;
    },
    async all() {
      const all: Noted[] = [];
      for (const [action, sub] of await shards()) all.push(...(await notedIn(action, sub)));
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
      if (time === undefined) await files.remove(DUE);
      // Nobody may have kept anything here yet.
      await files.ensurePrivate(STATE);
      if (time !== undefined) await files.replace(DUE, `${Math.ceil(time)}\n`, { passing: true });
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
