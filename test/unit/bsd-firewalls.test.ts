import { describe, expect, test } from 'vitest';
import type { Command, Completed } from '../../src/lib/effect.ts';
import { exitCode } from '../../src/lib/outcome.ts';
import type { System } from '../../src/lib/system.ts';
import { actionsOn, examplesOf, UNABLE } from '../support/actions.ts';
import { call, PROTOCOLS } from '../support/callers.ts';
import { ROWS, Row } from '../support/matrix.ts';
import { Ipfw } from '../support/model/bsd/ipfw.ts';
import { Pf } from '../support/model/bsd/pf.ts';
import { HOME, ModelHost, RunDied } from '../support/model-host.ts';

const [wazuh4] = PROTOCOLS;

function row(system: System, name: string, kind: 'IPv4' | 'IPv6' = 'IPv4', backend?: string): Row {
  const action = actionsOn(system).find(({ file }) => file === name)?.action;
  const example = action && examplesOf(action).find((one) => one.kind === kind);
  if (!action || !wazuh4 || !example) throw new Error(`there is no ${name} on ${system}`);
  return new Row(action, wazuh4, example, backend);
}

const tool = (host: ModelHost, line: string, stdin?: string): Completed => {
  const [name = '', ...args] = line.split(' ');
  return host.tool({ tool: name, args, ...(stdin !== undefined && { stdin }) });
};

const PF_SYSTEMS = ['macos', 'freebsd', 'openbsd'] as const;
const ADDRESS = '203.0.113.7';

/** A host whose main ruleset is this. */
function withMain(one: Row, rules: string): ModelHost {
  const host = one.fresh({ bare: true });
  expect(tool(host, 'pfctl -f -', rules).exitCode).toBe(0);
  return host;
}

describe.each(PF_SYSTEMS)('pf of %s', (system) => {
  const pf = row(system, 'pf');

  test('B1: neither the main ruleset nor its file is ever touched, and no rule is made twice', async () => {
    const host = pf.fresh();
    for (const verb of ['add', 'add', 'delete', 'add'] as const) await pf.call(verb, host);
    for (const command of host.commands) {
      expect(command).not.toMatch(/pf\.conf| -[ed]\b/);
      if (/ -f /.test(command)) expect(command).toMatch(/^pfctl -a \S+ -f - <</);
    }
    const rules = host.state().match(/block drop (?:in|out) quick .*<riposte>/g) ?? [];
    expect(rules).toHaveLength(2);
  });

  test.each(['IPv4', 'IPv6'] as const)('B3: states of %s end in both directions', async (kind) => {
    const one = row(system, 'pf', kind);
    const host = one.fresh();
    await one.call('add', host);
    const { text } = one.example;
    const any = kind === 'IPv6' ? '::/0' : '0.0.0.0/0';
    expect(host.commands.slice(-2)).toEqual([`pfctl -k ${text}`, `pfctl -k ${any} -k ${text}`]);
  });

  test('states that cannot be ended are told, and the block stays', async () => {
    const host = pf.fresh();
    host.faults = (_place, { args }) => (args.includes('-k') ? 'broken' : undefined);
    const { outcome, detail } = await pf.call('add', host);
    expect([outcome, host.holds(ADDRESS)]).toEqual(['applied', true]);
    expect(detail).toContain('connections that were open may go on');
  });

  test('an answer that says yes while nothing is there is no success', async () => {
    class Liar extends ModelHost {
      override tool(command: Command): Completed {
        const lies = command.args.includes('add') && command.args.some((one) => /ripo/.test(one));
        const usual = { exitCode: 0, stdout: '', stderr: '1/1 addresses added.\n' };
        return lies ? usual : super.tool(command);
      }
    }
    const only = row(system, 'pf', 'IPv4', 'pf');
    const { outcome } = await only.call('add', new Liar({ platform: system }));
    expect(outcome).toBe('tool-failed');
  });

  test('a ruleset that looks into no anchor is declined with the line that it needs', async () => {
    const host = withMain(pf, 'pass in quick all\nanchor "riposte"\n');
    const before = host.state();
    const { outcome, detail, told } = await pf.call('add', host);
    expect([outcome, told]).toEqual(['no-effect', []]);
    expect(detail).toContain(system === 'macos' ? 'anchor "com.apple/*"' : 'anchor "riposte/*"');
    expect(host.state()).toBe(before);
  });
});

describe.each(['freebsd', 'openbsd'] as const)('pf of %s', (system) => {
  const pf = row(system, 'pf');
  const TABLE = 'table <TABLE> persist\nblock in quick from <TABLE> to any\n';

  test('B2: pf that is disabled is no success, and is not enabled', async () => {
    const host = pf.fresh();
    tool(host, 'pfctl -d');
    const before = host.state();
    const { outcome, detail } = await pf.call('add', host);
    expect([outcome, host.state()]).toEqual(['no-effect', before]);
    expect(detail).toContain('pf is disabled, or not loaded; enable it with pfctl -e');
  });

  test.each(['wazuh_fwtable', 'ossec_fwtable'])('without an anchor %s is used', async (name) => {
    const host = withMain(pf, TABLE.replaceAll('TABLE', name));
    expect(await pf.call('add', host)).toMatchObject({ outcome: 'applied', backend: 'pf-table' });
    const test = `pfctl -t ${name} -T test ${ADDRESS}`;
    expect(tool(host, test).exitCode).toBe(0);
    expect(await pf.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(tool(host, test).exitCode).toBe(2);
  });

  test('B3: states end in both directions where a table of the main ruleset is used', async () => {
    const host = withMain(pf, TABLE.replaceAll('TABLE', 'wazuh_fwtable'));
    await pf.call('add', host);
    const killed = [`pfctl -k ${ADDRESS}`, `pfctl -k 0.0.0.0/0 -k ${ADDRESS}`];
    expect(host.commands.slice(-2)).toEqual(killed);
  });

  test.each([
    'pass in quick from <wazuh_fwtable> to any',
    // A later rule that lets it pass would win.
    'block drop in from <wazuh_fwtable> to any',
  ])(
    'a table that no rule of the main ruleset blocks by for certain is not used: %s',
    async (rule) => {
      const host = withMain(pf, `table <wazuh_fwtable> persist\n${rule}\n`);
      expect(await pf.call('add', host)).toMatchObject({ outcome: 'no-effect' });
      expect(host.state()).not.toContain(ADDRESS);
    },
  );
});

describe('pf of macOS', () => {
  const pf = row('macos', 'pf');
  const enabled = (host: ModelHost) => host.state().includes('pf is enabled');
  const counted = (host: ModelHost) => host.commands.filter((one) => one === 'pfctl -E').length;

  test('B2: is enabled by one token, for as long as anything is blocked', async () => {
    const host = pf.fresh();
    expect(enabled(host)).toBe(false);
    await pf.call('add', host);
    await pf.call('add', host, { holder: 'manual' }, { text: '198.51.100.9' });
    expect([enabled(host), counted(host)]).toEqual([true, 1]);
    await pf.call('delete', host);
    expect(enabled(host)).toBe(true);
    await pf.call('delete', host, { holder: 'manual' }, { text: '198.51.100.9' });
    expect(enabled(host)).toBe(false);
    expect(host.own().some((path) => path.endsWith('pf-token'))).toBe(false);
  });

  test('stays enabled for others, and is kept enabled when they let go', async () => {
    const host = pf.fresh();
    const [, token = ''] = /Token : (\d+)/.exec(tool(host, 'pfctl -E').stderr) ?? [];
    await pf.call('add', host);
    tool(host, `pfctl -X ${token}`);
    expect(host.holds(ADDRESS)).toBe(true);
    tool(host, 'pfctl -E');
    await pf.call('delete', host);
    expect(enabled(host)).toBe(true);
  });

  test('a token that a run died over is found again, and one of a former boot is none', async () => {
    const host = pf.fresh();
    host.faults = (_place, { args }) => (args.includes('-E') ? 'died-after' : undefined);
    await expect(pf.call('add', host)).rejects.toBeInstanceOf(RunDied);
    host.faults = () => undefined;
    await pf.call('add', host);
    expect(counted(host)).toBe(1);
    await pf.call('delete', host);
    expect(enabled(host)).toBe(false);
    await pf.call('add', host);
    tool(host, 'pfctl -d');
    await pf.call('add', host);
    expect([host.holds(ADDRESS), counted(host)]).toEqual([true, 3]);
  });

  test('says that nobody has seen it work', async () => {
    const { detail } = await pf.call('add', pf.fresh());
    expect(detail).toContain('nobody has seen yet');
  });
});

describe('ipfw', () => {
  const ipfw = row('freebsd', 'ipfw');

  /** FreeBSD 11 or a later one, with ipfw alone. */
  class Host extends ModelHost {
    readonly ipfw: Ipfw;
    constructor(kind: 11 | 12) {
      super({ platform: 'freebsd', bare: true });
      this.ipfw = new Ipfw(kind);
    }
    override tool(command: Command): Completed {
      // The first calls come from the constructor.
      if (command.tool === 'ipfw' && this.ipfw) return this.ipfw.run(command);
      return command.tool === 'sysctl' ? this.ipfw.sysctl(command) : super.tool(command);
    }
  }

  test.each([11, 12] as const)('B4: on FreeBSD %i there is one pair of rules', async (kind) => {
    const host = new Host(kind);
    for (const verb of ['add', 'add', 'delete', 'delete', 'add'] as const) {
      expect(exitCode((await ipfw.call(verb, host)).outcome)).toBe(0);
    }
    expect(host.ipfw.state.rules.map(({ text }) => text)).toEqual([
      'deny ip from table(riposte_ipfw) to any // riposte',
      'deny ip from any to table(riposte_ipfw) // riposte',
      'deny ip from any to any',
    ]);
    expect(host.ipfw.drops(ADDRESS)).toBe(true);
  });

  test.each([11, 12] as const)(
    'on FreeBSD %i upstream’s entry goes with a delete',
    async (kind) => {
      const host = new Host(kind);
      for (const address of [ADDRESS, '203.0.113.70']) {
        tool(host, `ipfw -q table 00001 add ${address}`);
        tool(host, `ipfw -q table 1 add ${address}`);
      }
      expect(await ipfw.call('delete', host)).toMatchObject({ outcome: 'removed' });
      expect(host.ipfw.state.tables).toMatchObject({
        '00001': ['203.0.113.70/32'],
        1: [`${ADDRESS}/32`, '203.0.113.70/32'],
      });
    },
  );

  test('that is off, a locked table, and a rule that shares our number', async () => {
    const host = new Host(12);
    host.ipfw.state.enabled = false;
    expect(await ipfw.call('add', host)).toMatchObject({ outcome: 'no-effect' });
    expect(host.ipfw.state.tables).toEqual({});
    host.ipfw.state.enabled = true;
    host.ipfw.state.locked = ['riposte_ipfw'];
    expect(await ipfw.call('add', host)).toMatchObject({ outcome: 'tool-failed' });
  });
});

describe('npf', () => {
  const npf = row('netbsd', 'npf');

  /** A host whose `npfctl show` says something else. */
  class Host extends ModelHost {
    readonly #change: (text: string) => string;
    constructor(change: (text: string) => string) {
      super({ platform: 'netbsd' });
      this.#change = change;
    }
    override tool(command: Command): Completed {
      const answer = super.tool(command);
      const shows = command.tool === 'npfctl' && command.args[0] === 'show';
      return shows ? { ...answer, stdout: this.#change(answer.stdout) } : answer;
    }
  }

  test('B5: filtering may stand in any line', async () => {
    const host = new Host((text) => `# npf.conf\n\n${text}`);
    expect(await npf.call('add', host)).toMatchObject({ outcome: 'applied' });
  });

  test.each([
    ['filtering', (text: string) => text.replace('\tactive', '\tinactive'), 'npfctl start'],
    [
      'rules',
      (text: string) => text.replace(/^\s*block.*\n/gm, ''),
      'block in final from <riposte>',
    ],
    [
      'a table',
      (text: string) => text.replaceAll('wazuh_blacklist', 'x'),
      'table <riposte> type ipset',
    ],
  ])('without %s it says what is needed', async (_what, change, needed) => {
    const host = new Host(change);
    const before = host.state();
    const { outcome, detail } = await npf.call('add', host);
    expect([outcome, host.state()]).toEqual(['no-effect', before]);
    expect(detail).toContain(needed);
  });
});

describe('firewall-drop of FreeBSD', () => {
  const drop = row('freebsd', 'firewall-drop');

  test('takes what is on when it runs, and undoes what it took', async () => {
    const host = drop.fresh();
    expect(await drop.call('add', host)).toMatchObject({ backend: 'pf' });
    await drop.call('delete', host);
    tool(host, 'pfctl -d');
    expect(await drop.call('add', host)).toMatchObject({ outcome: 'applied', backend: 'ipfw' });
    tool(host, 'pfctl -e');
    expect(await drop.call('delete', host)).toMatchObject({ outcome: 'removed', backend: 'ipfw' });
    expect(host.holds(ADDRESS)).toBe(false);
  });

  test('a way that the system does not have is declined by name', async () => {
    const one = row('macos', 'firewall-drop', 'IPv4', 'ipfw');
    const { outcome, detail } = await one.call('add', one.fresh());
    expect(outcome).toBe('missing-tool');
    expect(detail).toContain('there is no ipfw on macos');
  });
});

/** What tools say of a kernel that lacks their half. */
const LACKING = [
  ['pfctl', 1, 'pfctl: /dev/pf: No such file or directory', 'freebsd', 'ipfw'],
  ['ipfw', 71, 'ipfw: getsockopt(IP_FW_TABLE_XFIND): Protocol not available', 'freebsd', 'pf'],
  ['npfctl', 1, 'npfctl: fstat: /dev/npf: No such file or directory', 'netbsd', undefined],
] as const;

test.each(LACKING)('a kernel without what %s is for has nothing of ours', async (...lacking) => {
  const [name, exitCode, text, system, backend] = lacking;
  class Host extends ModelHost {
    override tool(command: Command): Completed {
      const off = {
        exitCode: 1,
        stdout: '',
        stderr: "sysctl: unknown oid 'net.inet.ip.fw.enable'\n",
      };
      if (name === 'ipfw' && command.tool === 'sysctl') return off;
      return command.tool === name
        ? { exitCode, stdout: '', stderr: `${text}\n` }
        : super.tool(command);
    }
  }
  const drop = row(system, 'firewall-drop');
  const host = new Host({ platform: system, bare: true });
  expect(await drop.call('delete', host)).toMatchObject({ outcome: 'absent' });
  const added = backend === undefined ? { outcome: 'no-effect' } : { outcome: 'applied', backend };
  expect(await drop.call('add', host)).toMatchObject(added);
  const left = backend === undefined ? 'absent' : 'removed';
  expect(await drop.call('delete', host)).toMatchObject({ outcome: left });
});

describe.each(UNABLE.map((found) => [`${found.platform}/${found.file}`, found] as const))(
  '%s, which cannot work there',
  (_name, { action, platform }) => {
    test('fails, says what to use, and changes nothing', async () => {
      if (!wazuh4) throw new Error('no protocol');
      const host = new ModelHost({ platform });
      const before = host.state();
      const ask = { program: action.name, subject: 'srcip', text: ADDRESS } as const;
      const { outcome, detail, told } = await call(action, wazuh4, { ...ask, verb: 'add' }, host);
      expect([outcome, told, host.commands]).toEqual(['missing-tool', [], []]);
      expect(detail).toMatch(/use /);
      const lifted = await call(action, wazuh4, { ...ask, verb: 'delete' }, host);
      expect([lifted.outcome, host.state()]).toEqual(['absent', before]);
    });
  },
);

test('ipfw_mac: macOS without ipfw is told what to use', async () => {
  const one = row('macos', 'ipfw_mac');
  const host = one.fresh();
  host.faults = (_place, { tool: name }) => (name === 'ipfw' ? 'missing' : undefined);
  const { outcome, detail } = await one.call('add', host);
  expect(outcome).toBe('missing-tool');
  expect(detail).toContain('use pf, or firewall-drop');
});

test('no address but a plain one ever reaches a tool', () => {
  const rows = ROWS.filter(({ platform }) => PF_SYSTEMS.some((system) => system === platform));
  expect(rows.length).toBeGreaterThan(0);
  // What the tool would make of others; that they are bad fields is a law of all actions.
  const pf = new Pf('freebsd');
  for (const text of ['!1.2.3.4', '1.2.3']) {
    expect(pf.run({ args: ['-t', 't', '-T', 'add', text] }).exitCode).toBe(0);
  }
  expect(pf.state.rulesets['']?.tables['t']).toEqual(['!1.2.3.4', '1.2.0.3']);
});

test.each(['!1.2.3.4', '1.2.3', 'localhost', '-1', '1.2.3.4/33'])(
  '%s is no address to pf, ipfw or npf',
  async (text) => {
    for (const one of [row('openbsd', 'pf'), row('freebsd', 'ipfw'), row('netbsd', 'npf')]) {
      const host = one.fresh();
      const { outcome } = await one.call('add', host, {}, { text });
      expect([outcome, host.commands]).toEqual(['bad-field', []]);
    }
  },
);

test('the state folder holds nothing but what it says', async () => {
  const pf = row('macos', 'pf');
  const host = pf.fresh();
  await pf.call('add', host);
  expect(host.file('active-response/riposte/pf-token')).toMatch(/^\{"token":"\d+"\}\n$/);
  expect(host.volume.statSync(`${HOME}/active-response/riposte/pf-token`).mode & 0o077).toBe(0);
});
