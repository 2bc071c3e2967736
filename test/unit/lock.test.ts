import { createFsFromVolume, Volume } from 'memfs';
import { describe, expect, test } from 'vitest';
import { type Life, type Lock, lockIn } from '../../src/lib/lock.ts';
import { type FileSystem, filesBelow } from '../../src/lib/node/files.ts';
import { type Clock, type Files, LIMIT, STATE } from '../../src/lib/ports.ts';

const FOLDER = `/h/${STATE}/lock`;

/** What is locked in most tests: a name that no file could have as it is. */
const NAME = 'ip6tables manual 2001:db8::/7';

/** A process's name as the machine would make it, from the letters a test calls it by. */
const nameOf = (word: string) =>
  `${[...word].map((letter) => letter.charCodeAt(0)).join('')}-1-2-boot`;

const named = (ticket: string) => {
  const [number = '', owner = ''] = ticket.split('.');
  return `${number}.${nameOf(owner)}@${encodeURIComponent(NAME)}`;
};

/** A world of processes that share a folder, and take turns as a seed decides. */
class World {
  readonly volume = Volume.fromJSON({ '/h/active-response/bin/x': '' });
  readonly alive = new Set<string>();
  /** Processes of another namespace, of which nothing can be known. */
  readonly strangers = new Set<string>();
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
    const life = async (name: string): Promise<Life> => {
      if (this.strangers.has(name)) return 'unknown';
      return this.alive.has(name) ? 'alive' : 'gone';
    };
    return lockIn(files, () => ({ self: nameOf(self), life }), clock);
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
      message: expect.stringContaining(nameOf('busy')),
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
  });
  expect(world.now).toBeLessThanOrEqual(LIMIT.work + 100);
});

describe('a ticket of another namespace', () => {
  const old = (world: World, seconds: number) => {
    world.leaveTicket('1.far');
    world.strangers.add(nameOf('far'));
    const then = Date.now() / 1_000 - seconds;
    world.volume.utimesSync(`${FOLDER}/${named('1.far')}`, then, then);
    return world.lock('a').with(NAME, async () => 'in');
  };

  test('is waited for while its run may still be going', async () => {
    await expect(old(new World(), 5)).rejects.toMatchObject({ kind: 'locked' });
  });

  test('is dead once no run could still be going', async () => {
    const world = new World();
    expect(await old(world, LIMIT.run / 1_000 + 10)).toBe('in');
    expect(world.tickets()).toEqual([]);
  });
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
