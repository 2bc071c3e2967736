import { describe, expect, test } from 'vitest';
import type { Completed } from '../../src/lib/effect.ts';
import { inventory } from '../../src/lib/inventory.ts';
import { isDown } from '../../src/lib/windows/service.ts';
import { actionsOn, examplesOf } from '../support/actions.ts';
import { PROTOCOLS } from '../support/callers.ts';
import { Row } from '../support/matrix.ts';
import { type Fault, ModelHost } from '../support/model-host.ts';

const POLICY =
  'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy';
const GROUP = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall';
const ALL = ['DomainProfile', 'StandardProfile', 'PublicProfile'];
const FORMER = 'WAZUH ACTIVE RESPONSE BLOCKED IP';

function row(name: string, kind: 'IPv4' | 'IPv6', backend?: string): Row {
  const action = actionsOn('windows').find(({ file }) => file === name)?.action;
  const [wazuh4] = PROTOCOLS;
  const example = action && examplesOf(action).find((one) => one.kind === kind);
  if (!action || !wazuh4 || !example) throw new Error(`there is no ${name}`);
  return new Row(action, wazuh4, example, backend);
}

const set = (host: ModelHost, key: string, value: string, number: number) =>
  host.tool({
    tool: 'reg',
    args: ['add', key, '/v', value, '/t', 'REG_DWORD', '/d', String(number), '/f'],
  });

function off(host: ModelHost, profiles = ALL): ModelHost {
  for (const profile of profiles) set(host, `${POLICY}\\${profile}`, 'EnableFirewall', 0);
  return host;
}

const advfirewall = (host: ModelHost, verb: string, ...words: string[]) =>
  host.tool({ tool: 'netsh', args: ['advfirewall', 'firewall', verb, 'rule', ...words] });

const netsh = row('netsh', 'IPv4');
const said = (host: ModelHost) =>
  host.log.filter((line) => line.includes('may not have an effect'));

test('N1: of IPv6 one address is blocked, and not 2^96', async () => {
  const host = row('netsh', 'IPv6').fresh();
  await row('netsh', 'IPv6').call('add', host);
  const added = host.commands.filter((one) => one.includes(' add rule '));
  expect(added).toHaveLength(2);
  for (const one of added) expect(one).toContain('remoteip=2001:db8::7/128');
});

test('N2: a block that holds gets no more rules, and its undo takes no other’s of the address', async () => {
  const host = netsh.fresh();
  advfirewall(host, 'add', 'name=admin', 'dir=in', 'action=block', 'remoteip=203.0.113.7/32');
  const before = host.state();
  await netsh.call('add', host);
  host.commands.length = 0;
  expect(await netsh.call('add', host)).toMatchObject({ outcome: 'already' });
  expect(host.commands.filter((one) => one.includes(' add rule '))).toEqual([]);
  await netsh.call('delete', host);
  expect(host.state()).toBe(before);
});

describe('N3: a firewall that is off', () => {
  test('in one profile is said, and the block is made', async () => {
    const host = off(netsh.fresh(), ['StandardProfile']);
    const { outcome, detail, backend } = await netsh.call('add', host);
    expect([outcome, backend]).toEqual(['applied', 'netsh']);
    expect(detail).toBe(
      '203.0.113.7 is blocked (netsh), but not in the private profile, where the firewall is off',
    );
    expect(said(host)).toHaveLength(1);
    expect(said(host)[0]).toMatch(
      /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d active-response\/bin\/netsh: \{"message":"Active response may not have an effect".*"status2":"inactive".* \},"status":"inactive","script":"netsh"\}\n$/,
    );
  });

  test('is not said where it is on', async () => {
    const host = netsh.fresh();
    const { detail } = await netsh.call('add', host);
    expect(detail).toBe('203.0.113.7 is blocked (netsh)');
    expect(said(host)).toEqual([]);
  });

  test.each(['netsh', 'block-ip'])('everywhere makes %s null-route instead', async (name) => {
    const any = row(name, 'IPv4');
    const host = off(any.fresh());
    const before = host.state();
    const { outcome, detail, backend } = await any.call('add', host);
    expect([outcome, backend]).toEqual(['applied', 'route']);
    expect(detail).toContain('though its packets still arrive');
    expect(said(host)).toHaveLength(1);
    expect(host.holds('203.0.113.7')).toBe(true);
    // Whatever is on by then: undo looks everywhere.
    for (const profile of ALL) set(host, `${POLICY}\\${profile}`, 'EnableFirewall', 1);
    expect(await any.call('delete', host)).toMatchObject({ outcome: 'removed', backend: 'route' });
    off(host);
    expect(host.state()).toBe(before);
  });

  test('everywhere is a reason where a way was chosen', async () => {
    const host = off(row('netsh', 'IPv6', 'netsh').fresh());
    const { outcome, detail } = await row('netsh', 'IPv6', 'netsh').call('add', host);
    expect(outcome).toBe('no-effect');
    expect(detail).toContain('would do nothing here (domain: the firewall is off; private: ');
    expect(detail).toContain('turn it on in one profile at least');
  });

  test('by policy counts more than what the host says, and so does one that is on', async () => {
    const host = netsh.fresh();
    for (const profile of ALL) set(host, `${GROUP}\\${profile}`, 'EnableFirewall', 0);
    expect(await netsh.call('add', host)).toMatchObject({ backend: 'route' });
    const other = off(netsh.fresh());
    set(other, `${GROUP}\\PublicProfile`, 'EnableFirewall', 1);
    const { backend, detail } = await netsh.call('add', other);
    expect(backend).toBe('netsh');
    expect(detail).toMatch(
      /but not in the domain and private profiles, where the firewall is off$/,
    );
  });

  test('for rules of this host is of no use, and is said', async () => {
    const host = netsh.fresh();
    for (const profile of ['DomainProfile', 'PrivateProfile', 'PublicProfile']) {
      set(host, `${GROUP}\\${profile}`, 'AllowLocalPolicyMerge', 0);
    }
    expect(await netsh.call('add', host)).toMatchObject({ backend: 'route' });
    const { detail } = await row('netsh', 'IPv4', 'netsh').call('add', host);
    expect(detail).toContain('group policy lets no rules of this host count');
  });
});

describe('a firewall whose service was stopped', () => {
  const sc = (host: ModelHost, verb: string) => host.tool({ tool: 'sc', args: [verb, 'MpsSvc'] });
  const stopped = (host: ModelHost) => {
    // It takes two looks to stop.
    for (const verb of ['stop', 'query', 'query']) sc(host, verb);
    return host;
  };

  test('blocks nothing, whatever the registry says of rules that were there before', async () => {
    const host = netsh.fresh();
    expect(await netsh.call('add', host)).toMatchObject({ outcome: 'applied', backend: 'netsh' });
    stopped(host);
    const only = row('netsh', 'IPv4', 'netsh');
    const { outcome, detail } = await only.call('add', host);
    expect(outcome).toBe('no-effect');
    expect(detail).toContain('domain: the service of the firewall does not run; ');
    expect(said(host)).toHaveLength(1);
  });

  test.each(['netsh', 'block-ip'])('makes %s null-route instead', async (name) => {
    const any = row(name, 'IPv4');
    const host = stopped(any.fresh());
    expect(await any.call('add', host)).toMatchObject({ outcome: 'applied', backend: 'route' });
    sc(host, 'start');
    expect(await any.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(host.holds('203.0.113.7')).toBe(false);
  });

  test.each([
    ['is beginning', 2, false],
    ['is ending', 3, false],
    ['runs', 4, false],
    ['is over', 1, true],
  ])('is told from one that %s', (_, state, down) => {
    const stdout = `\r\nSERVICE_NAME: MpsSvc\r\n        TYPE               : 20  WIN32\r\n        STATE              : ${state}  X\r\n`;
    expect(isDown('MpsSvc').read({ exitCode: 0, stdout, stderr: '' })).toBe(down);
  });

  test('is not told from nothing', () => {
    expect(isDown('MpsSvc').read({ exitCode: 1, stdout: '', stderr: 'no' })).toBe(false);
  });
});

describe('half a block', () => {
  const NAME = 'name=riposte netsh 203.0.113.7';

  test('that was there before stays where the tool dies over the other half', async () => {
    const host = netsh.fresh();
    advfirewall(host, 'add', NAME, 'dir=in', 'action=block', 'remoteip=203.0.113.7/32');
    const rules = () => host.state().match(/\|Dir=.*\|Name=riposte netsh 203\.0\.113\.7\|/g);
    const before = rules();
    expect(before).toHaveLength(1);
    host.faults = (_, { args }) =>
      args.includes('add') && args.includes('dir=out') ? 'killed' : undefined;
    expect((await row('netsh', 'IPv4', 'netsh').call('add', host)).outcome).not.toBe('applied');
    expect(rules()).toEqual(before);
  });

  test('is not told as one', async () => {
    const host = netsh.fresh();
    await netsh.call('add', host);
    advfirewall(host, 'delete', NAME, 'dir=out');
    const actions = new Map(actionsOn('windows').map(({ file, action }) => [file, action]));
    const { holdings } = await host.run('riposte', (ports) => inventory(actions, ports));
    expect(holdings.map(({ target }) => target)).toEqual(['203.0.113.7']);
    expect(holdings.map(({ state }) => state)).not.toContain('held');
  });
});

test('a block that no profile heeds any more is not told as held', async () => {
  const host = netsh.fresh();
  await netsh.call('add', host);
  const actions = new Map(actionsOn('windows').map(({ file, action }) => [file, action]));
  const states = async () => {
    const { holdings } = await host.run('riposte', (ports) => inventory(actions, ports));
    return holdings.map(({ state }) => state);
  };
  expect(await states()).toEqual(['held']);
  off(host, ['DomainProfile', 'PublicProfile']);
  expect(await states()).toEqual(['held']);
  off(host);
  expect(await states()).toEqual(['gone']);
});

/** What a tool answers instead of what it would, and whether it does it first. */
interface Lie {
  readonly about: RegExp;
  readonly answer: Completed;
  readonly acts: boolean;
}

/** A host on which a tool does not do as it says. */
class LyingHost extends ModelHost {
  readonly #lie: Lie;

  constructor(lie: Lie) {
    super({ platform: 'windows' });
    this.#lie = lie;
  }

  override tool(command: Parameters<ModelHost['tool']>[0]): Completed {
    // While it is being set up there is no lie yet.
    const lie = this.commands.length > 0 && this.#lie.about.test(this.commands.at(-1) ?? '');
    if (!lie) return super.tool(command);
    if (this.#lie.acts) super.tool(command);
    return this.#lie.answer;
  }
}

const answer = (exitCode: number, stdout = ''): Completed => ({ exitCode, stdout, stderr: '' });
const forced = row('netsh', 'IPv4', 'netsh');

describe('exit codes decide nothing', () => {
  test('where netsh says yes and nothing is there', async () => {
    const host = new LyingHost({ about: /add rule/, answer: answer(0), acts: false });
    const before = host.state();
    const { outcome, detail, told } = await forced.call('add', host);
    expect([outcome, told]).toEqual(['tool-failed', []]);
    expect(detail).toContain('netsh answers 0, but the registry does not have the rules');
    expect(host.state()).toBe(before);
  });

  test('where netsh says no and it is done', async () => {
    const host = new LyingHost({ about: /add rule/, answer: answer(1, '\ufffd'), acts: true });
    expect(await forced.call('add', host)).toMatchObject({ outcome: 'applied' });
  });

  test('where half of it is done, which is taken back', async () => {
    const host = new LyingHost({ about: /dir=out/, answer: answer(1, 'Fehler'), acts: false });
    const before = host.state();
    const { outcome, detail } = await forced.call('add', host);
    expect(outcome).toBe('tool-failed');
    expect(detail).toContain('dir=out action=block remoteip=203.0.113.7/32 answered 1: Fehler');
    expect(host.state()).toBe(before);
  });

  test('where a delete says yes and the rules stay', async () => {
    const host = new LyingHost({ about: /delete rule/, answer: answer(0), acts: false });
    await forced.call('add', host);
    const { outcome, detail } = await forced.call('delete', host);
    expect(outcome).toBe('tool-failed');
    expect(detail).toContain('but the registry still has the rules');
    expect(host.holds('203.0.113.7')).toBe(true);
  });

  test('where a delete says no and the rules are gone', async () => {
    const host = new LyingHost({ about: /delete rule/, answer: answer(1), acts: true });
    await forced.call('add', host);
    expect(await forced.call('delete', host)).toMatchObject({ outcome: 'removed' });
  });
});

test.each<Fault>(['broken', 'killed', 'hanging', 'missing'])(
  'netsh that is %s is no reason for a null route',
  async (fault) => {
    const any = row('block-ip', 'IPv4');
    const host = any.fresh();
    host.faults = (_place, { tool }) => (tool === 'netsh' ? fault : undefined);
    const { outcome } = await any.call('add', host);
    expect(['tool-failed', 'timed-out', 'missing-tool']).toContain(outcome);
    expect(host.commands.filter((command) => command.startsWith('route'))).toEqual([]);
  },
);

describe('a rule of our name', () => {
  const NAME = 'name=riposte netsh 203.0.113.7';

  test.each([
    ['is off', 'Active=TRUE', 'Active=FALSE'],
    ['is for some ports', '|Name', '|Protocol=6|Name'],
    ['allows', 'Action=Block', 'Action=Allow'],
    ['is for another address', 'RA4=203.0.113.7/', 'RA4=203.0.113.6/'],
  ])('that %s is none, and goes with the undo', async (_what, from, to) => {
    const host = netsh.fresh();
    const before = host.state();
    const data = `v2.31|Action=Block|Active=TRUE|Dir=In|RA4=203.0.113.7/255.255.255.255|N${NAME.slice(1)}|`;
    host.tool({
      tool: 'reg',
      args: ['add', `${POLICY}\\FirewallRules`, '/v', 'x', '/d', data.replace(from, to), '/f'],
    });
    expect(await netsh.call('add', host)).toMatchObject({ outcome: 'applied' });
    expect(host.holds('203.0.113.7')).toBe(true);
    expect(await netsh.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(host.state()).toBe(before);
  });
});

test('a rule that is not ours is named, with what would lift it', async () => {
  const host = netsh.fresh();
  advfirewall(host, 'add', 'name=by hand', 'dir=in', 'action=block', 'remoteip=203.0.113.7');
  const before = host.state();
  const { outcome, detail } = await netsh.call('delete', host);
  expect(outcome).toBe('not-ours');
  expect(detail).toContain(
    'netsh advfirewall firewall delete rule "name=by hand" remoteip=203.0.113.7/255.255.255.255',
  );
  expect(host.state()).toBe(before);
});

describe('what upstream has left', () => {
  const former = (host: ModelHost, remote: string) => {
    for (const dir of ['in', 'out']) {
      advfirewall(
        host,
        'add',
        `name=${FORMER}`,
        `dir=${dir}`,
        'action=block',
        `remoteip=${remote}`,
      );
    }
  };

  test.each([
    ['IPv4', '203.0.113.7/32'],
    ['IPv6', '2001:db8::7/128'],
    ['IPv6', '2001:db8::7/32'],
    ['IPv6', '2001:db8::/32'],
  ] as const)('for an address of %s as %s goes with any undo', async (kind, remote) => {
    for (const verbs of [['delete'], ['add', 'delete']] as const) {
      const one = row('netsh', kind);
      const host = one.fresh();
      const before = host.state();
      former(host, remote);
      for (const verb of verbs) await one.call(verb, host);
      expect(host.state(), verbs.join()).toBe(before);
      expect(host.holds(one.example.text)).toBe(false);
    }
  });

  test.each(['203.0.113.70/32', '203.0.113.0/24', '203.0.113.7,203.0.113.70'])(
    'for %s stays',
    async (remote) => {
      const host = netsh.fresh();
      former(host, remote);
      const before = host.state();
      expect(await netsh.call('delete', host)).toMatchObject({ outcome: 'absent' });
      expect(host.state()).toBe(before);
    },
  );

  test('is not touched by an add that fails', async () => {
    const host = new LyingHost({ about: /add rule/, answer: answer(1), acts: false });
    former(host, '203.0.113.7/32');
    const before = host.state();
    expect(await forced.call('add', host)).toMatchObject({ outcome: 'tool-failed' });
    expect(host.state()).toBe(before);
  });

  test('and does not go is told', async () => {
    const host = new LyingHost({ about: /WAZUH/, answer: answer(0), acts: false });
    former(host, '203.0.113.7/32');
    const { outcome } = await netsh.call('delete', host);
    expect(outcome).toBe('tool-failed');
  });
});
