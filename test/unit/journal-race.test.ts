import fc from 'fast-check';
import { createFsFromVolume, Volume } from 'memfs';
import { expect, test } from 'vitest';
import { filesBelow } from '../../src/lib/node/files.ts';
import type { FileSystem } from '../../src/lib/node/system-calls.ts';
import { type Files, STATE } from '../../src/lib/ports.ts';

const FILE = `${STATE}/journal.jsonl`;
const PATH = `/home/${FILE}`;

type Deed = 'append' | 'shorten';

/**
 * Processes that append to one file and shorten it. Before every call to the file system the schedule
 * may let others go first, one or more, to their ends or until they are overtaken in turn.
 */
class Race {
  readonly volume = new Volume();
  readonly appended: string[] = [];
  readonly errors: unknown[] = [];
  /** Of the file system. */
  calls = 0;
  readonly #files: Files;
  readonly #keep: number;
  readonly #deeds: Deed[];
  readonly #schedule: boolean[];
  #depth = 0;
  // What the lock is for, and no run waits for it.
  #shortening = false;

  constructor(deeds: readonly Deed[], schedule: readonly boolean[], keep: number) {
    this.#deeds = [...deeds];
    this.#schedule = [...schedule];
    this.#keep = keep;
    this.volume.mkdirSync(`/home/${STATE}`, { recursive: true, mode: 0o700 });
    const system = createFsFromVolume(this.volume) as unknown as FileSystem;
    const overtaken = new Proxy(system, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...words: unknown[]) => {
          this.calls += 1;
          while (this.#depth < 6 && this.#schedule.shift()) this.#next();
          return Reflect.apply(value, target, words) as unknown;
        };
      },
    });
    this.#files = filesBelow('/home', process.getuid?.() ?? 0, overtaken);
  }

  async run(): Promise<void> {
    while (this.#deeds.length > 0) this.#next();
    await new Promise((resolve) => setImmediate(resolve));
  }

  // The port answers synchronously inside, so that a deed is over when its call returns.
  #next(): void {
    const deed = this.#deeds.shift();
    if (deed === undefined || (deed === 'shorten' && this.#shortening)) return;
    this.#depth += 1;
    if (deed === 'append') {
      const line = `line ${String(this.appended.length).padStart(4, '0')}`;
      this.appended.push(line);
      this.#note(this.#files.append(FILE, `${line}\n`, 0o600));
    } else if (this.volume.existsSync(PATH)) {
      this.#shortening = true;
      this.#note(this.#files.shorten(FILE, this.#keep));
      this.#shortening = false;
    }
    this.#depth -= 1;
  }

  #note(done: Promise<unknown>): void {
    done.catch((thrown) => this.errors.push(thrown));
  }

  lines(): readonly string[] {
    const text = this.volume.existsSync(PATH) ? String(this.volume.readFileSync(PATH)) : '';
    return text.split('\n').filter((line) => line !== '');
  }
}

const deeds = fc.array(
  fc.oneof(
    { arbitrary: fc.constant<Deed>('append'), weight: 3 },
    { arbitrary: fc.constant<Deed>('shorten'), weight: 1 },
  ),
  { minLength: 5, maxLength: 40 },
);
const schedule = fc.array(
  fc.oneof(
    { arbitrary: fc.constant(false), weight: 7 },
    { arbitrary: fc.constant(true), weight: 1 },
  ),
  { maxLength: 300, size: 'max' },
);

const LINE = 10;

async function raced(what: readonly Deed[], when: readonly boolean[], keep: number) {
  const race = new Race(what, when, keep);
  await race.run();
  expect(race.errors).toEqual([]);
  const lines = race.lines();
  for (const line of lines) expect(race.appended).toContain(line);
  expect(race.volume.existsSync(`${PATH}.new`)).toBe(false);
  return { lines, appended: race.appended };
}

const SYSTEM_CALLS = Array.from({ length: 60 }, (_, place) => place);

test.each(['append', 'shorten'] as const)(
  '%s before any call of the other to the file system: nothing is lost',
  async (between) => {
    const around = between === 'append' ? 'shorten' : 'append';
    for (const place of SYSTEM_CALLS) {
      const deeds = ['append', around, between, 'append'] as const;
      // The first append finds nothing to read, and is as long for every place.
      const calls = new Race(['append'], [], 1);
      await calls.run();
      const when = [...Array.from({ length: calls.calls + place }, () => false), true];
      const { lines, appended } = await raced(deeds, when, 1 << 20);
      expect([...new Set(lines)].toSorted()).toEqual(appended.toSorted());
    }
  },
);

// Where nothing is dropped for its age, what is missing was lost to a race.
test('no line is lost, however appending and shortening overtake each other', async () => {
  await fc.assert(
    fc.asyncProperty(deeds, schedule, async (what, when) => {
      const { lines, appended } = await raced(what, when, 1 << 20);
      expect([...new Set(lines)].toSorted()).toEqual(appended.toSorted());
    }),
    { numRuns: 1_000 },
  );
});

// With a bound a line may go once that much came after it; a line that is there twice counts twice.
test('a bound takes the oldest lines and no others', async () => {
  const kept = 12;
  await fc.assert(
    fc.asyncProperty(deeds, schedule, async (what, when) => {
      const { lines, appended } = await raced(what, when, 3 * kept * LINE);
      expect(lines).toEqual(expect.arrayContaining(appended.slice(-kept)));
    }),
    { numRuns: 1_000 },
  );
});

test('shortened by nobody else, it holds the newest whole lines', async () => {
  const { lines, appended } = await raced(
    [...Array.from({ length: 20 }, () => 'append' as const), 'shorten'],
    [],
    5 * LINE + 3,
  );
  expect(lines).toEqual(appended.slice(-5));
});

test('a file that somebody took away meanwhile is not put back', async () => {
  const volume = new Volume();
  volume.mkdirSync(`/home/${STATE}`, { recursive: true, mode: 0o700 });
  volume.writeFileSync(PATH, 'old\n', { mode: 0o600 });
  const memory = createFsFromVolume(volume) as unknown as FileSystem;
  const system: FileSystem = {
    ...memory,
    fsyncSync: () => volume.renameSync(PATH, `${PATH}.mine`),
  };
  await filesBelow('/home', process.getuid?.() ?? 0, system).shorten(FILE, 100);
  expect(volume.readdirSync(`/home/${STATE}`)).toEqual(['journal.jsonl.mine']);
});
