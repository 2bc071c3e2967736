import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hashOf } from '../../src/lib/hash.ts';
import { GROUP } from '../support/agent-tree.ts';
import { messageFor, nextAlertId } from '../support/alert.ts';
import { BUILT, unbuilt } from '../support/home.ts';
import { apart, differences, FEW, PROGRAM, subjects } from '../support/installing.ts';
import { lane } from '../support/lane.ts';
import { rootObstacle } from '../support/private.ts';
import { mounted } from '../support/tools.ts';

const why = unbuilt() ?? rootObstacle([]);
if (why !== undefined) console.warn(`Every test here is skipped: ${why}`);

/** So much of a file as tells a script from our program: that one would make a diff without end. */
const head = (path: string) => readFileSync(path).toString('latin1', 0, 200);

const BACKUP = 'active-response/riposte/backup/was';

describe.skipIf(why)('install and uninstall', () => {
  const subject = subjects();

  test.each(['wazuh4', 'wazuh5', 'ossec'] as const)(
    'leave %s byte-identical',
    async (generation) => {
      const { tree, before, print, install, riposte, has } = subject(generation);
      const done = await install();
      expect([done.exitCode, done.stderr]).toEqual([0, '']);
      const ours = statSync(join(tree.bin, 'riposte'));
      expect([ours.uid, ours.gid, ours.mode & 0o7777]).toEqual([0, GROUP, 0o750]);
      for (const name of readdirSync(BUILT)) {
        expect([name, lstatSync(join(tree.bin, name)).ino]).toEqual([name, ours.ino]);
      }
      expect(readdirSync(tree.bin).filter((name) => name.startsWith('.'))).toEqual([]);
      const undone = await riposte('uninstall');
      expect([undone.exitCode, undone.stderr]).toEqual([0, '']);
      expect(differences(before, print())).toEqual([]);
      expect(has('active-response/riposte')).toBe(false);
      const again = await subject(generation).uninstall();
      expect([again.exitCode, again.stdout]).toEqual([0, expect.stringMatching(/^Nothing of Rip/)]);
    },
  );

  test('an upgrade keeps what was there before the first time', async () => {
    const { tree, before, print, install, riposte } = subject();
    await install(...FEW);
    const first = statSync(join(tree.bin, 'riposte')).ino;
    const kept = join(tree.path, BACKUP, 'firewall-drop');
    const former = head(kept);
    const upgrade = await riposte('install');
    expect([upgrade.exitCode, upgrade.stderr]).toEqual([0, '']);
    expect(statSync(join(tree.bin, 'riposte')).ino).not.toBe(first);
    expect(head(kept)).toBe(former);
    // The choice of names is remembered.
    expect(readdirSync(tree.bin)).not.toContain('webhook');
    expect((await riposte('uninstall')).exitCode).toBe(0);
    expect(differences(before, print())).toEqual([]);
  });

  test('other names can be chosen later', async () => {
    const { tree, before, print, install } = subject();
    await install('--all');
    const fewer = await install('--only', 'host-deny');
    expect([fewer.exitCode, fewer.stderr]).toEqual([0, '']);
    const theirs = head(join(tree.bin, 'firewall-drop'));
    expect(theirs).toContain('echo "firewall-drop');
    expect(differences(before, print()).filter((line) => /bin\/[^/ ]+ /.test(line))).toEqual([
      expect.stringMatching(/^- .*bin\/host-deny /),
      expect.stringMatching(/^\+ .*bin\/host-deny /),
      expect.stringMatching(/^\+ .*bin\/riposte /),
    ]);
    expect((await install('--only', 'nothing-of-ours')).stderr).toMatch(/^usage: there is no prog/);
    await install('--all');
    expect(readdirSync(tree.bin)).toContain('webhook');
  });

  test('what an upgrade of the agent put there meanwhile is left, and said', async () => {
    const { tree, install, uninstall } = subject();
    await install(...FEW);
    const newer = '#!/bin/sh\necho newer\n';
    rmSync(join(tree.bin, 'firewall-drop'));
    writeFileSync(join(tree.bin, 'firewall-drop'), newer);
    const { exitCode, stdout } = await uninstall();
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/they are left: firewall-drop$/m),
    ]);
    expect(head(join(tree.bin, 'firewall-drop'))).toBe(newer);
    expect(readdirSync(tree.bin)).not.toContain('throttle');
    expect(head(join(tree.bin, 'default-firewall-drop'))).toContain('echo "fire');
  });

  test('what an upgrade of the agent put there is what the next install keeps', async () => {
    const { tree, install, uninstall } = subject();
    await install(...FEW);
    const newer = '#!/bin/sh\necho newer\n';
    for (const name of ['firewall-drop', 'throttle']) {
      rmSync(join(tree.bin, name));
      writeFileSync(join(tree.bin, name), newer);
    }
    expect((await install()).exitCode).toBe(0);
    expect((await uninstall()).exitCode).toBe(0);
    expect(head(join(tree.bin, 'firewall-drop'))).toBe(newer);
    expect(head(join(tree.bin, 'throttle'))).toBe(newer);
  });

  test('names that somebody removed, and links that a copy broke, do not matter', async () => {
    const { tree, before, print, install, uninstall } = subject();
    await install(...FEW);
    const program = readFileSync(join(tree.bin, 'riposte'));
    rmSync(join(tree.bin, 'firewall-drop'));
    rmSync(join(tree.bin, 'throttle'));
    writeFileSync(join(tree.bin, 'throttle'), program);
    expect((await uninstall()).exitCode).toBe(0);
    expect(differences(before, print())).toEqual([]);
  });

  test('a folder of programs that is mounted by itself has the backup beside them', async () => {
    const { tree, before, print, install, riposte } = subject();
    const at = mounted(apart, `mount --bind ${tree.bin} ${tree.bin}`);
    const here = (...words: string[]) => at.run([PROGRAM, ...words, '--home', tree.path]);
    expect((await here('install', ...FEW)).stderr).toBe('');
    expect(readdirSync(join(tree.bin, '.riposte.was'))).toContain('firewall-drop');
    expect((await here('install', ...FEW)).stderr).toBe('');
    // Where it is by now does not matter.
    expect((await install(...FEW)).stderr).toBe('');
    expect((await riposte('uninstall')).stderr).toBe('');
    expect(differences(before, print())).toEqual([]);
  });

  test('a dry run changes nothing', async () => {
    const { before, print, install, uninstall, tree } = subject();
    const { exitCode, stdout } = await install('--dry-run', ...FEW);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^ {2}add +riposte, throttle$/m)]);
    expect(stdout).toMatch(
      /^ {2}replace +firewall-drop, default-firewall-drop, firewall-drop\.sh$/m,
    );
    expect(differences(before, print())).toEqual([]);
    await install(...FEW);
    const installed = print();
    const told = await uninstall('--dry-run');
    expect([told.exitCode, told.stdout]).toEqual([0, expect.stringContaining(tree.path)]);
    expect(differences(installed, print())).toEqual([]);
  });

  test('a wrapper of riposte shim stays, and works', async () => {
    const { tree, install, uninstall, riposte } = subject();
    const own = `#!${tree.bin}/riposte shim --as argv -- /bin/echo\n`;
    writeFileSync(join(tree.bin, 'route-null.sh'), own, { mode: 0o750 });
    await install();
    expect(head(join(tree.bin, 'route-null.sh'))).toBe(own);
    writeFileSync(join(tree.bin, 'block.sh.3x'), '#!/bin/sh\n', { mode: 0o750 });
    const words = ['--as', 'argv', '--install', 'block.sh', '--', join(tree.bin, 'block.sh.3x')];
    expect((await riposte('shim', ...words)).stderr).toBe('');
    const first = await uninstall();
    expect(first.stdout).toMatch(
      /riposte stays, since wrappers run by it: block\.sh, route-null\.sh/,
    );
    expect(readdirSync(tree.bin)).toContain('riposte');
    expect(readdirSync(tree.bin)).not.toContain('webhook');
    rmSync(join(tree.bin, 'block.sh'));
    rmSync(join(tree.bin, 'route-null.sh'));
    expect((await uninstall()).exitCode).toBe(0);
    expect(readdirSync(tree.bin)).not.toContain('riposte');
    expect(readdirSync(join(tree.path, 'active-response'))).toEqual(['bin']);
  });

  test('quarantine and older settings stay until they are purged', async () => {
    const { tree, install, uninstall } = subject();
    const state = join(tree.path, 'active-response/riposte');
    mkdirSync(state, { mode: 0o700 });
    writeFileSync(join(state, 'riposte.json'), '{}\n', { mode: 0o600 });
    await install(...FEW);
    mkdirSync(join(state, 'quarantine'), { mode: 0o700 });
    writeFileSync(join(state, 'quarantine/file'), 'malware', { mode: 0o600 });
    const { exitCode, stdout } = await uninstall();
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/kept in .*: quarantine, riposte/),
    ]);
    expect(readdirSync(state)).toEqual(['quarantine', 'riposte.json']);
    expect((await uninstall('--purge')).exitCode).toBe(0);
    expect(readdirSync(join(tree.path, 'active-response'))).toEqual(['bin']);
  });
});

describe.skipIf(why)('with a block that cannot be undone', () => {
  const subject = subjects();

  test('riposte and its folder stay, until it is kept on purpose', async () => {
    const { tree, install, riposte, uninstall } = subject();
    await install(...FEW);
    const ip = '203.0.113.7';
    const shard = (hashOf(ip) % 256).toString(16).padStart(2, '0');
    const held = join(tree.path, 'active-response/riposte/held/firewall-drop', shard);
    mkdirSync(held, { recursive: true, mode: 0o700 });
    const record = join(held, `${ip}@firewall-drop@abacus`);
    writeFileSync(record, '{}\n', { mode: 0o600 });
    const { exitCode, stderr } = await riposte('uninstall');
    expect([exitCode, stderr]).toEqual([
      17,
      expect.stringMatching(/^partial: .*abacus.*--keep-bl/),
    ]);
    expect(readdirSync(tree.bin)).toContain('riposte');
    // The agent makes no more of them.
    expect(head(join(tree.bin, 'firewall-drop'))).toContain('echo "firewall-drop');
    expect((await uninstall('--keep-blocks')).exitCode).toBe(0);
    expect(readdirSync(held)).toHaveLength(1);
    expect(readdirSync(tree.bin)).not.toContain('riposte');
    await install(...FEW);
    rmSync(record);
    expect((await riposte('uninstall')).exitCode).toBe(0);
    expect(readdirSync(join(tree.path, 'active-response'))).toEqual(['bin']);
  });
});

describe.skipIf(why)('with a block', () => {
  const here = lane(['nft']);
  const subject = subjects();
  const listed = async () => (await here.world.victim.run(['nft', 'list', 'ruleset'])).stdout;

  /** The log is the agent's: what was written there stays. */
  const isLog = (below: string) => below.startsWith('logs');

  const installed = async () => {
    const it = subject('wazuh4', here.world.victim);
    expect((await it.install()).exitCode).toBe(0);
    const ip = here.world.source(4);
    const alert = { ip, alertId: nextAlertId() };
    const input = `${messageFor(alert, 'add')}\n${messageFor(alert, 'continue')}\n`;
    const argv = ['active-response/bin/firewall-drop'];
    const ran = await here.world.victim.run(argv, { cwd: it.tree.path, input });
    expect([ran.exitCode, ran.stderr]).toEqual([0, '']);
    expect(await listed()).toContain(ip);
    return { ...it, ip };
  };

  test.each(['', ' whose elements went'])(
    'uninstall lifts it and removes the table%s',
    async (how) => {
      const { before, print, riposte } = await installed();
      for (const set of how === '' ? [] : ['firewall-drop4', 'firewall-drop6']) {
        await here.world.victim.must(['nft', 'flush', 'set', 'inet', 'riposte', set]);
      }
      const { exitCode, stderr } = await riposte('uninstall');
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(await listed()).toBe('');
      const others = differences(before, print()).filter((line) => !isLog(line.slice(2)));
      expect(others).toEqual([]);
    },
  );

  test('--keep-blocks leaves it', async () => {
    const { before, print, riposte, ip, has } = await installed();
    expect((await riposte('uninstall', '--keep-blocks')).exitCode).toBe(0);
    expect(await listed()).toContain(ip);
    expect(has('active-response/riposte/journal.jsonl')).toBe(true);
    const without = (below: string) => isLog(below) || /active-response(\/riposte.*)?$/.test(below);
    const lines = before.split('\n').filter((line) => !without(line.split('  ')[0] ?? ''));
    expect(differences(lines.join('\n'), print(without))).toEqual([]);
    await here.world.victim.must(['nft', 'flush', 'ruleset']);
  });
});
