import { createFsFromVolume, Volume } from 'memfs';
import { describe, expect, test } from 'vitest';
import { type Life, type Lock, lockIn, type Processes } from '../../src/lib/lock.ts';
import { filesBelow } from '../../src/lib/node/files.ts';
import type { FileSystem } from '../../src/lib/node/system-calls.ts';
import { type Clock, type Files, LIMIT, STATE } from '../../src/lib/ports.ts';

const FOLDER = `/h/${STATE}/lock`;

/** What is locked in most tests: a name that no file could have as it is. */
const NAME = 'ip6tables manual 2001:db8::/7';

/** A process's name as the machine would make it, from the letters a test calls it by. */
const nameOf = (word: string) =>
  `${[...word].map((letter) => letter.charCodeAt(0)).join('')}-1-2-boot`;

const named = (ticket: string) => {
  const [number = '', owner = ''] = ticket.split('.');
  const file = `${number}.${nameOf(owner)}`;
  return number === 'alive' ? file : `${file}@${encodeURIComponent(NAME)}`;
};

/** A world of processes that share a folder, and take turns as a seed decides. */
class World {
  readonly volume = Volume.fromJSON({ '/h/active-response/bin/x': '' });
  readonly alive = new Set<string>();
  /** Processes of another namespace, of which nothing can be known. */
  readonly strangers = new Set<string>();
  /** Those that show a sign of life where others may not know them. */
  readonly signing = new Set<string>();
  /** Whose life was asked for, in the order of the questions. */
  readonly asked: (readonly string[])[] = [];
  now = 0;
  /** What happens while somebody waits. */
  onSleep = () => {};
  #state: number;
  readonly #shuffled: boolean;

  constructor(seed?: number) {
    this.#shuffled = seed !== undefined;
    this.#state = seed ?? 0;
  }

  #random(below: number): number {
    this.#state = (this.#state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((this.#state / 2_147_483_648) * below);
  }

  /** Lets others go first, for some turns. */
  async turn(): Promise<void> {
    if (!this.#shuffled) return;
    for (let left = this.#random(4); left > 0; left -= 1) await Promise.resolve();
  }

  /** The lock as the process of that name sees it; every touch of a file is a turn. */
  lock(self: string): Lock {
    this.alive.add(nameOf(self));
    const real = filesBelow(
      '/h',
      process.getuid?.() ?? 0,
      createFsFromVolume(this.volume) as unknown as FileSystem,
    );
    const files: Files = {
      ...real,
      create: async (path, text) => {
        await this.turn();
        return real.create(path, text);
      },
      remove: async (path) => {
        await this.turn();
        return real.remove(path);
      },
      list: async (path) => {
        await this.turn();
        return real.list(path);
      },
    };
    const clock: Clock = {
      now: () => new Date(this.now),
      elapsed: () => this.now,
      sleep: async (milliseconds) => {
        this.now += this.#shuffled ? milliseconds / 10 : milliseconds;
        this.onSleep();
        await this.turn();
      },
    };
    return lockIn(files, () => this.#processes(nameOf(self)), clock);
  }

  #processes(self: string): Processes {
    const life = (name: string): Life => {
      if (this.strangers.has(name)) return 'unknown';
      return this.alive.has(name) ? 'alive' : 'gone';
    };
    const full = (path: string) => `/h/${path}`;
    return {
      self,
      lives: async (names) => {
        this.asked.push(names);
        await this.turn();
        return names.map(life);
      },
      giveSign: async (path) => {
        if (!this.signing.has(self)) return () => {};
        this.volume.writeFileSync(full(path), '');
        return () => this.volume.unlinkSync(full(path));
      },
      readSign: async (path) => {
        await this.turn();
        const [, owner = ''] = /\/alive\.([^@/]+)$/.exec(path) ?? [];
        if (!this.volume.existsSync(full(path))) return 'unknown';
        return this.alive.has(owner) ? 'alive' : 'gone';
      },
      describe: (name) => `process ${name}`,
    };
  }

  tickets(): string[] {
    return this.volume.existsSync(FOLDER)
      ? (this.volume.readdirSync(FOLDER) as string[]).sort()
      : [];
  }

  /** Puts a ticket like `1.dead`: a number or `choosing`, and whose. */
  leaveTicket(ticket: string): void {
    this.leaveFile(named(ticket));
  }

  leaveFile(name: string): void {
    this.volume.mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
    this.volume.writeFileSync(`${FOLDER}/${name}`, '');
  }
}

test('L6: work is done inside it, all of it below the home, and its answer comes back', async () => {
  const world = new World();
  const inside = await world.lock('a').with(NAME, async () => Object.keys(world.volume.toJSON()));
  expect(inside).toEqual(['/h/active-response/bin/x', `${FOLDER}/${named('1.a')}`]);
  expect(world.tickets()).toEqual([]);
});

test('work that fails frees it', async () => {
  const world = new World();
  const failing = world.lock('a').with(NAME, async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(world.tickets()).toEqual([]);
  expect(await world.lock('b').with(NAME, async () => 'fine')).toBe('fine');
});

describe('L1: what a dead process left', () => {
  test.each([
    ['a ticket', ['1.dead']],
    ['a choice', ['choosing.dead']],
    ['both', ['choosing.dead', '3.dead']],
    ['several', ['1.dead', '2.gone', 'choosing.late']],
  ])('%s is in nobody’s way for a moment', async (_what, names) => {
    const world = new World();
    for (const name of names) world.leaveTicket(name);
    expect(await world.lock('a').with(NAME, async () => 'fine')).toBe('fine');
    expect(world.now).toBeLessThan(100);
    expect(world.tickets()).toEqual([]);
  });

  test('L2, L3: a ticket of the living is never removed, nor is its owner ended', async () => {
    const world = new World();
    world.alive.add(nameOf('busy'));
    world.leaveTicket('1.busy');
    await expect(world.lock('a').with(NAME, async () => 'in')).rejects.toMatchObject({
      kind: 'locked',
      message: `process ${nameOf('busy')} has been first in line for "${NAME}" for 3.0 s; if it hangs, end it`,
    });
    expect(world.tickets()).toEqual([named('1.busy')]);
  });
});

test.each(['1.busy', 'choosing.busy'])('L1: the wait behind %s has an end', async (name) => {
  const world = new World();
  world.alive.add(nameOf('busy'));
  world.leaveTicket(name);
  let ran = false;
  const waiting = world.lock('a').with(NAME, async () => {
    ran = true;
  });
  await expect(waiting).rejects.toMatchObject({ kind: 'locked' });
  expect(ran).toBe(false);
  expect(world.now).toBeGreaterThanOrEqual(LIMIT.lock);
  expect(world.now).toBeLessThan(LIMIT.lock + 100);
  expect(world.tickets()).toEqual([named(name)]);
});

test.each(['README', '.hidden', '1', 'x.y', '-1.z.w', '1e3.q'])(
  'a stranger’s file %s neither stops nor breaks it',
  async (name) => {
    const world = new World();
    world.leaveFile(name);
    expect(await world.lock('a').with(NAME, async () => 'fine')).toBe('fine');
    expect(world.tickets()).toEqual([name]);
  },
);

test('who locks something else is not waited for', async () => {
  const world = new World();
  world.alive.add(nameOf('busy'));
  world.leaveTicket('1.busy');
  expect(await world.lock('a').with('another thing', async () => 'in')).toBe('in');
  const both = await world
    .lock('a')
    .with('one', () => world.lock('b').with('two', async () => world.tickets().length));
  expect(both).toBe(3);
});

test('a line that moves is waited for, however long it is', async () => {
  const world = new World();
  const names = ['b', 'c', 'd', 'e'];
  for (const [place, name] of names.entries()) {
    world.alive.add(nameOf(name));
    world.leaveTicket(`${place + 1}.${name}`);
  }
  world.onSleep = () => {
    const gone = Math.floor(world.now / (LIMIT.lock - 500));
    for (const name of names.slice(0, gone)) world.alive.delete(nameOf(name));
  };
  expect(await world.lock('a').with(NAME, async () => 'in')).toBe('in');
  expect(world.now).toBeGreaterThan(LIMIT.lock * 2);
});

test('a line that moves is left when there is no time for work any more', async () => {
  const world = new World();
  // Each for a second, and all before us.
  for (let count = 1; count <= 30; count += 1) {
    world.alive.add(nameOf(`q${count}`));
    world.leaveTicket(`${count}.q${count}`);
  }
  world.onSleep = () => {
    for (let count = 1; count <= world.now / 1_000; count += 1)
      world.alive.delete(nameOf(`q${count}`));
  };
  await expect(world.lock('a').with(NAME, async () => 'in')).rejects.toMatchObject({
    kind: 'locked',
    message: expect.stringMatching(/^1[23] other runs are still before this one in the line for /),
  });
  expect(world.now).toBeLessThanOrEqual(LIMIT.work + 200);
});

describe('a ticket of another namespace', () => {
  const old = (world: World, seconds: number, patience?: number) => {
    world.leaveTicket('1.far');
    world.strangers.add(nameOf('far'));
    const then = Date.now() / 1_000 - seconds;
    world.volume.utimesSync(`${FOLDER}/${named('1.far')}`, then, then);
    return world.lock('a').with(NAME, async () => 'in', patience);
  };

  test('is waited for while its run may still be going', async () => {
    await expect(old(new World(), 5)).rejects.toMatchObject({ kind: 'locked' });
  });

  test('is waited for longer where runs may take longer', async () => {
    const seconds = LIMIT.run / 1_000 + 10;
    await expect(old(new World(), seconds, 60_000)).rejects.toMatchObject({ kind: 'locked' });
  });

  test.each([LIMIT.run / 1_000 + 10, -LIMIT.run / 1_000 - 10])(
    'is dead once no run could still be going, or when the clock was set back: %d s',
    async (seconds) => {
      const world = new World();
      expect(await old(world, seconds)).toBe('in');
      expect(world.tickets()).toEqual([]);
    },
  );

  test('of which nobody here knows for how long it is held, stays for a day', async () => {
    const world = new World();
    world.strangers.add(nameOf('far'));
    const leave = (name: string, seconds: number) => {
      world.leaveFile(name);
      const then = Date.now() / 1_000 - seconds;
      world.volume.utimesSync(`${FOLDER}/${name}`, then, then);
    };
    leave(`1.${nameOf('far')}@other`, 3_600);
    leave(`2.${nameOf('far')}@other`, 90_000);
    await world.lock('a').with(NAME, async () => {});
    expect(world.tickets()).toEqual([`1.${nameOf('far')}@other`]);
  });

  describe('that gave a sign of life', () => {
    const signed = (life: Life) => {
      const world = new World();
      world.strangers.add(nameOf('far'));
      if (life === 'alive') world.alive.add(nameOf('far'));
      for (const ticket of ['1.far', 'choosing.far', 'alive.far']) world.leaveTicket(ticket);
      return world;
    };

    test('is dead with its sign, and both are gone', async () => {
      const world = signed('gone');
      expect(await world.lock('a').with(NAME, async () => 'in')).toBe('in');
      expect(world.now).toBe(0);
      expect(world.tickets()).toEqual([]);
    });

    test('is waited for while the sign lives, however old it is', async () => {
      const world = signed('alive');
      for (const name of world.tickets()) world.volume.utimesSync(`${FOLDER}/${name}`, 1, 1);
      const before = world.tickets();
      await expect(world.lock('a').with(NAME, async () => 'in')).rejects.toMatchObject({
        kind: 'locked',
      });
      expect(world.tickets()).toEqual(before);
    });

    test('keeps its sign for as long as its ticket cannot be removed', async () => {
      const world = signed('gone');
      const ticket = `${FOLDER}/${named('1.far')}`;
      world.volume.unlinkSync(ticket);
      world.volume.mkdirSync(ticket);
      for (const self of ['a', 'b']) {
        expect(await world.lock(self).with(NAME, async () => 'in')).toBe('in');
        expect(world.tickets()).toEqual([named('1.far'), named('alive.far')]);
      }
      expect(world.now).toBe(0);
    });
  });

  test('a sign is there before any ticket and goes after the last', async () => {
    const world = new World();
    world.signing.add(nameOf('a'));
    const inside = await world.lock('a').with(NAME, async () => world.tickets());
    expect(inside).toEqual([named('1.a'), named('alive.a')]);
    expect(world.tickets()).toEqual([]);
    const lock = world.lock('a');
    let after: string[] = [];
    const failing = lock.with(NAME, async () => {
      await lock.with('within', async () => {});
      after = world.tickets();
      throw new Error('the work failed');
    });
    await expect(failing).rejects.toThrow('the work failed');
    expect(after).toEqual([named('1.a'), named('alive.a')]);
    expect(world.tickets()).toEqual([]);
  });
});

describe('a ticket that cannot be removed', () => {
  /** A directory has the name. */
  const stuck = (world: World, ticket: string) =>
    world.volume.mkdirSync(`${FOLDER}/${named(ticket)}`, { recursive: true, mode: 0o700 });

  test.each(['1.dead', 'choosing.dead', 'alive.dead'])(
    '%s: delays nobody, today or next time',
    async (name) => {
      const world = new World();
      world.volume.mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
      stuck(world, name);
      for (const self of ['a', 'b']) {
        expect(await world.lock(self).with(NAME, async () => 'in')).toBe('in');
      }
      expect(world.now).toBe(0);
      expect(world.tickets()).toEqual([named(name)]);
    },
  );

  test('of one’s own does not undo the work', async () => {
    const world = new World();
    const answer = await world.lock('a').with(NAME, async () => {
      world.volume.unlinkSync(`${FOLDER}/${named('1.a')}`);
      stuck(world, '1.a');
      return 'done';
    });
    expect(answer).toBe('done');
  });
});

test('thousands of stale tickets are looked up at once and wait for nothing', async () => {
  const world = new World();
  world.volume.mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  for (let count = 1; count <= 5_000; count += 1) world.leaveFile(`${count}.${count}-1-2-b@${'x'}`);
  expect(await world.lock('a').with(NAME, async () => 'in')).toBe('in');
  expect(world.asked.filter((names) => names.length > 0)).toHaveLength(1);
  expect([world.now, world.tickets()]).toEqual([0, []]);
});

describe('many at once, in whatever order they take turns', () => {
  const SEEDS = Array.from({ length: 150 }, (_, seed) => seed * 7_919 + 1);

  test('L5: never two inside, and all get in', async () => {
    for (const seed of SEEDS) {
      const world = new World(seed);
      let inside = 0;
      let most = 0;
      const done = await Promise.all(
        ['a', 'b', 'c', 'd', 'e'].map((self) =>
          world.lock(self).with(NAME, async () => {
            inside += 1;
            most = Math.max(most, inside);
            await world.turn();
            await world.turn();
            inside -= 1;
            return self;
          }),
        ),
      );
      expect(most, `seed ${seed}`).toBe(1);
      expect(done).toHaveLength(5);
      expect(world.tickets(), `seed ${seed}`).toEqual([]);
    }
  });

  test('with dead ones among them', async () => {
    for (const seed of SEEDS) {
      const world = new World(seed);
      for (const name of ['1.dead', 'choosing.gone', '2.late']) world.leaveTicket(name);
      let inside = 0;
      await Promise.all(
        ['a', 'b', 'c'].map((self) =>
          world.lock(self).with(NAME, async () => {
            inside += 1;
            expect(inside, `seed ${seed}`).toBe(1);
            await world.turn();
            inside -= 1;
          }),
        ),
      );
      expect(world.tickets(), `seed ${seed}`).toEqual([]);
    }
  });

  test('who drew first goes first', async () => {
    for (const seed of SEEDS) {
      const world = new World(seed);
      const order: string[] = [];
      const enter = (self: string) =>
        world.lock(self).with(NAME, async () => {
          order.push(self);
          for (let turns = 0; turns < 20; turns += 1) await world.turn();
        });
      const first = enter('z');
      for (let turns = 0; turns < 500 && !world.tickets().includes(named('1.z')); turns += 1) {
        await Promise.resolve();
      }
      await Promise.all([first, enter('a'), enter('b')]);
      expect(order[0], `seed ${seed}`).toBe('z');
    }
  });
});

test('what dead runs left under other names goes too, and what the living have stays', async () => {
  const world = new World();
  const other = `${nameOf('dead')}@other`;
  const living = `${nameOf('b')}@other`;
  world.lock('b');
  world.leaveFile(`7.${other}`);
  world.leaveFile(`choosing.${other}`);
  world.leaveFile(`8.${living}`);
  await world.lock('a').with(NAME, async () => {});
  expect(world.tickets()).toEqual([`8.${living}`]);
});
