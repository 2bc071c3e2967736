import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unbuilt } from '../support/home.ts';
import { apart, differences, FEW, subjects } from '../support/installing.ts';
import { installed, type Place } from '../support/net.ts';
import { type Private, privateEtc, rootObstacle } from '../support/private.ts';
import { mounted } from '../support/tools.ts';

const why = unbuilt() ?? rootObstacle([]);
if (why !== undefined) console.warn(`Every test here is skipped: ${why}`);

describe.skipIf(why)('the timer, in a private /etc,', () => {
  const subject = subjects();
  let etc: Private;
  let base: string;
  beforeEach(async () => {
    etc = await privateEtc();
    base = await mkdtemp(join(tmpdir(), 'riposte-run-'));
    for (const folder of ['systemd/system', 'cron.d', 'systemd/system/timers.target.wants']) {
      await mkdir(file(folder), { recursive: true });
    }
  });
  afterEach(async () => {
    await etc[Symbol.asyncDispose]();
    await rm(base, { recursive: true });
  });

  const file = (name: string) => join(etc.folder, name);
  const calls = () => readFileSync(join(base, 'calls'), 'utf8').split('\n').slice(0, -1);

  /** With a double of systemctl, as root of a machine that systemd runs, or not. */
  async function machine(runs: boolean): Promise<Place> {
    await mkdir(join(base, 'run/systemd', ...(runs ? ['system'] : [])), { recursive: true });
    const text = `#!/bin/sh\necho "$*" >> ${base}/calls\n`;
    writeFileSync(join(base, 'systemctl'), text, { mode: 0o755 });
    const real = ['/usr/bin/systemctl', '/bin/systemctl'].find((path) => existsSync(path));
    const mounts = [
      `mount --bind ${etc.folder} /etc`,
      `mount --bind ${base}/run /run`,
      ...(real ? [`mount --bind ${base}/systemctl ${real}`] : []),
    ];
    return mounted(apart, mounts.join(' && '));
  }

  test.runIf(installed('systemctl'))('is one of systemd where that runs', async () => {
    const { tree, before, print, install, uninstall } = subject('wazuh4', await machine(true));
    const { exitCode, stdout, stderr } = await install(...FEW, '--timer');
    expect([exitCode, stderr]).toEqual([0, '']);
    const [service, timer] = ['service', 'timer'].map((kind) => `riposte-sweep.${kind}`);
    expect(stdout).toContain(`/etc/systemd/system/${service}, /etc/systemd/system/${timer}`);
    const unit = readFileSync(file(`systemd/system/${service}`), 'utf8');
    expect(unit).toContain(`\nExecStart=${tree.bin}/riposte sweep --quiet --home ${tree.path}\n`);
    expect(readFileSync(file(`systemd/system/${timer}`), 'utf8')).toMatch(
      /^OnUnitActiveSec=5min$/m,
    );
    expect(statSync(file(`systemd/system/${timer}`)).mode & 0o7777).toBe(0o644);
    expect(calls()).toEqual(['daemon-reload', `enable --now ${timer}`]);
    expect((await install(...FEW, '--timer')).exitCode).toBe(0);
    expect((await uninstall()).exitCode).toBe(0);
    expect(calls().slice(-2)).toEqual([`disable --now ${timer}`, 'daemon-reload']);
    expect(existsSync(file(`systemd/system/${service}`))).toBe(false);
    expect(existsSync(file(`systemd/system/${timer}`))).toBe(false);
    expect(differences(before, print())).toEqual([]);
  });

  test('is a line of cron elsewhere', async () => {
    const { tree, before, print, install, uninstall } = subject('wazuh4', await machine(false));
    const { exitCode, stderr } = await install(...FEW, '--timer');
    expect([exitCode, stderr]).toEqual([0, '']);
    const line = `*/5 * * * * root ${tree.bin}/riposte sweep --quiet --home ${tree.path}\n`;
    expect(readFileSync(file('cron.d/riposte'), 'utf8')).toMatch(/^# Made by riposte install for /);
    expect(readFileSync(file('cron.d/riposte'), 'utf8').endsWith(line)).toBe(true);
    expect((await uninstall()).exitCode).toBe(0);
    expect(existsSync(file('cron.d/riposte'))).toBe(false);
    expect(differences(before, print())).toEqual([]);
  });

  test('never takes the place of a file of somebody else’s, and leaves it', async () => {
    writeFileSync(file('cron.d/riposte'), '# mine\n', { mode: 0o644 });
    const { install, uninstall } = subject('wazuh4', await machine(false));
    const { exitCode, stderr } = await install(...FEW, '--timer');
    expect([exitCode, stderr]).toEqual([
      11,
      expect.stringMatching(/cron\.d\/riposte is there, and/),
    ]);
    expect((await uninstall()).exitCode).toBe(0);
    expect(readFileSync(file('cron.d/riposte'), 'utf8')).toBe('# mine\n');
  });

  test('is refused before anything else where nothing keeps time', async () => {
    await rm(file('cron.d'), { recursive: true });
    const { before, print, install } = subject('wazuh4', await machine(false));
    const { exitCode, stderr } = await install('--timer');
    expect([exitCode, stderr]).toEqual([
      5,
      expect.stringMatching(/let something else call .*sweep/),
    ]);
    expect(differences(before, print())).toEqual([]);
  });
});
