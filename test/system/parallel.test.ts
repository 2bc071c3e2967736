import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
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

/** Of a crowd of runs what is sure. */
interface Crowd {
  readonly journal: readonly JournalLine[];
  /** The addresses of runs that gave up; none unless this machine is busy with something else. */
  readonly doubtful: ReadonlySet<string | undefined>;
}

/** Whether a hundred runs have no chance here within their time, whatever they do. */
async function isStrained(stage: Stage): Promise<boolean> {
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) times.push((await stage.run('add', stage.fresh())).ms);
  const [, median = 0] = times.toSorted((one, other) => one - other);
  const strained = (median * RUNS) / availableParallelism() > LIMIT.work / 2;
  if (strained) console.warn(`One run takes ${median.toFixed(0)} ms here: some may give up`);
  await stage.riposte('undo', '--all');
  return strained;
}

/**
 * Sees that every run ended in time, well or, on a machine that cannot do it, for want of time; and
 * that its line is in the log and in the journal, once and whole.
 */
async function whole(
  { home }: Stage,
  ended: readonly Trampled[],
  strained: boolean,
): Promise<Crowd> {
  const failed = ended.filter(({ exitCode }) => exitCode !== 0);
  const excused = new Set(strained ? ['9 locked', '8 timed-out'] : []);
  expect(failed.map(brief).filter((words) => !excused.has(words))).toEqual([]);
  // What is taken back has until then.
  expect(Math.max(...ended.map(({ logged }) => logged?.ms ?? Number.NaN))).toBeLessThan(LIMIT.run);
  const ids = new Set(ended.map(({ logged }) => logged?.alert));
  expect(ids.size).toBe(ended.length);
  const inLog = home.outcomes().map(({ alert }) => alert);
  expect(count(inLog.filter((id) => ids.has(id)))).toEqual(Array(ended.length).fill(1));
  const path = join(home.path, 'active-response/riposte/journal.jsonl');
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  const journal = lines.map((line) => JSON.parse(line) as JournalLine);
  const mine = journal.filter(({ alert }) => ids.has(alert));
  expect(count(mine.map(({ alert }) => alert))).toEqual(Array(ended.length).fill(1));
  return { journal: mine, doubtful: new Set(failed.map(({ logged }) => logged?.target)) };
}

/** Sees that what the system has is what is listed, and gives it. */
async function agreed(
  stage: Stage,
  doubtful: Crowd['doubtful'] = new Set(),
): Promise<readonly string[]> {
  const sure = (target: string) => !doubtful.has(target);
  const seen = await stage.seen();
  const parts = [...seen.keys()].filter((target) => seen.get(target) !== 'whole');
  expect(parts.filter(sure)).toEqual([]);
  const listed = await stage.listed();
  const states = [...listed.values()].filter(({ target }) => sure(target));
  expect(states.filter(({ state }) => state !== 'held' && state !== 'recorded')).toEqual([]);
  const known = [...listed.keys()].filter((target) => sure(target) || seen.has(target));
  expect(known.toSorted()).toEqual([...seen.keys()].toSorted());
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
    const strained = await isStrained(stage);
    const addresses = Array.from({ length: RUNS }, () => stage.fresh());
    const alerts = addresses.map((ip) => ({ ip, verb: 'add' as const }));
    const { doubtful } = await whole(stage, await crowd(stage, alerts), strained);
    const sure = (ip: string) => !doubtful.has(ip);
    const held = (await agreed(stage, doubtful)).filter(sure);
    expect(held.toSorted()).toEqual(addresses.filter(sure).toSorted());
  });

  test.skipIf(why !== undefined)(`${RUNS} adds and deletes of the same ten`, async () => {
    await using stage = await setStage(kind);
    const strained = await isStrained(stage);
    const addresses = Array.from({ length: 10 }, () => stage.fresh());
    const alerts = Array.from({ length: RUNS }, (_, index) => ({
      ip: addresses[index % addresses.length] as string,
      // Both kinds of each, in an order of their own.
      verb: (index * 7 + Math.floor(index / 10)) % 2 === 0 ? ('add' as const) : ('delete' as const),
    }));
    const ended = await crowd(stage, alerts);
    const { journal, doubtful } = await whole(stage, ended, strained);
    const held = new Set(await agreed(stage, doubtful));
    for (const ip of addresses.filter((one) => !doubtful.has(one))) {
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
