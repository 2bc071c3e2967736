import { describe, expect, test } from 'vitest';
import restartWazuh from '../../scripts/linux/restart-wazuh.ts';
import { STATE } from '../../src/lib/ports.ts';
import { carryOut } from '../../src/lib/restart/carry-out.ts';
import { restartOptions, restartWords } from '../../src/lib/restart/restart.ts';
import { call, PROTOCOLS } from '../support/callers.ts';
import { askOf } from '../support/deeds.ts';
import type { Unit } from '../support/model/daemons.ts';
import { HOME, ModelHost } from '../support/model-host.ts';

const [WAZUH4] = PROTOCOLS;
if (!WAZUH4) throw new Error('no protocol');
const respond = (host: ModelHost) => call(restartWazuh, WAZUH4, askOf(restartWazuh, 'add'), host);

describe('a manager', () => {
  const manager = () => {
    const host = new ModelHost();
    const parts = ['control', 'execd', 'analysisd', 'monitord', 'logtest-legacy', 'logtest'];
    host.daemons.programs = parts.map((part) => `wazuh-${part}`);
    return host;
  };

  test('is tested with its rules, and never with the newer logtest, which would wait', async () => {
    const host = manager();
    expect(await respond(host)).toMatchObject({ outcome: 'applied' });
    expect(host.commands.slice(0, 4)).toEqual([
      'bin/wazuh-execd -t',
      'bin/wazuh-monitord -t',
      'bin/wazuh-analysisd -t',
      'bin/wazuh-logtest-legacy -t',
    ]);
  });

  test('is not restarted where logtest tells of an error, whatever its exit code', async () => {
    const host = manager();
    host.daemons.complaint = '2026/02/03 10:11:12 wazuh-testrule: ERROR: (1452): Syntax error\n';
    host.daemons.verdict = 0;
    const { outcome, detail } = await respond(host);
    expect(outcome).toBe('refused');
    expect(detail).toMatch(/broken.*: wazuh-testrule: ERROR: \(1452\): Syntax error$/);
  });
});

describe('the unit', () => {
  const OURS: Unit = {
    id: 'wazuh-agent.service',
    state: 'active',
    canReload: true,
    start: '/var/ossec/bin/wazuh-control',
  };
  const last = async (unit: Partial<Unit>, operation?: 'reload') => {
    const host = new ModelHost(
      operation && { settings: { actions: { 'restart-wazuh': { operation } } } },
    );
    host.daemons.units = [{ ...OURS, ...unit }];
    expect(await respond(host)).toMatchObject({ outcome: 'applied' });
    return host.commands.at(-1)?.split(' ')[0];
  };

  test.each([
    ['runs', {}, 'systemctl'],
    ['is being started', { state: 'activating' }, 'systemctl'],
    ['has failed', { state: 'failed' }, 'active-response/bin/restart-wazuh'],
    ['is being stopped', { state: 'deactivating' }, 'systemctl'],
    ['is of another home', { start: '/opt/var/ossec/bin/x' }, 'active-response/bin/restart-wazuh'],
    ['is of a longer home', { start: '/var/ossec2/bin/x' }, 'active-response/bin/restart-wazuh'],
  ])('that %s', async (_how, unit, expected) => {
    expect(await last(unit)).toBe(expected);
  });

  test('that cannot reload is reloaded by the control script', async () => {
    expect(await last({}, 'reload')).toBe('systemctl');
    expect(await last({ canReload: false }, 'reload')).toBe('active-response/bin/restart-wazuh');
    expect(await last({ canReload: false })).toBe('systemctl');
  });

  test('of a systemd that cannot be asked is done without, and that is told', async () => {
    const host = new ModelHost();
    host.faults = (_, { tool }) => (tool === 'systemctl' ? 'broken' : undefined);
    expect(await respond(host)).toMatchObject({ outcome: 'applied' });
    expect(host.log.join('')).toContain(': Without systemd: systemctl show');
  });
});

describe('one after the other', () => {
  const inTurn = (host: ModelHost, sleep: number) =>
    host.run('restart-wazuh', async (ports) => {
      await ports.files.ensurePrivate(STATE);
      await ports.clock.sleep(sleep);
      return carryOut('restart', ports, 5_000);
    });

  test('one that began after this was asked for has done it', async () => {
    const host = new ModelHost();
    expect(await inTurn(host, 0)).toContain('the restart of the agent is over');
    // A minute on the model's clock: by the real one's, which files go by, it was only just.
    expect(await inTurn(host, 60_000)).toBeUndefined();
  });

  test('one that failed has not', async () => {
    const host = new ModelHost();
    host.daemons.lame = ['wazuh-syscheckd'];
    await expect(inTurn(host, 0)).rejects.toThrow('wazuh-syscheckd did not come back');
    host.daemons.lame = [];
    expect(await inTurn(host, 60_000)).toContain('is over');
  });

  test('one that was killed on the way has not', async () => {
    const host = new ModelHost();
    host.faults = (_, { args }) => (args.includes('restart') ? 'died-after' : undefined);
    await expect(inTurn(host, 0)).rejects.toThrow('the run died');
    host.faults = () => undefined;
    expect(await inTurn(host, 60_000)).toContain('is over');
  });

  test('one that began, by a clock that was set back since, in the future has not', async () => {
    const host = new ModelHost();
    await inTurn(host, 0);
    const future = Date.now() / 1000 + 3_600;
    for (const name of host.volume.readdirSync(`${HOME}/${STATE}`)) {
      host.volume.utimesSync(`${HOME}/${STATE}/${name}`, future, future);
    }
    expect(await inTurn(host, 60_000)).toContain('is over');
  });
});

test.each([
  [['agent'], ['add', '--kind=agent', '--operation=restart']],
  [
    ['manager', 'reload'],
    ['add', '--kind=manager', '--operation=reload'],
  ],
  [
    ['agent', 'restart', '--dry-run'],
    ['add', '--kind=agent', '--operation=restart', '--dry-run'],
  ],
  [['agent', 'halt'], undefined],
  [['add'], undefined],
  [[], undefined],
])('the words %j are %j', (words, meant) => {
  expect(restartWords(words)).toEqual(meant);
});

test.each(['0', '4', '3601', '5s', '-5', ''])('%j is no time to wait', (text) => {
  expect(() => restartOptions.within.parse(text)).toThrow('from 5 to 3600 seconds');
});
