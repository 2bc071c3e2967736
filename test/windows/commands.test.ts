import { beforeEach, describe, expect, it } from 'vitest';
import { alert } from '../blackbox/support/messages.ts';
import { windowsExecd } from '../support/windows/execd.ts';
import { makeWindowsHome, type WindowsHome } from '../support/windows/home.ts';
import { windowsLane } from '../support/windows/lane.ts';
import { makeNetwork } from '../support/windows/network.ts';

const lane = windowsLane();
let home: WindowsHome;
beforeEach(async () => {
  home = makeWindowsHome(lane.windows);
  await makeNetwork(lane);
});

const agent = (program: string) => windowsExecd('wazuh4', { lane, home, program });
const block = (ip: string, extra: readonly string[] = []) => JSON.parse(alert(ip, 'add', extra));
/** What was asked of a tool to change something. */
const changes = (tool: 'netsh' | 'route') =>
  lane.doubles.called(tool).filter((words) => !words.includes('print') && !words.includes('show'));

const FIREWALL = ['advfirewall', 'firewall'];
const rules = (name: string, remote: string) => [
  ...['in', 'out'].map((dir) => [
    ...FIREWALL,
    'add',
    'rule',
    `name=${name}`,
    `dir=${dir}`,
    'action=block',
    `remoteip=${remote}`,
  ]),
  [...FIREWALL, 'delete', 'rule', `name=${name}`],
];

describe('every word that a tool receives', () => {
  it.each([
    ['203.0.113.66', '203.0.113.66/32'],
    ['2001:DB8::0:1337', '2001:db8::1337/128'],
    ['::ffff:203.0.113.66', '203.0.113.66/32'],
  ])('of netsh.exe for %s', async (ip, remote) => {
    const netsh = agent('netsh.exe');
    expect(await netsh.add(block(ip), { timeout: 3600 })).toMatchObject({ exitCode: 0 });
    expect(await netsh.stop()).toMatchObject([{ exitCode: 0 }]);
    const name = `riposte netsh ${remote.split('/')[0]}`;
    expect(changes('netsh')).toEqual(rules(name, remote));
  });

  it.each([
    [[], ['ADD', '203.0.113.66', 'MASK', '255.255.255.255', '0.0.0.0', 'METRIC', '1', 'IF', '1']],
    [
      ['--persistent', 'yes'],
      ['-p', 'ADD', '203.0.113.66', 'MASK', '255.255.255.255', '0.0.0.0', 'METRIC', '1', 'IF', '1'],
    ],
  ])('of route-null.exe with %j', async (extra, words) => {
    const route = agent('route-null.exe');
    const run = await route.add(block('203.0.113.66', extra), { timeout: 3600 });
    expect(run).toMatchObject({ exitCode: 0 });
    await route.stop();
    const away = ['DELETE', '203.0.113.66', 'MASK', '255.255.255.255', '0.0.0.0', 'IF', '1'];
    expect(changes('route')).toEqual([words, away]);
  });

  it('of route-null.exe for IPv6', async () => {
    const route = agent('route-null.exe');
    await route.add(block('2001:db8::1337'), { timeout: 3600 });
    await route.stop();
    expect(changes('netsh')).toEqual(
      ['add', 'delete'].map((verb) => [
        ...['interface', 'ipv6', verb, 'route'],
        ...['prefix=2001:db8::1337/128', 'interface=1', 'store=active'],
      ]),
    );
  });

  it('is one to both of its parsers, in its own folder, with nothing of ours around it', async () => {
    const env = {
      SystemRoot: 'C:\\windows',
      PATH: 'C:\\evil',
      NODE_OPTIONS: '--title=x',
      SECRET: 'x',
    };
    const run = await windowsExecd('wazuh4', { lane, home, program: 'block-ip.exe', env }).add(
      block('203.0.113.66'),
      { timeout: 3600 },
    );
    expect(run).toMatchObject({ exitCode: 0 });
    expect(lane.doubles.calls.length).toBeGreaterThan(3);
    for (const { args, words, file, cwd, environment, input } of lane.doubles.calls) {
      expect(words).toEqual(args);
      expect(file.toLowerCase()).toMatch(/^c:\\windows\\system32\\[a-z]+\.exe$/);
      expect(cwd.toLowerCase()).toBe('c:\\windows\\system32');
      expect(input).toBeUndefined();
      expect(environment).not.toHaveProperty('SECRET');
      expect(environment).not.toHaveProperty('NODE_OPTIONS');
      expect(JSON.stringify(environment)).not.toContain('evil');
    }
  });

  it('to make a folder private is the path and two names without a language', async () => {
    await agent('netsh.exe').add(block('203.0.113.66'), { timeout: 3600 });
    const [first = [], ...more] = lane.doubles.called('icacls');
    expect(more).toEqual([]);
    expect(first[0]).toMatch(/^C:\\Program Files \(x86\)\\ossec-agent\\active-response\\riposte/i);
    expect(first.slice(1)).toEqual([
      '/inheritance:r',
      '/grant:r',
      '*S-1-5-18:(OI)(CI)F',
      '*S-1-5-32-544:(OI)(CI)F',
      '/q',
    ]);
  });
});

describe('an address that is none', () => {
  it.each([
    '',
    'any',
    'LocalSubnet',
    '0.0.0.0',
    '203.0.113.0/24',
    '203.0.113.66,198.51.100.1',
    '203.0.113.66-203.0.113.99',
    '203.0.113.66 name=x',
    '203.0.113.66" dir=in "',
    '%COMPUTERNAME%',
    '203.0.113.66&calc.exe',
    '٢٠٣.0.113.66',
    '203.0.113.66\\',
    'fe80::1%7',
  ])('reaches no tool: %j', async (ip) => {
    const run = await agent('netsh.exe').add(block(ip), { timeout: 3600 });
    expect(run.keysLine).toBeUndefined();
    expect([4, 5]).toContain(run.exitCode);
    expect(changes('netsh')).toEqual([]);
    expect(changes('route')).toEqual([]);
  });
});
