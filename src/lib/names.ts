import { plainAddress } from './lifelines/addresses.ts';
import type { Log } from './log.ts';
import { asActionError } from './outcome.ts';
import { type Clock, type Files, STATE } from './ports.ts';
import { isHostName } from './protect.ts';
import { isObject } from './settings.ts';

/** Asks the system for the addresses of hosts. */
export interface Resolver {
  /**
   * The addresses of each name, of both IP versions, within `timeout` milliseconds for all of them;
   * a name that has no answer by then is not there. Throws where nobody can be asked at all.
   */
  resolve(
    names: readonly string[],
    timeout: number,
  ): Promise<ReadonlyMap<string, readonly string[]>>;
}

/** An address that a name had. */
export interface Seen {
  readonly address: string;
  /** When the name was last seen to have it, ISO 8601. */
  readonly at: string;
}

/**
 * Names of hosts and the addresses they had when somebody last asked. Nobody asks before an agent has
 * its answer: until then what is known is what stands in a file.
 */
export interface Names {
  /**
   * What is known of these names, without those that cannot be any. Remembers that this run wanted to
   * know, and in what order.
   */
  known(names: readonly string[]): Promise<ReadonlyMap<string, readonly Seen[]>>;
  /**
   * Asks for the names that this run wanted to know, where that was not done lately. One that cannot
   * be resolved keeps the addresses it had, and the log says so. Ends within some two seconds.
   */
  refresh(): Promise<void>;
}

/** What was resolved, below the agent's home. */
export const RESOLVED = `${STATE}/resolved.json`;

const MAX_LENGTH = 1 << 20;

/** Names that are asked for in one run, the first ones: more than all lists together may have. */
const MOST = 128;
/** Addresses that are kept of a name, the ones seen last. */
const MOST_ADDRESSES = 32;
/** Milliseconds for all names of a run. */
const PATIENCE = 2_000;
/** Milliseconds after which is asked again. */
const FRESH = 300_000;
/** Milliseconds for which an address stays that later answers lack: some give a few of many at a time. */
const KEPT = 86_400_000;

interface Cache {
  /** When was asked last, ISO 8601. */
  readonly asked: string;
  readonly names: ReadonlyMap<string, readonly Seen[]>;
}

type Table = readonly (readonly [name: string, seen: readonly Seen[]])[];

const NOTHING: Cache = { asked: '', names: new Map() };

/** Names by a file of the agent's state folder. */
export function namesIn(
  files: Pick<Files, 'readOwn' | 'replace' | 'ensurePrivate'>,
  clock: Pick<Clock, 'now'>,
  log: Pick<Log, 'say'>,
  resolver: Resolver,
): Names {
  const wanted = new Set<string>();
  let read: Promise<Cache> | undefined;

  async function cache(): Promise<Cache> {
    try {
      return cacheIn(await files.readOwn(RESOLVED, MAX_LENGTH));
    } catch (thrown) {
      await log.say(`Without the addresses of names: ${asActionError(thrown).message}`);
      return NOTHING;
    }
  }

  async function write(now: number, names: Table): Promise<void> {
    await files.ensurePrivate(STATE);
    await files.replace(RESOLVED, spelled(now, names), { passing: true });
    read = Promise.resolve({ asked: new Date(now).toISOString(), names: new Map(names) });
  }

  return {
    async known(given) {
      const names = given.filter(isHostName);
      if (names.length === 0) return NOTHING.names;
      for (const name of names) wanted.add(name);
      read ??= cache();
      const all = (await read).names;
      return new Map(names.map((name) => [name, all.get(name) ?? []]));
    },

    async refresh() {
      if (wanted.size === 0) return;
      const before = await (read ?? cache());
      const names = [...wanted].slice(0, MOST);
      const now = clock.now().getTime();
      if (names.every((name) => before.names.has(name)) && isFresh(before, now)) return;
      // Before anybody is asked: others that run meanwhile need not ask, and where nothing can be kept
      // it would be asked for nothing.
      const seen = (name: string) => before.names.get(name) ?? [];
      await write(
        now,
        names.map((name) => [name, seen(name)]),
      );
      const answers = await resolver.resolve(names, PATIENCE);
      const silent = names.filter((name) => (answers.get(name) ?? []).length === 0);
      if (silent.length > 0) {
        const what = silent.map((name) => `${name} (${kept(seen(name))})`).join(', ');
        await log.say(`No address was found for ${what}`);
      }
      await write(
        now,
        names.map((name) => [name, merged(answers.get(name) ?? [], seen(name), now)]),
      );
    },
  };
}

const kept = (seen: readonly Seen[]): string =>
  seen.length > 0 ? `still protected: ${seen.map(({ address }) => address).join(' ')}` : 'unknown';

// A clock that was set back makes files of the future.
const isFresh = ({ asked }: Cache, now: number): boolean => {
  const age = now - Date.parse(asked);
  return age >= 0 && age < FRESH;
};

/** A new answer first, then what the name had before, for a while; all of that where there is none. */
function merged(answer: readonly string[], before: readonly Seen[], now: number): readonly Seen[] {
  if (answer.length === 0) return before;
  const at = new Date(now).toISOString();
  const addresses = new Set(answer.flatMap((text) => plainAddress(text) ?? []));
  const older = before.filter(
    (seen) => !addresses.has(seen.address) && now - Date.parse(seen.at) < KEPT,
  );
  return [...[...addresses].map((address) => ({ address, at })), ...older].slice(0, MOST_ADDRESSES);
}

function spelled(now: number, names: Table): string {
  const table = names.map(([name, seen]) => [
    name,
    Object.fromEntries(seen.map(({ address, at }) => [address, at])),
  ]);
  const cache = { asked: new Date(now).toISOString(), names: Object.fromEntries(table) };
  return `${JSON.stringify(cache, undefined, 2)}\n`;
}

/** What no version of ours wrote is worth nothing, and is written anew. */
function cacheIn(text: string | undefined): Cache {
  const given = parsed(text);
  const { asked, names } = given;
  if (typeof asked !== 'string' || !isObject(names)) return NOTHING;
  const table = Object.entries(names).map(([name, seen]) => [name, seenIn(seen)] as const);
  return { asked, names: new Map(table) };
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = text === undefined ? {} : JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

const seenIn = (value: unknown): readonly Seen[] =>
  Object.entries(isObject(value) ? value : {}).flatMap(([text, at]) => {
    const address = plainAddress(text);
    return address !== undefined && typeof at === 'string' ? [{ address, at }] : [];
  });
