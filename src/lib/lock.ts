import { ActionError } from './outcome.ts';
import { type Clock, type Files, LIMIT, STATE } from './ports.ts';

/** What is known of a process; `unknown` for one that cannot be looked up from here. */
export type Life = 'alive' | 'gone' | 'unknown';

/** Which processes are alive, by a name that is never used twice. */
export interface Processes {
  /** This process: digits and words joined by `-`, which no other process of any boot has. */
  readonly self: string;
  /** What is known of those that had these names when they were asked for, in the same order. */
  lives(names: readonly string[]): Promise<readonly Life[]>;
  /**
   * Where others could not look this process up: puts a sign of life at a path below the home, which
   * dies with the process. The answer takes it away again.
   */
  giveSign(path: string): Promise<() => void>;
  /** What the sign at a path says of who gave it; `unknown` where there is none. */
  readSign(path: string): Promise<Life>;
  /** A process in words for people: its number, its program, and whether it is stopped. */
  describe(name: string): string;
}

/** Runs one thing of a name at a time, over all processes that share the state folder. */
export interface Lock {
  /**
   * Throws `locked` when the same run stays first in line for longer than `patience` milliseconds:
   * a few seconds, unless it is said.
   */
  with<T>(name: string, work: () => Promise<T>, patience?: number): Promise<T>;
}

interface Ticket {
  /** Path of its file. */
  readonly path: string;
  /** What it is for; nothing for a sign of life, which is no claim. */
  readonly name: string | undefined;
  /** 0 for who is still choosing; less for a sign. */
  readonly number: number;
  readonly owner: string;
}

const FOLDER = `${STATE}/lock`;
const CHOOSING = 'choosing';
const SIGN = 'alive';
const WORDS: Readonly<Record<string, number>> = { [CHOOSING]: 0, [SIGN]: -1 };
// A sign has no name, whose length would be too much for a socket.
const TICKET =
  /^(?<number>choosing|alive|[1-9]\d{0,14})\.(?<owner>\d+(?:-\w+){3}|\d+)(?:@(?<name>[^@]+))?$/;

// Milliseconds between looks, for each run ahead of us, up to a limit. None is done in less, so that
// nobody oversleeps; and a hundred who look all the time would keep the one from its work.
const POLL = 4;
const MAX_POLL = 200;

// A ticket of a process that cannot be looked up is dead once no run could still be going. How long
// that is for another lock, only those who ask for it know; they never need a day.
const LONGEST_RUN = LIMIT.run + 5_000;
const DAY = 86_400_000;

/**
 * Lamport's bakery over a folder: each run draws a number one above those it sees and waits for the
 * lower ones. Nobody ever breaks a lock that another may have taken meanwhile: a run removes its own
 * ticket, or that of a process that is gone and whose name never comes back.
 */
export function lockIn(files: Files, processes: () => Processes, clock: Clock): Lock {
  let sign: Promise<() => void> | undefined;
  let claims = 0;
  return {
    async with(name, work, patience) {
      await files.ensurePrivate(FOLDER);
      const known = processes();
      const queue = new Queue(name, files, known, clock, patience);
      claims += 1;
      sign ??= known.giveSign(signOf(known.self));
      const endSign = await sign;
      try {
        const mine = await queue.draw();
        try {
          await queue.reach(mine);
          return await work();
        } finally {
          await queue.leave(mine);
        }
      } finally {
        claims -= 1;
        if (claims === 0) {
          sign = undefined;
          endSign();
        }
      }
    },
  };
}

const signOf = (owner: string) => `${FOLDER}/${SIGN}.${owner}`;

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

const isChoosing = ({ number }: Ticket) => number === 0;

class Queue {
  /** What is locked, as it is called. */
  readonly #what: string;
  /** The same as a part of a file's name. */
  readonly #name: string;
  readonly #files: Files;
  readonly #processes: Processes;
  readonly #clock: Clock;
  readonly #patience: number;
  /** Since the process began: nobody is waited for after this. */
  readonly #end: number;
  /** Paths of tickets of the dead: they stay dead, also where they cannot be removed. */
  readonly #dead = new Set<string>();

  constructor(
    name: string,
    files: Files,
    processes: Processes,
    clock: Clock,
    patience: number | undefined,
  ) {
    this.#patience = patience ?? LIMIT.lock;
    this.#end =
      patience === undefined
        ? Math.max(LIMIT.work, clock.elapsed() + LIMIT.lock)
        : Number.POSITIVE_INFINITY;
    this.#what = name;
    this.#name = encodeURIComponent(name);
    this.#files = files;
    this.#processes = processes;
    this.#clock = clock;
  }

  async draw(): Promise<number> {
    // What dead runs left behind goes under every name: nobody may ever ask for theirs again.
    await this.#bury(await this.#tickets());
    const choosing = this.#path(CHOOSING);
    await this.#files.create(choosing, '');
    try {
      const mine = Math.max(0, ...(await this.#others()).map(({ number }) => number)) + 1;
      await this.#files.create(this.#path(mine), '');
      return mine;
    } finally {
      await this.#files.remove(choosing);
    }
  }

  /** Waits until nobody alive is before the number. */
  async reach(mine: number): Promise<void> {
    const { self } = this.#processes;
    // Who is choosing now may have seen no ticket of ours and draw a lower number; who begins later
    // draws a higher one. So those few come first, and then the numbers, read afresh, tell all.
    const choosers = new Set((await this.#others()).filter(isChoosing).map(({ path }) => path));
    if (choosers.size > 0) await this.#none(({ path }) => choosers.has(path));
    await this.#none(
      ({ number, owner }) => number > 0 && (number < mine || (number === mine && owner < self)),
    );
  }

  /** A ticket that cannot be removed delays others for as long as this process lives, and no longer. */
  async leave(mine: number): Promise<void> {
    await this.#removeIfPossible(this.#path(mine));
  }

  /** Waits until no process that may be alive has such a ticket. */
  async #none(such: (ticket: Ticket) => boolean): Promise<void> {
    let waitedFor: string | undefined;
    let since = 0;
    for (;;) {
      const before = (await this.#others()).filter(such);
      const [first] = before;
      if (!first) return;
      const now = this.#clock.elapsed();
      // A line that moves is no stuck lock, however long it is.
      if (first.path !== waitedFor) since = now;
      waitedFor = first.path;
      if (await this.#bury([first])) continue;
      if (now - since >= this.#patience) throw this.#stuck(first, now - since);
      if (now >= this.#end) throw this.#late(before.length, now);
      // Who has the patience to wait long need not look so often.
      const slack = this.#patience > LIMIT.lock ? (now - since) / 20 : 0;
      await this.#clock.sleep(Math.max(Math.min(POLL * before.length, MAX_POLL), slack));
    }
  }

  #stuck({ owner }: Ticket, waited: number): ActionError {
    const who = this.#processes.describe(owner);
    const text = `${who} has been first in line for "${this.#what}" for ${seconds(waited)}`;
    return new ActionError('locked', `${text}; if it hangs, end it`);
  }

  #late(before: number, now: number): ActionError {
    const text = `${before} other runs are still before this one in the line for "${this.#what}"`;
    return new ActionError(
      'locked',
      `${text}, ${seconds(now)} after its start: the host is too busy`,
    );
  }

  /** Removes the tickets of the dead, as far as it can; whether any of these was one. */
  async #bury(tickets: readonly Ticket[]): Promise<boolean> {
    // A sign goes last, and not before its ticket: without it nobody could tell that one's owner.
    const inTurn = tickets.toSorted((one, other) => other.number - one.number);
    const lives = await this.#processes.lives(inTurn.map(({ owner }) => owner));
    const signs = new Map<string, Life>();
    const kept = new Set<string>();
    let any = false;
    for (const [place, ticket] of inTurn.entries()) {
      const life = lives[place] ?? 'unknown';
      if (life === 'alive' || (life === 'unknown' && !(await this.#silent(ticket, signs))))
        continue;
      any = true;
      this.#dead.add(ticket.path);
      if (ticket.number < 0 && kept.has(ticket.owner)) continue;
      if (!(await this.#removeIfPossible(ticket.path))) kept.add(ticket.owner);
    }
    return any;
  }

  /**
   * Whether a process that cannot be looked up must be dead all the same. What was read just now
   * is in `signs`, by owner.
   */
  async #silent({ path, name, owner }: Ticket, signs: Map<string, Life>): Promise<boolean> {
    const life = signs.get(owner) ?? (await this.#processes.readSign(signOf(owner)));
    signs.set(owner, life);
    if (life !== 'unknown') return life === 'gone';
    const longest = name === this.#name ? Math.max(LONGEST_RUN, this.#patience) : DAY;
    // One from the future is from before the clock was set back.
    return Math.abs((await this.#files.age(path)) ?? 0) > longest;
  }

  /** False for a directory in its place, or a file that nobody may change. */
  async #removeIfPossible(path: string): Promise<boolean> {
    try {
      await this.#files.remove(path);
      return true;
    } catch {
      return false;
    }
  }

  #path(number: number | typeof CHOOSING): string {
    return `${FOLDER}/${number}.${this.#processes.self}@${this.#name}`;
  }

  /** Everybody else's claims to the same thing, lowest first, but those of the dead. */
  async #others(): Promise<Ticket[]> {
    return (await this.#tickets())
      .filter(({ path, name }) => name === this.#name && !this.#dead.has(path))
      .sort((one, other) => one.number - other.number || (one.owner < other.owner ? -1 : 1));
  }

  /** Everything that others have put here. What is no ticket is none of ours. */
  async #tickets(): Promise<Ticket[]> {
    return (await this.#files.list(FOLDER)).flatMap((file): Ticket[] => {
      const { number = '', owner, name } = TICKET.exec(file)?.groups ?? {};
      if (owner === undefined || owner === this.#processes.self) return [];
      const value = WORDS[number] ?? Number(number);
      if ((name === undefined) !== value < 0) return [];
      return [{ path: `${FOLDER}/${file}`, name, owner, number: value }];
    });
  }
}
