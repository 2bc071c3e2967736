import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  link,
  mkdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { brief, messageFor, nextAlertId, react } from '../support/alert.ts';
import { PROBES } from '../support/firewall.ts';
import { lane, TOOLS } from '../support/lane.ts';
import { obstacle } from '../support/net.ts';
import { readOnly } from '../support/tools.ts';

const here = lane([...TOOLS, 'strace']);

const blocked = async (ip: string, backend: keyof typeof PROBES = 'nft') =>
  (await PROBES[backend].blocked(here.world.victim, 4)).some(({ address }) => address === ip);

/** What the agent's account may have put in place of the log, and what must not change then. */
const LOGS: Readonly<Record<string, (log: string, other: string) => unknown>> = {
  'a FIFO': (log) => execFileSync('mkfifo', [log]),
  'a link to a file': (log, other) => symlink(other, log),
  'a link to nothing yet': (log, other) => symlink(`${other}.new`, log),
  'a hard link': (log, other) => link(other, log),
  'a directory': (log) => mkdir(log),
};

describe('in place of the log', () => {
  const other = () => join(here.home.path, 'precious');

  beforeEach(async () => {
    if (obstacle([...TOOLS, 'strace']) !== undefined) return;
    await rm(here.home.logFile, { force: true, recursive: true });
    await writeFile(other(), 'precious\n');
  });
  afterEach(async () => {
    if (obstacle([...TOOLS, 'strace']) !== undefined) return;
    await rm(here.home.logFile, { force: true, recursive: true });
  });

  test.each(Object.keys(LOGS))(
    '%s neither hangs nor redirects, and the block holds',
    async (what) => {
      const { world, home } = here;
      const ip = world.source(4);
      await LOGS[what]?.(home.logFile, other());
      const added = await react(world.victim, home, { verb: 'add', ip });
      expect([added.exitCode, added.keys]).toEqual([0, [ip]]);
      expect(added.stderr).toContain('nothing is logged');
      expect(added.ms).toBeLessThan(5_000);
      expect(await blocked(ip)).toBe(true);
      const { exitCode, stdout } = await react(world.victim, home, { verb: 'delete', ip });
      expect([exitCode, stdout]).toEqual([0, '']);
      expect(await blocked(ip)).toBe(false);
      expect(await readFile(other(), 'utf8')).toBe('precious\n');
      expect(existsSync(`${other()}.new`)).toBe(false);
    },
  );

  test('a run that finds no log, and then one that another made: it logs there', async () => {
    const { world, home } = here;
    const [ip, other] = [world.source(4), world.source(4)];
    const message = messageFor({ ip, alertId: nextAlertId() }, 'delete');
    // Stops the first run for a while just after it saw that there is no log.
    const inject = ['-e', 'inject=openat:delay_exit=4000000:when=1'];
    const slow = world.victim.run(
      [
        ...['strace', '-f', '-qq', '-o', '/dev/null', '-P', home.logFile, '-e', 'trace=openat'],
        ...[...inject, 'active-response/bin/firewall-drop'],
      ],
      { cwd: home.path, input: `${message}\n` },
    );
    await setTimeout(1_000);
    expect(brief(await react(world.victim, home, { verb: 'add', ip: other }))).toBe('0 applied');
    expect(await slow).toMatchObject({ exitCode: 0, stderr: '' });
    expect(home.outcomes().map(({ target }) => target)).toEqual([other, ip]);
    expect(((await stat(home.logFile)).mode & 0o777).toString(8)).toBe('660');
  });
});

test('a home that cannot be written: nft blocks and unblocks all the same', async () => {
  const { world, home } = here;
  const ip = world.source(4);
  const at = readOnly(world.victim, home.path);
  const { exitCode, keys, stderr } = await react(at, home, { verb: 'add', ip });
  expect([exitCode, keys]).toEqual([0, [ip]]);
  expect(stderr).toContain('nothing is logged');
  expect(await blocked(ip)).toBe(true);
  expect(await react(at, home, { verb: 'delete', ip })).toMatchObject({ exitCode: 0, stdout: '' });
  expect(await blocked(ip)).toBe(false);
});

test.each(['ipset', 'iptables'] as const)(
  'L4: a home that cannot be written: %s, which must leave a record, refuses',
  async (backend) => {
    const { world, home } = here;
    const ip = world.source(4);
    await rm(join(home.path, 'active-response/riposte'), { recursive: true, force: true });
    const at = readOnly(world.victim, home.path);
    const extra = ['--backend', backend];
    const { exitCode, keys, stderr } = await react(at, home, { verb: 'add', ip, extra });
    expect([exitCode, keys]).toEqual([14, undefined]);
    expect(stderr).toContain('bad-state');
    expect(await blocked(ip, backend)).toBe(false);
  },
);

const FOLDERS: Readonly<Record<string, (state: string) => unknown>> = {
  'that belongs to another uid': (state) => chown(state, 65_534, 65_534),
  'that its group may write': (state) => chmod(state, 0o770),
  'that everybody may write': (state) => chmod(state, 0o707),
  'that is a link': async (state) => {
    await rm(state, { recursive: true });
    await mkdir(`${state}.other`, { recursive: true, mode: 0o700 });
    await symlink(`${state}.other`, state);
  },
};

describe.each(Object.keys(FOLDERS))('a state folder %s', (what) => {
  const state = () => join(here.home.path, 'active-response/riposte');

  beforeEach(async ({ skip }) => {
    if (obstacle([...TOOLS, 'strace']) !== undefined) return;
    const givesAway = what.includes('another uid') && process.getuid?.() !== 0;
    if (givesAway) skip('only root can give a folder to somebody else');
    await rm(state(), { recursive: true, force: true });
    await mkdir(state(), { mode: 0o700 });
    await FOLDERS[what]?.(state());
  });
  afterEach(async () => {
    if (obstacle([...TOOLS, 'strace']) !== undefined) return;
    await rm(state(), { recursive: true, force: true });
  });

  test.each(['ipset', 'iptables'] as const)('is refused by %s', async (backend) => {
    const { world, home } = here;
    const ip = world.source(4);
    const ended = await react(world.victim, home, {
      verb: 'add',
      ip,
      extra: ['--backend', backend],
    });
    expect([brief(ended), ended.keys]).toEqual(['14 bad-state', undefined]);
    expect(await blocked(ip, backend)).toBe(false);
  });

  test('does not keep nft from blocking and unblocking', async () => {
    const { world, home } = here;
    const ip = world.source(4);
    const ended = await react(world.victim, home, { verb: 'add', ip });
    expect([brief(ended), ended.keys, ended.logged?.backend]).toEqual(['0 applied', [ip], 'nft']);
    expect(await blocked(ip)).toBe(true);
    expect(brief(await react(world.victim, home, { verb: 'delete', ip }))).toBe('0 removed');
    expect(await blocked(ip)).toBe(false);
  });
});
