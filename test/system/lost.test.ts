import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { GRACE } from '../../src/lib/expiry.ts';
import { type Entry, spellEntry } from '../../src/lib/record.ts';
import { brief, byHand, react } from '../support/alert.ts';
import { KINDS, type Kind, type Stage, setStage, TIMEOUT } from '../support/blocks.ts';
import { PROBES } from '../support/firewall.ts';
import { AR_CONF, type Home, makeHome } from '../support/home.ts';
import { makeWorld, obstacle, type Place } from '../support/net.ts';
import { privateEtc, rootObstacle } from '../support/private.ts';
import { mounted } from '../support/tools.ts';

const rowsOf = (names: RegExp) =>
  KINDS.filter(({ name }) => names.test(name)).map((kind): [string, Kind] => [kind.name, kind]);

const STATE = 'active-response/riposte';

/** The path of a target's record. */
function recordOf({ path }: Home, target: string): string {
  const held = join(path, STATE, 'held');
  const names = readdirSync(held, { recursive: true, encoding: 'utf8' });
  const name = names.find((one) => one.split('/').at(-1)?.startsWith(`${target}@`));
  if (name === undefined) throw new Error(`${target} is not on record`);
  return join(held, name);
}

const entryOf = (home: Home, target: string) =>
  JSON.parse(readFileSync(recordOf(home, target), 'utf8')) as Entry &
    Record<'until' | 'boot' | 'sum', string>;

/** Makes a record look as if its block should have ended a second ago. */
function overdue(home: Home, target: string): void {
  const path = recordOf(home, target);
  const end = new Date(Date.now() - 1_000);
  const { sum: _, ...former } = entryOf(home, target);
  const entry = { ...former, until: end.toISOString() };
  writeFileSync(path, spellEntry(entry, entry.boot, Date.now()).text);
  utimesSync(path, end, end);
  const due = join(home.path, STATE, 'due');
  if (existsSync(due)) writeFileSync(due, `${end.getTime()}\n`);
}

describe('an agent that never undoes', () => {
  test.for(rowsOf(/iptables|route-null|host-deny|disable/))(
    '%s ends by a sweep, and not before its time',
    async ([, kind], { skip }) => {
      const why = kind.obstacle();
      skip(why !== undefined, why);
      await using stage = await setStage(kind);
      const [ours, other] = [stage.fresh(), stage.fresh()];
      for (const target of [ours, other]) {
        const { exitCode, logged } = await stage.run('add', target);
        expect([exitCode, logged?.outcome]).toEqual([0, 'applied']);
      }
      const left = (Date.parse(entryOf(stage.home, ours).until) - Date.now()) / 1000;
      expect(left).toBeGreaterThan(TIMEOUT + GRACE - 60);
      expect(left).toBeLessThanOrEqual(TIMEOUT + GRACE);

      expect((await stage.riposte('sweep')).stdout).toBe('There is nothing to sweep.');
      // Nor where somebody touched or copied the record, which says when.
      utimesSync(recordOf(stage.home, other), 1, 1);
      await stage.riposte('sweep');
      expect([...(await stage.seen()).values()]).toEqual(['whole', 'whole']);

      overdue(stage.home, ours);
      const swept = await stage.riposte('sweep');
      expect([swept.exitCode, swept.stdout]).toEqual([0, expect.stringMatching(/^expired: /)]);
      expect([...(await stage.seen()).keys()]).toEqual([other]);
      expect([...(await stage.listed()).keys()]).toEqual([other]);
      expect(stage.home.outcomes().at(-1)).toMatchObject({ outcome: 'expired', target: ours });
    },
  );

  test.for(rowsOf(/nft|ipset/))(
    '%s ends by the kernel, and not before its time',
    async ([, kind], { skip }) => {
      const why = kind.obstacle();
      skip(why !== undefined, why);
      await using stage = await setStage(kind);
      const { at, home } = stage;
      const target = stage.fresh();
      expect((await stage.run('add', target)).logged?.outcome).toBe('applied');
      const probe = PROBES[kind.backend as keyof typeof PROBES];
      const [blocked] = await probe.blocked(at, 4);
      expect(blocked?.left).toBeGreaterThan(TIMEOUT + GRACE - 60);
      expect(blocked?.left).toBeLessThanOrEqual(TIMEOUT + GRACE);

      const brave = stage.fresh();
      const words = ['--srcip', brave, '--for', '4s', ...kind.extra];
      const start = Date.now();
      expect((await byHand(at, home, 'add', ...words)).exitCode).toBe(0);
      const there = async () =>
        (await probe.blocked(at, 4, 'manual')).some(({ address }) => address === brave);
      const seen = await there();
      // Where the machine was that slow this proves nothing.
      if (Date.now() - start < 4_000) expect(seen).toBe(true);
      await setTimeout(Math.max(0, start + 4_000 - Date.now()));
      await expect.poll(there, { timeout: 10_000 }).toBe(false);
      await stage.riposte('sweep');
      expect(await there(), 'what ended in its time is not made again').toBe(false);
      expect([...(await stage.seen()).keys()]).toEqual([target]);
    },
  );

  test('what is overdue of another action is swept after an answer', async ({ skip }) => {
    const why = rootObstacle(['tcpdmatch']) ?? obstacle(['nft']);
    skip(why !== undefined, why);
    await using world = await makeWorld();
    await using etc = await privateEtc();
    await using home = await makeHome({ arConf: [...AR_CONF, 'host-deny9 - host-deny - 9'] });
    const file = join(etc.folder, 'hosts.deny');
    await writeFile(file, '');
    const at = mounted(world.victim, `mount --bind ${etc.folder} /etc`);
    const [one, two] = [world.source(4), world.source(4)];
    const denied = await react(at, home, { verb: 'add', ip: one, program: 'host-deny' });
    expect(brief(denied)).toBe('0 applied');
    expect(brief(await react(at, home, { verb: 'add', ip: two }))).toBe('0 applied');
    expect(readFileSync(file, 'utf8'), 'not before its time').toContain(one);
    overdue(home, one);
    const { keys } = await react(at, home, { verb: 'add', ip: world.source(4) });
    expect(keys).toHaveLength(1);
    expect(home.outcomes().at(-1)).toMatchObject({ outcome: 'expired', target: one });
    expect(readFileSync(file, 'utf8')).toBe('');
    expect((await PROBES.nft.blocked(world.victim, 4)).map(({ address }) => address)).toContain(
      two,
    );
  });
});

/** What an administrator or a reload may do, by the name of a backend. */
const FLUSHES: Readonly<Record<string, Readonly<Record<string, (at: Place) => Promise<unknown>>>>> =
  {
    nft: {
      'nft flush ruleset': (at) => at.must(['nft', 'flush', 'ruleset']),
      'nft flush set': (at) =>
        at.must(['nft', 'flush', 'set', 'inet', 'riposte', 'firewall-drop4']),
      'nft flush chain': (at) =>
        at.must(['nft', 'flush', 'chain', 'inet', 'riposte', 'firewall-drop']),
    },
    ipset: {
      'ipset flush': (at) => at.must(['ipset', 'flush']),
      'iptables -t raw -F': (at) => at.must(['iptables', '-t', 'raw', '-F']),
      'all of it destroyed': (at) => PROBES.ipset.wipe(at),
    },
    iptables: {
      'iptables -F': (at) => at.must(['iptables', '-F']),
      'iptables -F INPUT': (at) => at.must(['iptables', '-F', 'INPUT']),
    },
    'ip-route': {
      'ip route flush table 182': (at) => at.must(['ip', 'route', 'flush', 'table', '182']),
      'ip rule del priority 182': (at) => at.must(['ip', 'rule', 'del', 'priority', '182']),
    },
    'hosts-deny': {
      'hosts.deny restored from a copy': (at) =>
        at.must(['cp', '/etc/hosts.deny.bak', '/etc/hosts.deny']),
    },
  };

const HARMED = rowsOf(/firewall-drop|route-null|host-deny/).flatMap(([name, kind]) =>
  Object.entries(FLUSHES[kind.backend] ?? {}).map(([what, flush]) => ({ name, kind, what, flush })),
);

const whole = async (stage: Stage) =>
  [...(await stage.seen())].flatMap(([target, trace]) => (trace === 'whole' ? [target] : []));

test.for(HARMED)(
  '$name: after $what a sweep restores all, the next alert its own',
  async (row, { skip }) => {
    const { kind, flush } = row;
    const why = kind.obstacle();
    skip(why !== undefined, why);
    await using stage = await setStage(kind);
    if (kind.backend === 'hosts-deny') {
      await stage.at.must(['cp', '/etc/hosts.deny', '/etc/hosts.deny.bak']);
    }
    const targets = [stage.fresh(), stage.fresh(), stage.fresh()];
    for (const target of targets) {
      expect((await stage.run('add', target)).logged?.outcome).toBe('applied');
    }
    // Nobody wants this one back.
    const gone = targets.pop() as string;
    expect((await stage.run('delete', gone)).logged?.outcome).toBe('removed');

    await flush(stage.at);
    expect(await whole(stage), 'the damage').toEqual([]);
    const swept = await stage.riposte('sweep');
    expect([swept.exitCode, swept.stderr]).toEqual([0, '']);
    expect(swept.stdout.match(/^restored: /gm)).toHaveLength(2);
    expect((await whole(stage)).toSorted()).toEqual(targets.toSorted());

    await flush(stage.at);
    const [first = ''] = targets;
    const { exitCode } = await stage.run('add', first);
    expect(exitCode).toBe(0);
    expect(await whole(stage)).toContain(first);
    expect((await stage.listed()).get(first)?.state).toBe('held');
    expect((await stage.run('delete', first)).exitCode).toBe(0);
    expect((await stage.seen()).has(first)).toBe(false);
  },
);
