import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, type ExpectStatic, test } from 'vitest';
import { LIMIT } from '../../src/lib/ports.ts';
import { KINDS, type Kind, type Stage, setStage } from '../support/blocks.ts';
import { killAt, type Point, pointsOf } from '../support/crash.ts';
import { installed } from '../support/net.ts';

/*
 * The shipped program is killed at every call by which it changes anything, one after the other, and
 * so are the tools that it runs where they change names of files; then the next alert, the agent's
 * undo, or a sweep has to bring the right state. Which calls those are a run shows that is let live.
 * Left out: calls that only read (who dies there leaves what it would have left at the next call that
 * changes something), and the insides of tools but for names of files: their transactions are the
 * kernel's.
 */

/** Why nothing can be killed at a call here, or nothing. */
function untraceable(): string | undefined {
  if (!installed('strace')) return 'not installed: strace';
  const words = ['-f', '-qq', '-b', 'execve', '-o', '/dev/null', '-e', 'trace=none', 'true'];
  const { status, stderr } = spawnSync('strace', words, { encoding: 'utf8' });
  return status === 0 ? undefined : `strace may not trace here: ${stderr.trim()}`;
}

type Next = 'add' | 'delete' | 'sweep';
const NEXT: readonly Next[] = ['add', 'delete', 'sweep'];

/** What the run that is killed is there for. */
type Deed = 'add' | 'add again' | 'delete';

/** One run that is killed, and what comes next. */
interface Case {
  readonly target: string;
  readonly point: Point;
  readonly next: Next;
  /** Whether the agent heard of the block before. */
  told: boolean;
}

// Where names come and go, or a tool is started or killed, all three are tried; else they take turns.
const KEEN = /^(rename|unlink|link|clone|execve)/;

const cases = (points: readonly Point[], stage: Stage): readonly Case[] =>
  points.flatMap((point, index) => {
    const next = KEEN.test(point.call) ? NEXT : [NEXT[index % NEXT.length] as Next];
    return next.map((one) => ({ target: stage.fresh(), point, next: one, told: false }));
  });

/** Runs a few at a time. */
async function each<T>(things: readonly T[], work: (thing: T) => Promise<unknown>): Promise<void> {
  const rest = [...things];
  const worker = async () => {
    for (let thing = rest.shift(); thing !== undefined; thing = rest.shift()) await work(thing);
  };
  await Promise.all([worker(), worker(), worker()]);
}

/** The files below the state folder, with their paths in it. */
const stateFiles = ({ home }: Stage, folder: string): readonly string[] => {
  const path = join(home.path, 'active-response/riposte', folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
};

/** Makes what runs left unfinished look as if a minute had gone by. */
function age(stage: Stage): void {
  for (const path of stateFiles(stage, 'held')) {
    // Of those that hold the time is their end.
    if (statSync(path).mtimeMs < Date.now() + 70_000) utimesSync(path, 1, 1);
  }
}

const spelt = ({ point: { program, call, n, shown } }: Case) =>
  `${program ? 'the program' : 'a tool'} killed at ${call} ${n}: ${shown}`;

/** Kills a run at every point, and sees that what is left is known and can be put right. */
async function matrix(stage: Stage, deed: Deed, expect: ExpectStatic): Promise<void> {
  const verb = deed === 'delete' ? 'delete' : 'add';
  const before = deed !== 'add';
  const model = stage.fresh();
  if (before) await stage.run('add', model);
  const points = await pointsOf(stage, verb, model);
  expect(points.length).toBeGreaterThan(10);
  const all = cases(points, stage);
  if (before) {
    await each(all, async ({ target }) => {
      expect((await stage.run('add', target)).logged?.outcome).toBe('applied');
    });
  }
  let died = 0;
  for (const one of all) {
    const killed = await killAt(stage, verb, one.target, one.point);
    one.told = killed.told || before;
    if (one.point.program && killed.died) died += 1;
  }
  // The counts of a run vary by a few.
  const programs = all.filter(({ point }) => point.program).length;
  expect(died / programs).toBeGreaterThan(0.8);

  const { seen } = await known(stage, all, expect);
  const lost = all.filter(({ target }) => deed === 'add again' && seen.get(target) !== 'whole');
  expect(lost.map(spelt), 'held before, and not any more').toEqual([]);

  await each(all, async (one) => {
    if (one.next === 'sweep') return;
    const { exitCode, logged, stderr } = await stage.run(one.next, one.target);
    expect(exitCode, `${spelt(one)}, then ${one.next}: ${stderr}`).toBe(0);
    // No lock of the dead is waited for: 3 s would be the limit, and the run would fail.
    expect(logged?.ms, spelt(one)).toBeLessThan(5_000);
  });
  await judge(stage, all, deed, expect);
  age(stage);
  const swept = await stage.riposte('sweep');
  expect([swept.exitCode, swept.stderr]).toEqual([0, '']);
  expect(swept.ms).toBeLessThan(20_000);
  await judge(stage, all, deed, expect, 'swept');
}

const sight = async (stage: Stage) => ({ seen: await stage.seen(), listed: await stage.listed() });

/** Sees that there is a mark or a record of whatever the system has. */
async function known(stage: Stage, all: readonly Case[], expect: ExpectStatic) {
  const now = await sight(stage);
  const orphans = all.filter(({ target }) => now.seen.has(target) && !now.listed.has(target));
  expect(orphans.map(spelt), 'there, and nobody knows').toEqual([]);
  return now;
}

/** Sees of every case whether system and records are as they should be. */
async function judge(
  stage: Stage,
  all: readonly Case[],
  deed: Deed,
  expect: ExpectStatic,
  swept?: 'swept',
): Promise<void> {
  const { seen, listed } = await sight(stage);
  const wrong = all.flatMap((one) => {
    if (one.next === 'sweep' && !swept) return [];
    const trace = seen.get(one.target) ?? 'none';
    const state = listed.get(one.target)?.state ?? 'unlisted';
    const held = trace === 'whole' && ['held', 'recorded', 'unrecorded'].includes(state);
    const free = trace === 'none' && state === 'unlisted';
    const must = one.next === 'add' || (one.next === 'sweep' && one.told && deed !== 'delete');
    const mayNot = one.next === 'delete';
    const good = must ? held : mayNot ? free : held || free;
    return good ? [] : [`${spelt(one)}, then ${one.next}: ${trace}, ${state}`];
  });
  expect(wrong).toEqual([]);
}

/** Takes everything away; then nothing is left of all the runs that died. */
async function clear(stage: Stage, expect: ExpectStatic): Promise<void> {
  const { exitCode, stderr } = await stage.riposte('undo', '--all');
  expect([exitCode, stderr]).toEqual([0, '']);
  // Whoever locks something takes away the tickets of the dead.
  const target = stage.fresh();
  expect((await stage.run('add', target)).exitCode).toBe(0);
  expect((await stage.run('delete', target)).exitCode).toBe(0);
  expect([...(await stage.seen())]).toEqual([]);
  expect([...(await stage.listed())]).toEqual([]);
  const records = stateFiles(stage, 'held').filter((path) => !/\/used=\S+=\w+$/.test(path));
  expect(records).toEqual([]);
  expect(stateFiles(stage, 'lock')).toEqual([]);
  expect(await stage.litter?.()).toEqual(stage.litter && []);
}

const KIND_ROWS = KINDS.map((kind): [string, Kind] => [kind.name, kind]);
const LONG = { timeout: 400_000 };

describe.concurrent('killed at every call', () => {
  test.for(KIND_ROWS)('%s', LONG, async ([, kind], { expect, skip }) => {
    const why = untraceable() ?? kind.obstacle();
    skip(why !== undefined, why);
    await using stage = await setStage(kind);
    // What the first run of all has to make besides comes below.
    await stage.run('add', stage.fresh());
    for (const deed of ['add', 'add again', 'delete'] as const) await matrix(stage, deed, expect);
    await clear(stage, expect);
  });
});

/** Calls of a first run that others do not make as well: folders, the log, sets, tables, rules. */
const GROUND = /^(mkdir|clone|execve|wait4|open)/;

describe.concurrent('killed when nothing was there before', () => {
  test.for(KIND_ROWS)('%s', LONG, async ([, kind], { expect, skip }) => {
    const why = untraceable() ?? kind.obstacle();
    skip(why !== undefined, why);
    await using stage = await setStage(kind);
    const { wipe, home } = stage;
    skip(wipe === undefined, 'it stands on nothing');
    const points = await pointsOf(stage, 'add', stage.fresh());
    for (const [index, point] of points.filter(({ call }) => GROUND.test(call)).entries()) {
      await wipe?.();
      for (const name of ['active-response/riposte', 'logs']) {
        rmSync(join(home.path, name), { recursive: true, force: true });
      }
      mkdirSync(join(home.path, 'logs'));
      const one = { target: stage.fresh(), point, next: NEXT[index % 3] as Next, told: false };
      one.told = (await killAt(stage, 'add', one.target, point)).told;
      await known(stage, [one], expect);
      if (one.next === 'sweep') {
        age(stage);
        expect((await stage.riposte('sweep')).exitCode, spelt(one)).toBe(0);
      } else {
        const { exitCode, stderr } = await stage.run(one.next, one.target);
        expect(exitCode, `${spelt(one)}, then ${one.next}: ${stderr}`).toBe(0);
      }
      await judge(stage, [one], 'add', expect, 'swept');
    }
  });
});

// The time of a file's change cannot be set back, so that this one takes as long as a run may.
test.concurrent(
  'what a run leaves that dies over a rename is gone after a while',
  LONG,
  async ({ expect, skip }) => {
    const [kind] = KINDS as [Kind];
    const why = untraceable() ?? kind.obstacle();
    skip(why !== undefined, why);
    await using stage = await setStage(kind);
    const target = stage.fresh();
    await stage.run('add', target);
    const rename = { call: 'rename', n: 1, program: true, shown: '' };
    expect((await killAt(stage, 'delete', target, rename)).died).toBe(true);
    const left = () => stateFiles(stage, '.').filter((path) => /\/new\.\d+$/.test(path));
    expect(left()).toHaveLength(1);
    await stage.riposte('sweep');
    expect(left(), 'it may be in use').toHaveLength(1);
    await setTimeout(LIMIT.run + 1_000);
    await stage.riposte('sweep');
    expect(left()).toEqual([]);
  },
);
