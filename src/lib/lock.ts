import { type Clock, DEADLINE, type Files, STATE } from './host.ts';
import { ActionError } from './outcome.ts';

/** Which processes are alive, by a name that is never used twice. */
export interface Processes {
  /** This process: a word without dots that no other process of any boot or namespace has. */
  readonly self: string;
  /** Whether the process of that name still runs here. */
  alive(name: string): Promise<boolean>;
}

/** Runs one thing at a time, over all processes that share the state folder. */
export interface Lock {
  /** Throws `locked` when others hold it for longer than a few seconds. */
  with<T>(work: () => Promise<T>): Promise<T>;
}

interface Ticket {
  readonly name: string;
  /** 0 for who is still choosing. */
  readonly number: number;
  readonly owner: string;
}

const FOLDER = `${STATE}/lock`;

// Milliseconds between looks, for each run ahead of us, up to a limit.
const POLL = 4;
const MAX_POLL = 40;

/**
 * Lamport's bakery over a folder: each run draws a number one above those it sees and waits for the
 * lower ones. Nobody ever breaks a lock that another may have taken meanwhile: a run removes its own
 * ticket, or that of a process that is provably gone and whose name never comes back.
 */
export function lockIn(files: Files, processes: () => Processes, clock: Clock): Lock {
  return {
    async with(work) {
      const queue = new Queue(files, processes(), clock);
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

class Queue {
  readonly #files: Files;
  readonly #processes: Processes;
  readonly #clock: Clock;

  constructor(files: Files, processes: Processes, clock: Clock) {
    this.#files = files;
    this.#processes = processes;
    this.#clock = clock;
  }

  async draw(): Promise<number> {
    const choosing = this.#path('choosing');
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
    const end = this.#clock.elapsed() + DEADLINE.lock;
    for (;;) {
      const before = (await this.#others()).filter(
        ({ number, owner }) => number < mine || (number === mine && owner < self),
      );
      const [first] = before;
      if (!first) return;
      if (!(await this.#processes.alive(first.owner))) {
        await this.#files.remove(`${FOLDER}/${first.name}`);
        continue;
      }
      if (this.#clock.elapsed() >= end) {
        const seconds = DEADLINE.lock / 1000;
        const text = `waited ${seconds} s for the lock; process ${first.owner} is first in line`;
        throw new ActionError('locked', text);
      }
      await this.#clock.sleep(Math.min(POLL * before.length, MAX_POLL));
    }
  }

  async leave(mine: number): Promise<void> {
    await this.#files.remove(this.#path(mine));
  }

  #path(number: number | 'choosing'): string {
    return `${FOLDER}/${number}.${this.#processes.self}`;
  }

  /** Everybody else's tickets, lowest first; who is still choosing comes before all. */
  async #others(): Promise<Ticket[]> {
    return (await this.#files.list(FOLDER))
      .map((name): Ticket => {
        const [number = '', owner = ''] = name.split('.');
        return { name, number: number === 'choosing' ? 0 : Number(number), owner };
      })
      .filter(({ number, owner }) => owner !== this.#processes.self && Number.isSafeInteger(number))
      .sort((one, other) => one.number - other.number || (one.owner < other.owner ? -1 : 1));
  }
}
