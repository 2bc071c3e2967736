import { describe, expect, it } from 'vitest';
import { message } from '../blackbox/support/messages.ts';
import { agentOf, hand } from '../support/bsd/agent.ts';
import { bsdLane } from '../support/bsd/lane.ts';
import type { Root } from '../support/bsd/root.ts';

const lane = bsdLane();
const IP = '203.0.113.7';
const block = (root: Root, program: string) => hand(root, program, 'add', '--srcip', IP);
const lift = (root: Root, program: string) => hand(root, program, 'delete', '--srcip', IP);

/** What was called, as one would type it; what only looks around aside. */
const called = (root: Root) =>
  root
    .calls()
    .filter(({ tool }) => !['netstat', 'ps'].includes(tool))
    .map(({ tool, args }) => [tool, ...args].join(' '));

const FILTERS = [
  ['macos', 'pfctl'],
  ['freebsd', 'pfctl'],
  ['openbsd', 'pfctl'],
  ['netbsd', 'npfctl'],
] as const;

/** Keeps ipfw out of it, which steps in on FreeBSD. */
const alone = { without: ['ipfw'] };

describe.for(FILTERS)('on %s, without a usable %s', ([system, tool]) => {
  it('that is missing nothing is blocked, and the agent hears no keys', async () => {
    const root = lane.root(system, { without: [tool, 'ipfw'] });
    const agent = agentOf(root, 'firewall-drop', 'wazuh4');
    const run = await agent.add(message('4x-add-ssh-5710-firewall-drop'));
    expect(run).toMatchObject({ keysLine: undefined, stdoutAfter: '' });
    expect(run.exitCode).not.toBe(0);
    expect(root.outcomes()).toMatchObject([{ outcome: 'missing-tool' }]);
    expect(root.outcomes()[0]?.detail).toContain(`${tool} is not installed`);
  });

  it('that says no nothing is blocked, and what it said is told', async () => {
    const root = lane.root(system, alone);
    root.break({ [tool]: 'fails' });
    const run = await block(root, 'firewall-drop');
    expect(run.exitCode).not.toBe(0);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('out of order');
    root.break({});
    expect(root.tools().drops(IP)).toBe(false);
  });

  it('that hangs the run ends in time', async () => {
    const root = lane.root(system, alone);
    root.break({ [tool]: 'hangs' });
    const run = await block(root, 'firewall-drop');
    expect(run).toMatchObject({ stdout: '' });
    expect(root.outcomes()).toMatchObject([{ outcome: 'timed-out' }]);
    expect(root.outcomes()[0]?.ms).toBeLessThan(25_000);
  });
});

describe('what cannot work here', () => {
  it.each([
    ['openbsd', 'ipfw', 'only FreeBSD has this ipfw'],
    ['openbsd', 'npf', 'only NetBSD has npf'],
    ['netbsd', 'pf', 'this system has no pf'],
    ['macos', 'npf', 'only NetBSD has npf'],
    ['macos', 'ipfw_mac', 'no ipfw since 10.10'],
    ['macos', 'host-deny', ''],
    ['openbsd', 'host-deny', ''],
  ] as const)('ends as a failure on %s: %s', async (system, program, why) => {
    const root = lane.root(system);
    const run = await block(root, program);
    expect(run.exitCode).not.toBe(0);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain(why);
    expect(root.tools().drops(IP)).toBe(false);
  });

  it('on a host whose pf is off, is told, with what to do', async () => {
    const root = lane.root('openbsd');
    root.administer(({ run }) => run({ tool: 'pfctl', args: ['-d'] }));
    const run = await block(root, 'firewall-drop');
    expect(run.exitCode).not.toBe(0);
    expect(run.stderr).toContain('pfctl -e');
  });

  it('on a host whose rules never look at ours, is told, with the line to add', async () => {
    const root = lane.root('freebsd', alone);
    root.administer(({ run }) =>
      run({ tool: 'pfctl', args: ['-f', '-'], stdin: 'pass in quick all\n' }),
    );
    const run = await block(root, 'pf');
    expect(run.exitCode).not.toBe(0);
    expect(run.stderr).toContain('anchor "riposte/*"');
  });
});

describe('the words that tools get', () => {
  it('of a route on macOS', async () => {
    const root = lane.root('macos');
    expect(await block(root, 'route-null')).toMatchObject({ exitCode: 0 });
    expect(await lift(root, 'route-null')).toMatchObject({ exitCode: 0 });
    const add = `route -q -n add -host ${IP} 127.0.0.1 -blackhole`;
    const remove = `route -q -n delete -host ${IP} 127.0.0.1 -blackhole`;
    expect(called(root).filter((line) => !line.includes(' get '))).toEqual([add, remove]);
    expect(root.tools().drops(IP)).toBe(false);
  });

  it('of an address of IPv6 are the other family’s', async () => {
    const root = lane.root('openbsd');
    const run = await hand(root, 'route-null', 'add', '--srcip', '2001:db8::7');
    expect(run).toMatchObject({ exitCode: 0 });
    expect(called(root)).toContain('route -q -n add -inet6 -host 2001:db8::7 ::1 -blackhole');
  });

  it('never edit a ruleset that is not ours', async () => {
    const root = lane.root('macos');
    expect(await block(root, 'pf')).toMatchObject({ exitCode: 0 });
    expect(await lift(root, 'pf')).toMatchObject({ exitCode: 0 });
    const loads = root.calls().filter(({ tool, args }) => tool === 'pfctl' && args.includes('-f'));
    expect(loads.map(({ args }) => args)).toEqual([
      ['-a', expect.stringMatching(/^com\.apple\//), '-f', '-'],
    ]);
    // Enabled once, and given back with the last block.
    expect(root.tools().state.pf).toMatchObject({ enabled: false, tokens: [], given: 1 });
  });

  it.each([
    ['freebsd', 'pw lock mallory', 'pw unlock mallory'],
    ['openbsd', 'usermod -Z mallory', 'usermod -U mallory'],
    ['netbsd', 'usermod -C yes mallory', 'usermod -C no mallory'],
    [
      'macos',
      'pwpolicy -n /Local/Default -u mallory -disableuser',
      'pwpolicy -n /Local/Default -u mallory -enableuser',
    ],
  ] as const)('that lock an account on %s', async (system, lock, unlock) => {
    const root = lane.root(system);
    const words = ['--user', 'mallory'];
    const locked = await hand(root, 'disable-account', 'add', ...words);
    expect(locked).toMatchObject({ exitCode: 0 });
    expect(root.tools().locked('mallory')).toBe(true);
    expect(await hand(root, 'disable-account', 'delete', ...words)).toMatchObject({ exitCode: 0 });
    expect(root.tools().locked('mallory')).toBe(false);
    expect(
      called(root).filter((line) => /^(?:pw (?:un)?lock|usermod|pwpolicy)/.test(line)),
    ).toEqual([lock, unlock]);
  });
});

describe.for([11, 12] as const)('ipfw of FreeBSD %s', (ipfw) => {
  it('blocks, blocks again, and lifts', async () => {
    const root = lane.root('freebsd', { ipfw });
    for (const outcome of ['applied', 'already']) {
      expect(await block(root, 'ipfw')).toMatchObject({ exitCode: 0 });
      expect(root.outcomes().at(-1)).toMatchObject({ outcome });
      expect(root.tools().drops(IP)).toBe(true);
    }
    expect(await lift(root, 'ipfw')).toMatchObject({ exitCode: 0 });
    expect(root.tools().drops(IP)).toBe(false);
    expect(await lift(root, 'ipfw')).toMatchObject({ exitCode: 0 });
    expect(root.outcomes().at(-1)).toMatchObject({ outcome: 'absent' });
  });
});

it('ipfw of an old macOS is used by its old name', async () => {
  const root = lane.root('macos', { ipfw: 'macos' });
  expect(await block(root, 'ipfw_mac')).toMatchObject({ exitCode: 0 });
  expect(root.tools().drops(IP)).toBe(true);
  expect(await lift(root, 'ipfw_mac')).toMatchObject({ exitCode: 0 });
  expect(root.tools().drops(IP)).toBe(false);
});
