import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { LIMIT } from '../../src/lib/ports.ts';
import { brief, stampede, type Trampled } from '../support/alert.ts';
import { KINDS, type Kind, type Stage, setStage } from '../support/blocks.ts';
import { COMBINATIONS, PROBES } from '../support/firewall.ts';
import { lane, TOOLS } from '../support/lane.ts';
import { obstacle } from '../support/net.ts';

const RUNS = 100;

const here = lane();

const tally = (words: readonly string[]) =>
  Object.fromEntries(
    [...new Set(words)].map((word) => [word, words.filter((other) => other === word).length]),
  );

describe.each(COMBINATIONS)('$backend, IPv$family', ({ backend, family, extra }) => {
  const { blocked, rules, wipe } = PROBES[backend];

  beforeEach(async () => {
    if (obstacle(TOOLS) !== undefined) return;
    // Who makes the log is another test's subject.
    await writeFile(here.home.logFile, '');
    await wipe(here.world.victim);
  });

  const all = async (addresses: readonly string[]) => {
    const alerts = addresses.map((ip) => ({ ip, extra }));
    const ended = await stampede(here.world.victim, here.home, alerts);
    const lines = ended.map(({ stdout }) => (stdout === '' ? 'no keys' : 'keys'));
    return tally(ended.map((run, index) => `${brief(run)}, ${lines[index]}`));
  };

  test(`L7: ${RUNS} first adds of as many addresses at once`, async () => {
    const { world } = here;
    const addresses = Array.from({ length: RUNS }, () => world.source(family));
    expect(await all(addresses)).toEqual({ '0 applied, keys': RUNS });
    const found = (await blocked(world.victim, family)).map(({ address }) => address);
    expect(found.toSorted()).toEqual(addresses.toSorted());
    const each = backend === 'iptables' ? 2 * RUNS : 1;
    expect(await rules(world.victim, family)).toHaveLength(each);
  });

  test(`L7: ${RUNS} first adds of one address at once`, async () => {
    const { world } = here;
    const ip = world.source(family);
    expect(await all(Array.from({ length: RUNS }, () => ip))).toEqual({
      '0 applied, keys': 1,
      '0 already, keys': RUNS - 1,
    });
    expect((await blocked(world.victim, family)).map(({ address }) => address)).toEqual([ip]);
    expect(await rules(world.victim, family)).toHaveLength(backend === 'iptables' ? 2 : 1);
  });
});

interface JournalLine {
  readonly at: string;
  readonly alert: string;
  readonly verb: string;
}

const count = <T>(things: readonly T[]): readonly number[] =>
  [...new Set(things)].map((thing) => things.filter((one) => one === thing).length);

/** Sees that every run ended well and in time, and that its line is in the log and in the journal, once. */
async function whole({ home }: Stage, ended: readonly Trampled[]): Promise<readonly JournalLine[]> {
  expect(ended.filter(({ exitCode }) => exitCode !== 0).map(brief)).toEqual([]);
  expect(Math.max(...ended.map(({ logged }) => logged?.ms ?? LIMIT.run))).toBeLessThan(LIMIT.run);
  const ids = new Set(ended.map(({ logged }) => logged?.alert));
  expect(ids.size).toBe(ended.length);
  const inLog = home.outcomes().map(({ alert }) => alert);
  expect(count(inLog.filter((id) => ids.has(id)))).toEqual(Array(ended.length).fill(1));
  const path = join(home.path, 'active-response/riposte/journal.jsonl');
  const journal = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  const lines = journal.map((line) => JSON.parse(line) as JournalLine);
  const mine = lines.filter(({ alert }) => ids.has(alert));
  expect(count(mine.map(({ alert }) => alert))).toEqual(Array(ended.length).fill(1));
  return mine;
}

/** Sees that what the system has is what is listed, and gives it. */
async function agreed(stage: Stage): Promise<readonly string[]> {
  const seen = await stage.seen();
  expect([...seen.values()].filter((trace) => trace !== 'whole')).toEqual([]);
  const listed = [...(await stage.listed()).values()];
  const states = new Set(listed.map(({ state }) => state));
  states.delete('held');
  states.delete('recorded');
  expect([...states]).toEqual([]);
  expect(listed.map(({ target }) => target).toSorted()).toEqual([...seen.keys()].toSorted());
  return [...seen.keys()];
}

const CROWDED = KINDS.filter(({ name }) => /^firewall-drop|^host-deny, replaced/.test(name));

describe.each(CROWDED.map((kind): [string, Kind] => [kind.name, kind]))('%s', (_, kind) => {
  const why = kind.obstacle();
  const { program, extra } = kind;
  const crowd = (stage: Stage, alerts: readonly { ip: string; verb: 'add' | 'delete' }[]) =>
    stampede(
      stage.at,
      stage.home,
      alerts.map((alert) => ({ ...alert, extra })),
      { program },
    );

  test.skipIf(why !== undefined)(`${RUNS} adds of as many addresses are all listed`, async () => {
    await using stage = await setStage(kind);
    const addresses = Array.from({ length: RUNS }, () => stage.fresh());
    const alerts = addresses.map((ip) => ({ ip, verb: 'add' as const }));
    await whole(stage, await crowd(stage, alerts));
    expect((await agreed(stage)).toSorted()).toEqual(addresses.toSorted());
  });

  test.skipIf(why !== undefined)(`${RUNS} adds and deletes of the same ten`, async () => {
    await using stage = await setStage(kind);
    const addresses = Array.from({ length: 10 }, () => stage.fresh());
    const alerts = Array.from({ length: RUNS }, (_, index) => ({
      ip: addresses[index % addresses.length] as string,
      // Both kinds of each, in an order of their own.
      verb: (index * 7 + Math.floor(index / 10)) % 2 === 0 ? ('add' as const) : ('delete' as const),
    }));
    const ended = await crowd(stage, alerts);
    const journal = await whole(stage, ended);
    const held = new Set(await agreed(stage));
    for (const ip of addresses) {
      const runs = ended.flatMap(({ logged }) => {
        const line = journal.find(({ alert }) => alert === logged?.alert);
        if (!line || logged?.target !== ip) return [];
        const end = Date.parse(line.at);
        return [{ verb: line.verb, start: end - logged.ms, end }];
      });
      const last = runs.reduce((one, other) => (other.end > one.end ? other : one));
      // Those that were under way when the last one began: any of them may have come last.
      const verbs = runs.filter(({ end }) => end >= last.start).map(({ verb }) => verb);
      expect(verbs, ip).toContain(held.has(ip) ? 'add' : 'delete');
    }
    for (const [index, ip] of addresses.entries()) {
      expect((await stage.run(index % 2 === 0 ? 'add' : 'delete', ip)).exitCode).toBe(0);
    }
    const wanted = addresses.filter((_, index) => index % 2 === 0);
    expect((await agreed(stage)).toSorted()).toEqual(wanted.toSorted());
  });
});
