import { ActionError } from './outcome.ts';
import { type Clock, type Files, LIMIT, STATE } from './ports.ts';

/** What is known of a process; `unknown` for one of another pid namespace. */
export type Life = 'alive' | 'gone' | 'unknown';

/** Which processes are alive, by a name that is never used twice. */
export interface Processes {
  /** This process: digits and words joined by `-`, which no other process of any boot has. */
  readonly self: string;
  life(name: string): Promise<Life>;
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
  /** 0 for who is still choosing. */
  readonly number: number;
  readonly owner: string;
}

const FOLDER = `${STATE}/lock`;
const CHOOSING = 'choosing';
const TICKET = /^(?:choosing|[1-9]\d{0,14})\.(\d+(?:-\w+){3}|\d+)@[^@]+$/;

// Milliseconds between looks, for each run ahead of us, up to a limit.
const POLL = 4;
const MAX_POLL = 40;

// A ticket of a process that cannot be looked up is dead once no run could still be going.
const LONGEST_RUN = LIMIT.run + 5_000;

/**
 * Lamport's bakery over a folder: each run draws a number one above those it sees and waits for the
 * lower ones. Nobody ever breaks a lock that another may have taken meanwhile: a run removes its own
 * ticket, or that of a process that is gone and whose name never comes back.
 */
export function lockIn(files: Files, processes: () => Processes, clock: Clock): Lock {
  return {
    async with(name, work, patience) {
      const queue = new Queue(name, files, processes(), clock, patience);
      await files.ensurePrivate(FOLDER);
      const mine = await queue.draw();
      try {
        await queue.reach(mine);
        return await work();
      } finally {
        await queue.leave(mine);
      }
    },
  };
}

const isChoosing = ({ number }: Ticket) => number === 0;

class Queue {
  /** What is locked, as a part of a file's name. */
  readonly #name: string;
  readonly #files: Files;
  readonly #processes: Processes;
  readonly #clock: Clock;
  readonly #patience: number;
  /** Since the process began: nobody is waited for after this. */
  readonly #end: number;

  constructor(
    name: string,
    files: Files,
    processes: Processes,
    clock: Clock,
    patience: number | undefined,
  ) {
    this.#patience = patience ?? LIMIT.lock;
    this.#end = patience === undefined ? LIMIT.work : Number.POSITIVE_INFINITY;
    this.#name = encodeURIComponent(name);
    this.#files = files;
    this.#processes = processes;
    this.#clock = clock;
  }

  async draw(): Promise<number> {
    await this.#sweep();
    const choosing = this.#path(CHOOSING);
    await this.#files.create(choosing, '');
    try {
      const mine = ((await this.#others()).at(-1)?.number ?? 0) + 1;
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
    await this.#none(({ path }) => choosers.has(path));
    await this.#none(
      ({ number, owner }) => number > 0 && (number < mine || (number === mine && owner < self)),
    );
  }

  async leave(mine: number): Promise<void> {
    await this.#files.remove(this.#path(mine));
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
      if (await this.#dead(first)) {
        await this.#files.remove(first.path);
      } else if (now - since >= this.#patience || now >= this.#end) {
        const seconds = ((now - since) / 1000).toFixed(1);
        const text = `process ${first.owner} has been first in line for the lock for ${seconds} s`;
        throw new ActionError('locked', text);
      } else {
        // Who has the patience to wait long need not look so often.
        const slack = this.#patience > LIMIT.lock ? (now - since) / 20 : 0;
        await this.#clock.sleep(Math.max(Math.min(POLL * before.length, MAX_POLL), slack));
      }
    }
  }

  /** Removes what dead runs left behind under any name: nobody may ever ask for theirs again. */
  async #sweep(): Promise<void> {
    for (const ticket of await this.#tickets()) {
      if (await this.#dead(ticket)) await this.#files.remove(ticket.path);
    }
  }

  async #dead({ path, owner }: Ticket): Promise<boolean> {
    const life = await this.#processes.life(owner);
    if (life !== 'unknown') return life === 'gone';
    return ((await this.#files.age(path)) ?? 0) > LONGEST_RUN;
  }

  #path(number: number | typeof CHOOSING): string {
    return `${FOLDER}/${number}.${this.#processes.self}@${this.#name}`;
  }

  /** Everybody else's tickets for the same name, lowest first. */
  async #others(): Promise<Ticket[]> {
    return (await this.#tickets())
      .filter(({ path }) => path.endsWith(`@${this.#name}`))
      .sort((one, other) => one.number - other.number || (one.owner < other.owner ? -1 : 1));
  }

  /** Everybody else's tickets. What is no ticket is none of ours. */
  async #tickets(): Promise<Ticket[]> {
    return (await this.#files.list(FOLDER)).flatMap((name): Ticket[] => {
      const owner = TICKET.exec(name)?.[1];
      if (owner === undefined || owner === this.#processes.self) return [];
      const number = name.startsWith(CHOOSING) ? 0 : Number.parseInt(name, 10);
      return [{ path: `${FOLDER}/${name}`, number, owner }];
    });
  }
}
