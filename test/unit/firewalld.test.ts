import { describe, expect, test } from 'vitest';
import { asking } from '../../src/lib/asking.ts';
import { parseIp } from '../../src/lib/fields.ts';
import { cut } from '../../src/lib/firewall/connections.ts';
import { busctl } from '../../src/lib/firewall/firewalld/busctl.ts';
import { firewallCmd } from '../../src/lib/firewall/firewalld/firewall-cmd.ts';
import { priorityOf } from '../../src/lib/firewall/firewalld/zoned-rule.ts';
import { zoneOption } from '../../src/lib/firewall/firewalld.ts';
import { actionsOn } from '../support/actions.ts';
import { RecordingRunner, type Reply, type Tools } from '../support/recording-runner.ts';

const clock = { now: () => new Date(0), elapsed: () => 0, sleep: async () => {} };

const over = (tools: Tools) => {
  const runner = new RecordingRunner(tools);
  return { runner, ask: asking({ runner, clock }, 1_000) };
};

/** busctl by the method that is called. */
const methods = (replies: Readonly<Record<string, Reply>>): Tools => ({
  busctl: ({ args }) => replies[args[5] ?? ''] ?? { exitCode: 1, stderr: 'no such method' },
});

describe('zones', () => {
  test('of D-Bus: the default zone and those with interfaces or sources, each once', async () => {
    const { ask } = over(
      methods({
        getDefaultZone: { stdout: 's "public"\n' },
        getActiveZones: {
          stdout:
            'a{sa{sas}} 3 "public" 1 "interfaces" 2 "eth0" "eth1" "sources" 2 "interfaces" 0 "sources" 1 "192.0.2.0/24" "work" 0\n',
        },
      }),
    );
    expect(await busctl.zonesInUse(ask)).toEqual(['public', 'sources', 'work']);
  });

  test('of firewall-cmd: with the remarks of a later version', async () => {
    const { ask } = over({
      'firewall-cmd': ({ args }) => ({
        stdout:
          {
            '--get-default-zone': 'public\n',
            '--get-active-zones':
              'work\n  sources: 192.0.2.0/24\npublic (default)\n  interfaces: eth0\n',
            '--list-all-zones': `dmz\n  rich rules: \n\npublic (default, active)\n  services: ssh\n  rich rules: \n\trule a\n\trule b\n`,
          }[args[0] ?? ''] ?? '',
      }),
    });
    expect(await firewallCmd.zonesInUse(ask)).toEqual(['public', 'work']);
    expect(Object.fromEntries(await firewallCmd.rules(ask))).toEqual({
      dmz: [],
      public: ['rule a', 'rule b'],
    });
  });

  test.each(['s public', 'i 5', '', 's'])('an answer of %j is a failure', async (stdout) => {
    const { ask } = over(methods({ getDefaultZone: { stdout } }));
    const asked = busctl.zonesInUse(ask);
    await expect(asked).rejects.toMatchObject({ kind: 'tool-failed' });
  });
});

describe('nobody to ask', () => {
  test.each([
    'Call failed: Name "org.fedoraproject.FirewallD1" does not exist',
    'Call failed: The name does not have an owner',
    'Call failed: The name is not activatable',
    'Call failed: The name org.fedoraproject.FirewallD1 was not provided by any .service files',
    'Failed to connect to bus: No such file or directory',
  ])('busctl: %s', async (stderr) => {
    const { ask } = over({ busctl: { exitCode: 1, stderr: `${stderr}\n` } });
    const asked = busctl.rules(ask);
    await expect(asked).rejects.toMatchObject({ kind: 'missing-tool' });
    await expect(asked).rejects.toThrow('firewalld is not running');
  });

  test.each([36, 252])('firewall-cmd: exit code %i', async (exitCode) => {
    const { ask } = over({ 'firewall-cmd': { exitCode, stderr: 'FirewallD is not running\n' } });
    const asked = ask(firewallCmd.add('public', 'rule', 0));
    await expect(asked).rejects.toThrow('firewalld is not running');
  });

  test.each([
    'Call failed: INVALID_ZONE: does not exist',
    'Call failed: Not Authorized(polkit): org.fedoraproject.FirewallD1.config',
  ])('but not: %s', async (stderr) => {
    const { ask } = over({ busctl: { exitCode: 1, stderr: `${stderr}\n` } });
    const asked = ask(busctl.add('public', 'rule', 0));
    await expect(asked).rejects.toMatchObject({ kind: 'tool-failed' });
    await expect(asked).rejects.toThrow(stderr);
  });
});

describe('what is open', () => {
  const ip = parseIp('2001:db8::7');
  const NONE = { exitCode: 1, stderr: 'conntrack v1.4.7: 0 flow entries have been deleted.\n' };
  const some = { stdout: 'ESTAB 0 0 [2001:db8::1]:22 [2001:db8::7]:1\n' };

  test.each([
    ['all is cut', { ss: {}, conntrack: {} }, 'and what it had open is cut'],
    ['nothing was open', { ss: {}, conntrack: NONE }, 'and what it had open is cut'],
    ['a kernel that cannot', { ss: some, conntrack: {} }, 'but connections that were open'],
    ['a refusal of ss', { ss: { exitCode: 1 }, conntrack: {} }, 'but connections that were open'],
    ['no ss', { conntrack: {} }, 'but connections that were open'],
    ['an ss that hangs', { ss: 'hangs', conntrack: {} }, 'but connections that were open'],
    ['no conntrack', { ss: {} }, 'but UDP that was open may go on'],
    ['no right to it', { ss: {}, conntrack: { exitCode: 1 } }, 'but UDP that was open may go on'],
  ] as const)('%s', async (_what, tools, said) => {
    const { runner, ask } = over(tools);
    expect(await cut(ip, ask)).toContain(said);
    // Without an address it would cut every connection of the host.
    for (const command of runner.commands) expect(command).toContain('2001:db8::7');
  });
});

describe('marks', () => {
  test('each program of Riposte, and a person, has priorities of its own below all others', () => {
    const names = actionsOn('linux').flatMap(({ action }) => [action.name, ...action.aliases]);
    const holders = [...new Set([...names, 'manual'])];
    const priorities = holders.map(priorityOf);
    expect(new Set(priorities).size).toBe(holders.length);
    for (const priority of priorities) {
      expect(Math.abs(priority % 2)).toBe(0);
      expect(priority).toBeGreaterThanOrEqual(-32_768);
      expect(priority).toBeLessThan(-16_384);
    }
  });
});

describe('--zone', () => {
  test.each(['public', 'my_zone-2', 'nm-shared', 'fast/eth0'])('takes %s', (text) => {
    expect(zoneOption.parse?.(text)).toBe(text);
  });

  test.each(['', '-q', '/x', 'x/', 'a/b/c', 'a b', 'a"b', 'a\n', 'x'.repeat(65)])(
    'refuses %j',
    (text) => {
      expect(() => zoneOption.parse?.(text)).toThrow('is no name of a zone');
    },
  );
});
