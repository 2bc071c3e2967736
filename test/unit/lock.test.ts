import { createFsFromVolume, Volume } from 'memfs';
import { describe, expect, test } from 'vitest';
import { type Clock, DEADLINE, type Files, STATE } from '../../src/lib/host.ts';
import { type Lock, lockIn } from '../../src/lib/lock.ts';
import { type FileSystem, filesBelow } from '../../src/lib/node/files.ts';

const FOLDER = `/h/${STATE}/lock`;

/** A world of processes that share a folder, and take turns as a seed decides. */
class World {
  readonly volume = Volume.fromJSON({ '/h/active-response/bin/x': '' });
  readonly alive = new Set<string>();
  now = 0;
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
    this.alive.add(self);
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
        this.now += milliseconds / 10;
        await this.turn();
      },
    };
    return lockIn(files, () => ({ self, alive: async (name) => this.alive.has(name) }), clock);
  }

  tickets(): string[] {
    return this.volume.existsSync(FOLDER)
      ? (this.volume.readdirSync(FOLDER) as string[]).sort()
      : [];
  }

  leaveTicket(name: string): void {
    this.volume.mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
    this.volume.writeFileSync(`${FOLDER}/${name}`, '');
  }
}

test('work is done inside it and its answer comes back', async () => {
  const world = new World();
  const inside = await world.lock('a').with(async () => world.tickets());
  expect(inside).toEqual(['1.a']);
  expect(world.tickets()).toEqual([]);
});

test('work that fails frees it', async () => {
  const world = new World();
  const failing = world.lock('a').with(async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(world.tickets()).toEqual([]);
  expect(await world.lock('b').with(async () => 'fine')).toBe('fine');
});

describe('what a dead process left', () => {
  test.each([
    ['a ticket', ['1.dead']],
    ['a choice', ['choosing.dead']],
    ['both', ['choosing.dead', '3.dead']],
    ['several', ['1.dead', '2.gone', 'choosing.late']],
  ])('%s is in nobody’s way for a moment', async (_what, names) => {
    const world = new World();
    for (const name of names) world.leaveTicket(name);
    expect(await world.lock('a').with(async () => 'fine')).toBe('fine');
    expect(world.now).toBeLessThan(100);
    expect(world.tickets()).toEqual([]);
  });

  test('a ticket of the living is never removed', async () => {
    const world = new World();
    world.alive.add('busy');
    world.leaveTicket('1.busy');
    await expect(world.lock('a').with(async () => 'in')).rejects.toMatchObject({
      kind: 'locked',
      message: expect.stringContaining('busy'),
    });
    expect(world.tickets()).toEqual(['1.busy']);
  });
});

test.each(['1.busy', 'choosing.busy'])('the wait behind %s has an end', async (name) => {
  const world = new World();
  world.alive.add('busy');
  world.leaveTicket(name);
  let ran = false;
  const waiting = world.lock('a').with(async () => {
    ran = true;
  });
  await expect(waiting).rejects.toMatchObject({ kind: 'locked' });
  expect(ran).toBe(false);
  expect(world.now).toBeGreaterThanOrEqual(DEADLINE.lock);
  expect(world.now).toBeLessThan(DEADLINE.lock + 100);
  expect(world.tickets()).toEqual([name]);
});

test.each(['README', '.hidden', '1', 'x.y', '-1.z.w', '1e3.q'])(
  'a stranger’s file %s neither stops nor breaks it',
  async (name) => {
    const world = new World();
    world.leaveTicket(name);
    expect(await world.lock('a').with(async () => 'fine')).toBe('fine');
  },
);

describe('many at once, in whatever order they take turns', () => {
  const SEEDS = Array.from({ length: 150 }, (_, seed) => seed * 7_919 + 1);

  test('never two inside, and all get in', async () => {
    for (const seed of SEEDS) {
      const world = new World(seed);
      let inside = 0;
      let most = 0;
      const done = await Promise.all(
        ['a', 'b', 'c', 'd', 'e'].map((self) =>
          world.lock(self).with(async () => {
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
          world.lock(self).with(async () => {
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
        world.lock(self).with(async () => {
          order.push(self);
          for (let turns = 0; turns < 20; turns += 1) await world.turn();
        });
      const first = enter('z');
      while (!world.tickets().includes('1.z')) await Promise.resolve();
      await Promise.all([first, enter('a'), enter('b')]);
      expect(order[0], `seed ${seed}`).toBe('z');
    }
  });
});
