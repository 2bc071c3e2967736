import { ActionError, asActionError } from './outcome.ts';
import { type Clock, type Files, type OwnFile, STATE } from './ports.ts';
import { type Entry, isSameBoot, type Place, parseEntry, spellEntry, torn } from './record.ts';
import {
  encoded,
  folderOf,
  HELD,
  isCut,
  isShard,
  named,
  pathOf,
  placeIn,
  shardOf,
  stemOf,
} from './record-names.ts';

/** A place on record, as far as the name of the record tells. */
export interface Listed extends Place {
  /** When somebody should look at it again, milliseconds since 1970. */
  readonly lookAgain: number;
}

/** A place on record, and what is on record of it. */
export interface Noted extends Listed {
  readonly entry: Entry;
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
  /** Every place with all that is on record of it, thousands of them in a second. */
  all(unread?: Unread): Promise<readonly Noted[]>;
  /** Writes the record; false if it was there and is now renewed, since when it was there. */
  note(entry: Entry): Promise<boolean>;
  /** Says that it holds, unless another run is about to undo it; false where it is forgotten. */
  settle(entry: Entry): Promise<boolean>;
  /** Says, before an undo, that it is under way: whoever finds such a record finishes that. */
  leave(place: Place): Promise<void>;
  forget(place: Place): Promise<void>;
  /** Whether it was made or renewed since the system was started. */
  isOfThisBoot(entry: Entry): boolean;
  /** Whether some record should be looked at by now. */
  isDue(now: number): Promise<boolean>;
  /** Says that some record should be looked at by then. */
  dueBy(time: number): Promise<void>;
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

// No target can be named with `=` before anything else of its name.
const ONCE = 'once=';
const once = (action: string, thing: string) =>
  `${folderOf(action)}/${ONCE}${encoded(thing).slice(0, 200)}`;

const DUE = `${STATE}/due`;
const DAY = 86_400_000;
const MAX_RECORD = 64 << 10;

/** Undo finds a record by its name alone: what is named otherwise is told of, and left alone. */
function sure(place: Place | undefined, path: string): Place {
  if (place) return place;
  const what = `${path} is no record, or is not whole`;
  throw new ActionError('bad-state', `${what}; see to its target by hand and remove it`);
}

/** Records as files. `boot` names this boot of the system, in a word. */
export function recordsIn(files: Files, boot: () => string, clock: Pick<Clock, 'now'>): Records {
  const spelt = (entry: Entry) => spellEntry(entry, boot(), clock.now().getTime());
  const uses = (backend: string) => `used=${backend}=`;
  const used = (backend: string) => `${uses(backend)}${boot()}`;

  async function stored(place: Place): Promise<Entry | undefined> {
    const text = await files.readOwn(pathOf(place), MAX_RECORD);
    return text === undefined ? undefined : parseEntry(text, place);
  }

  /** With what only the first run knew. */
  async function merged(entry: Entry): Promise<Entry> {
    const text = await files.readOwn(pathOf(entry), MAX_RECORD).catch(() => undefined);
    const before = text === undefined ? undefined : parseEntry(text, entry);
    const stage = before?.stage === 'held' && entry.stage === 'making' ? 'held' : entry.stage;
    const since = before?.since ?? entry.since;
    return { ...entry, stage, ...(since !== undefined && { since }) };
  }

  async function put(entry: Entry): Promise<void> {
    const { text, writing } = spelt(entry);
    await files.replace(pathOf(entry), text, writing);
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

  /** What work yields; nothing where it fails, of which `unread` hears. */
  async function tried<T>(
    work: () => Promise<readonly T[]>,
    unread: Unread,
  ): Promise<readonly T[]> {
    try {
      return await work();
    } catch (thrown) {
      unread(asActionError(thrown).message);
      return [];
    }
  }

  async function listed(action: string, path: string): Promise<readonly Listed[]> {
    const lookAgain = await files.written(path);
    if (lookAgain === undefined) return [];
    const text = isCut(path) ? await files.readOwn(path, MAX_RECORD) : undefined;
    return [{ ...sure(placeIn(action, path, text), path), lookAgain }];
  }

  function noted(action: string, path: string, { written, text }: OwnFile): readonly Noted[] {
    const place = sure(placeIn(action, path, text), path);
    const entry = text === undefined ? torn(place) : parseEntry(text, place);
    return [{ ...place, lookAgain: written, entry }];
  }

  /** Goes through every folder of records. */
  async function through<T>(
    unread: Unread,
    work: (action: string, shard: string) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const all: T[] = [];
    for (const action of await tried(() => files.list(HELD), unread)) {
      for (const sub of await tried(() => files.list(folderOf(action)), unread)) {
        const shard = `${folderOf(action)}/${sub}`;
        if (isShard(sub)) all.push(...(await tried(() => work(action, shard), unread)));
      }
    }
    return all;
  }

  return {
    async backends(where) {
      const prefix = stemOf(where);
      return (await files.list(shardOf(where)))
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length));
    },
    async entries({ action, target, backend }) {
      const [head, tail] = [`${named(target)}@`, `@${backend}`];
      const names = (await files.list(shardOf({ action, target }))).filter(
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
    places: (unread = () => {}) =>
      through(unread, async (action, shard) => {
        const found: Listed[] = [];
        for (const name of await files.list(shard)) {
          found.push(...(await tried(() => listed(action, `${shard}/${name}`), unread)));
        }
        return found;
      }),
    all: (unread = () => {}) =>
      through(unread, async (action, shard) => {
        const found: Noted[] = [];
        for (const file of await files.readAllOwn(shard, MAX_RECORD)) {
          const path = `${shard}/${file.name}`;
          if (file.text === undefined) unread(file.why ?? `${path} cannot be read`);
          found.push(...(await tried(async () => noted(action, path, file), unread)));
        }
        return found;
      }),
    async note(entry) {
      await files.ensurePrivate(shardOf(entry));
      const { text, writing, due } = spelt(entry);
      const fresh = await files.create(pathOf(entry), text, writing);
      if (!fresh) await put(await merged(entry));
      if (due !== undefined) await hasten(due);
      return fresh;
    },
    async settle(entry) {
      const stage = (await stored(entry).catch(() => undefined))?.stage;
      if (stage === 'going') return true;
      if (stage === undefined) return false;
      const { text, writing, due } = spelt({ ...(await merged(entry)), stage: 'held' });
      // A rename would bring back what another run takes away in this moment.
      const there = await files.rewrite(pathOf(entry), text, writing);
      if (there && due !== undefined) await hasten(due);
      return there;
    },
    async leave(place) {
      const entry = await stored(place);
      if (entry) await put({ ...entry, stage: 'going' });
    },
    async forget(place) {
      await files.remove(pathOf(place));
    },
    isOfThisBoot: (entry) => isSameBoot(entry.boot, boot()),
    async isDue(now) {
      const next = await nextDue();
      return next !== undefined && next <= now;
    },
    dueBy: hasten,
    async dueAt(time) {
      // Nobody may have kept anything here yet.
      await files.ensurePrivate(STATE);
      if (time === undefined) await files.remove(DUE);
      else await files.replace(DUE, `${Math.ceil(time)}\n`, { passing: true });
    },
    async first(action, thing) {
      await files.ensurePrivate(folderOf(action));
      for (const name of await files.list(folderOf(action))) {
        const path = `${folderOf(action)}/${name}`;
        const stale = name.startsWith(ONCE) && ((await files.age(path)) ?? 0) > DAY;
        if (stale) await files.remove(path);
      }
      return files.create(once(action, thing), '');
    },
    async unlearn(action, thing) {
      await files.remove(once(action, thing));
    },
    async markUsed(action, backend) {
      await files.ensurePrivate(folderOf(action));
      for (const name of await files.list(folderOf(action))) {
        const stale = name.startsWith(uses(backend)) && name !== used(backend);
        if (stale) await files.remove(`${folderOf(action)}/${name}`);
      }
      await files.create(`${folderOf(action)}/${used(backend)}`, '');
    },
    async wasUsed(action, backend) {
      return (await files.list(folderOf(action))).includes(used(backend));
    },
  };
}
