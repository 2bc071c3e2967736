import { createFsFromVolume, Volume } from 'memfs';
import { describe, expect, test } from 'vitest';
import firewallDrop from '../../scripts/linux/firewall-drop.ts';
import { aftermath } from '../../src/lib/aftermath.ts';
import { execute } from '../../src/lib/execute.ts';
import type { Log } from '../../src/lib/log.ts';
import { type Names, namesIn, RESOLVED } from '../../src/lib/names.ts';
import { filesBelow } from '../../src/lib/node/files.ts';
import { noFiles } from '../../src/lib/node/no-files.ts';
import type { FileSystem } from '../../src/lib/node/system-calls.ts';
import { STATE } from '../../src/lib/ports.ts';
import { isHostName } from '../../src/lib/protect.ts';
import { parseLegacy } from '../../src/lib/protocol.ts';
import { ModelHost } from '../support/model-host.ts';

const MINUTE = 60_000;
const FILE = `/home/${RESOLVED}`;

/** A home in memory, and what the system knows of names; each run has a new view of it. */
class World {
  readonly volume = new Volume();
  readonly log: string[] = [];
  readonly asked: string[][] = [];
  answers: Readonly<Record<string, readonly string[]>> = {};
  now = Date.UTC(2026, 1, 3, 10);

  constructor() {
    this.volume.mkdirSync(`/home/${STATE}`, { recursive: true, mode: 0o700 });
  }

  run(files = this.files()): Names {
    return namesIn(
      files,
      { now: () => new Date(this.now) },
      { say: async (line) => void this.log.push(line) },
      {
        resolve: async (names) => {
          this.asked.push([...names]);
          return new Map(
            names.flatMap((name) => {
              const answer = this.answers[name];
              return answer ? [[name, answer] as const] : [];
            }),
          );
        },
      },
    );
  }

  files() {
    const system = createFsFromVolume(this.volume) as unknown as FileSystem;
    return filesBelow('/home', process.getuid?.() ?? 0, system);
  }

  /** A whole run: what is known before the answer, then the refresh. */
  async wants(...names: string[]): Promise<Readonly<Record<string, readonly string[]>>> {
    const run = this.run();
    const known = await run.known(names);
    await run.refresh();
    return Object.fromEntries(
      [...known].map(([name, seen]) => [name, seen.map(({ address }) => address)]),
    );
  }
}

describe('names', () => {
  test('are not resolved before the refresh, and known to the run after', async () => {
    const world = new World();
    world.answers = { m: ['192.0.2.15', '2001:db8::15', '192.0.2.15'] };
    const run = world.run();
    expect(await run.known(['m'])).toEqual(new Map([['m', []]]));
    expect(world.asked).toEqual([]);
    await run.refresh();
    expect(world.asked).toEqual([['m']]);
    expect(await world.wants('m')).toEqual({ m: ['192.0.2.15', '2001:db8::15'] });
    expect(world.volume.statSync(FILE).mode & 0o777).toBe(0o600);
  });

  test('that nobody wanted to know are not resolved', async () => {
    const world = new World();
    await world.wants();
    expect([world.asked, world.volume.existsSync(FILE)]).toEqual([[], false]);
  });

  test('are asked for again after some minutes, or when there is a new one', async () => {
    const world = new World();
    await world.wants('m');
    world.now += 4 * MINUTE;
    await world.wants('m');
    expect(world.asked).toHaveLength(1);
    await world.wants('m', 'n');
    expect(world.asked).toHaveLength(2);
    world.now += 6 * MINUTE;
    await world.wants('m', 'n');
    expect(world.asked).toHaveLength(3);
    // A clock that was set back.
    world.now -= 600 * MINUTE;
    await world.wants('m', 'n');
    expect(world.asked).toHaveLength(4);
  });

  test('that cannot be resolved keep what they had, and it is noted once a refresh', async () => {
    const world = new World();
    world.answers = { m: ['192.0.2.15'] };
    await world.wants('m');
    world.answers = {};
    for (let days = 0; days < 3; days += 1) {
      world.now += 24 * 60 * MINUTE;
      for (const _ of [1, 2, 3]) {
        expect(await world.wants('m')).toEqual({ m: ['192.0.2.15'] });
      }
    }
    expect(world.log).toEqual(
      Array(3).fill('No address was found for m (still protected: 192.0.2.15)'),
    );
  });

  test('keep for a day an address that later answers lack', async () => {
    const world = new World();
    world.answers = { m: ['192.0.2.15'] };
    await world.wants('m');
    world.answers = { m: ['192.0.2.16'] };
    world.now += 23 * 60 * MINUTE;
    await world.wants('m');
    expect(await world.wants('m')).toEqual({ m: ['192.0.2.16', '192.0.2.15'] });
    world.now += 2 * 60 * MINUTE;
    await world.wants('m');
    expect(await world.wants('m')).toEqual({ m: ['192.0.2.16'] });
  });

  test('have a limit, and so have their addresses', async () => {
    const world = new World();
    const many = Array.from({ length: 200 }, (_, place) => `n${place}`);
    world.answers = { n0: Array.from({ length: 100 }, (_, place) => `192.0.2.${place}`) };
    await world.wants(...many);
    expect(world.asked[0]).toEqual(many.slice(0, 128));
    expect((await world.wants(...many))['n0']).toHaveLength(32);
    expect(world.asked).toHaveLength(1);
  });

  test('that are none reach no tool, whoever wrote them', async () => {
    const world = new World();
    expect(await world.wants('--service=x', '-s', 'a;b', '', 'm')).toEqual({ m: [] });
    expect(world.asked).toEqual([['m']]);
  });

  test.each(['', '{', '[]', '{"asked":7}', '{"asked":"x","names":{"m":7}}', '\u0000'.repeat(99)])(
    'in a file %j that cannot be understood are asked for anew',
    async (text) => {
      const world = new World();
      world.volume.writeFileSync(FILE, text, { mode: 0o600 });
      world.answers = { m: ['192.0.2.15'] };
      expect(await world.wants('m')).toEqual({ m: [] });
      expect(await world.wants('m')).toEqual({ m: ['192.0.2.15'] });
    },
  );

  test('in a file that others could have written count for nothing, which is said', async () => {
    const world = new World();
    const text = JSON.stringify({ asked: new Date(world.now), names: { m: { '192.0.2.9': 'x' } } });
    world.volume.writeFileSync(FILE, text, { mode: 0o600 });
    expect(await world.wants('m')).toEqual({ m: ['192.0.2.9'] });
    world.volume.chmodSync(FILE, 0o666);
    expect(await world.wants('m')).toEqual({ m: [] });
    expect(world.log.join()).toContain('Without the addresses of names');
  });

  test('are not asked for where nothing can be kept', async () => {
    const world = new World();
    const run = world.run(noFiles());
    await run.known(['m']);
    await aftermath({
      names: run,
      log: { say: async (line: string) => void world.log.push(line) } as Log,
    });
    expect(world.asked).toEqual([]);
    expect(world.log).toEqual([expect.stringContaining('Names were not resolved')]);
  });
});

test('the manager that is known by name and the names of the settings: refused once resolved', async () => {
  const host = new ModelHost({ settings: { protect: { names: ['office.example'] } } });
  host.hosts.set('office.example', ['198.51.100.9', '2001:db8::9']);
  const add = async (ip: string) => {
    const request = parseLegacy(['add', '-', ip, '1304756247.60385', '31151']);
    const call = { request, program: 'firewall-drop', holder: 'firewall-drop' };
    return host.run('firewall-drop', async (ports) => {
      const result = await execute(firewallDrop, call, ports);
      expect(host.asked, 'nobody was asked before the answer').toEqual(asked);
      await aftermath(ports);
      return result;
    });
  };
  let asked: string[] = [];
  expect(await add('203.0.113.7')).toMatchObject({ outcome: 'applied' });
  asked = ['office.example'];
  for (const ip of ['198.51.100.9', '2001:db8::9']) {
    expect(await add(ip)).toMatchObject({
      outcome: 'refused',
      detail: `${ip} is protected by the settings (office.example); it is never touched`,
    });
  }
  expect(await add('198.51.100.90')).toMatchObject({ outcome: 'applied' });
});

describe('the name of a host', () => {
  test.each([
    'a',
    'localhost',
    'manager.example',
    'MANAGER.Example.',
    'a-b.c_d',
    'xn--bcher-kva.de',
    '3com.com',
  ])('is %s', (name) => {
    expect(isHostName(name)).toBe(true);
  });

  test.each([
    '',
    '-a',
    'a-',
    'a..b',
    '.a',
    '1.2.3',
    '1.2.3.300',
    '7',
    'a b',
    'a/b',
    'ä.de',
    '::1',
    `${'a'.repeat(64)}.b`,
    `${'a.'.repeat(130)}b`,
    '--help',
  ])('is not %j', (name) => {
    expect(isHostName(name)).toBe(false);
  });
});
