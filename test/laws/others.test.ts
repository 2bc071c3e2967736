import { describe, expect, test } from 'vitest';
import { shortMetricOf } from '../../src/lib/routing/host-routes.ts';
import type { System } from '../../src/lib/system.ts';
import { backendsOf } from '../support/actions.ts';
import { alerts, ROWS, type Row } from '../support/matrix.ts';
import type { ModelHost } from '../support/model-host.ts';

const ADDRESSES = ROWS.filter(({ example }) => example.subject === 'srcip');
const V4 = ADDRESSES.filter(({ example }) => example.kind === 'IPv4');

/** How an administrator blocks an address on a system, and how that is lifted. */
function byHand({ platform, example: { text, kind } }: Row): readonly [make: string, lift: string] {
  switch (platform) {
    case 'linux': {
      const make = `${kind === 'IPv6' ? 'ip6tables' : 'iptables'} -A INPUT -s ${text} -j DROP`;
      return [make, make.replace(' -A ', ' -w 5 -D ')];
    }
    case 'windows':
      return [
        `netsh advfirewall firewall add rule name=theirs dir=in action=block remoteip=${text}`,
        'netsh advfirewall firewall delete rule name=theirs remoteip=',
      ];
    case 'netbsd':
      return [`npfctl table admin add ${text}`, 'npfctl table admin rem'];
    default:
      return [`pfctl -t admin -T add ${text}`, 'pfctl -t admin -T delete'];
  }
}

const tool = (host: ModelHost, line: string) => {
  const [name = '', ...args] = line.split(' ');
  return host.tool({ tool: name, args }).exitCode;
};

describe.each(ADDRESSES.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const { text } = row.example;
  const [admin, lifting] = byHand(row);

  test('an administrator’s rule for the same target survives apply and revert', async () => {
    const host = await row.used();
    tool(host, admin);
    const before = host.state();
    await row.call('add', host);
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(host.state()).toBe(before);
  });

  test('reverting what only an administrator made says how to lift it and leaves it', async () => {
    const host = await row.used();
    tool(host, admin);
    const before = host.state();
    const { outcome, detail } = await row.call('delete', host);
    // Only a backend that works with such rules knows of them.
    if (outcome !== 'absent') {
      expect(outcome).toBe('not-ours');
      expect(detail).toContain(lifting);
      expect(alerts(host.log)).toEqual([]);
    }
    const knows = backendsOf(row.action, text).some(({ foreign }) =>
      foreign?.some(({ lift }) => admin.startsWith(`${lift.tool} `)),
    );
    const all = row.backend === undefined || row.protocol.chooses;
    if (all) expect(outcome).toBe(knows ? 'not-ours' : 'absent');
    expect(host.state()).toBe(before);
  });
});

/** What may befall the ground that a block stands on. */
const DAMAGE_LINUX: readonly string[] = [
  'nft delete table inet riposte',
  'nft flush chain inet riposte firewall-drop',
  'nft add table inet riposte { flags dormant; }',
  'nft delete chain inet riposte firewall-drop && nft add chain inet riposte firewall-drop { type filter hook input priority 0; policy accept; }',
  'nft add rule inet riposte firewall-drop ip saddr @firewall-drop4 drop',
  'iptables -t raw -D PREROUTING -m set --match-set riposte4-firewall-drop src -m comment --comment RULE -j DROP',
  'iptables -D INPUT -s 203.0.113.7 -m comment --comment RULE -j DROP',
  'iptables -D FORWARD -s 203.0.113.7 -m comment --comment RULE -j DROP',
  'ip -4 rule del priority 182 lookup 182',
  'firewall-cmd --reload',
  'declared lose',
  'rm -f /etc/hosts.deny',
  'rm -f /ipblock/203.0.113.7',
  `route del -host 203.0.113.7 metric ${shortMetricOf('firewall-drop')} reject`,
];
const DAMAGE_WINDOWS: readonly string[] = [
  'netsh advfirewall firewall delete rule name=RULE dir=in',
  'netsh advfirewall firewall delete rule name=RULE dir=out',
  'netsh advfirewall reset',
  'route DELETE 203.0.113.7',
  'declared lose',
];

// Those of the holder are of `firewall-drop`.
const DAMAGE_PF: readonly string[] = [
  'pfctl -a com.apple/riposte-firewall-drop -F rules',
  'pfctl -a com.apple/riposte-firewall-drop -F Tables',
  'pfctl -a riposte/firewall-drop -F rules',
  'pfctl -a riposte/firewall-drop -F Tables',
  'pfctl -t wazuh_fwtable -T flush',
];
const DAMAGE_BSD: readonly string[] = [
  'declared lose',
  'rm -f /etc/hosts.deny',
  'rm -f /etc/hosts.allow',
  'rm -f /ipblock/203.0.113.7',
  'route -q -n delete -host 203.0.113.7',
];
const DAMAGE: Readonly<Record<System, readonly string[]>> = {
  linux: DAMAGE_LINUX,
  windows: DAMAGE_WINDOWS,
  macos: [...DAMAGE_BSD, ...DAMAGE_PF, 'pfctl -d', 'ipfw -q set disable 2', 'ipfw -f flush'],
  freebsd: [
    ...DAMAGE_BSD,
    ...DAMAGE_PF,
    'ipfw -f flush',
    'ipfw -q delete 2',
    'ipfw -q table riposte_firewall-drop delete 203.0.113.7',
  ],
  openbsd: [...DAMAGE_BSD, ...DAMAGE_PF],
  netbsd: [...DAMAGE_BSD, 'npfctl table wazuh_blacklist rem 203.0.113.7'],
};

describe.each(V4.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  test.each([
    ['continue', 'the same'],
    ['abort', 'the same'],
    ['continue', 'another'],
  ] as const)('the next alert heals, answered by %s, about %s address', async (temper, which) => {
    const text = which === 'another' ? row.example.other : row.example.text;
    const holder = 'firewall-drop';
    let ended = 0;
    const windows = row.platform === 'windows';
    const mark = windows ? `riposte ${holder} ${row.example.text}` : `riposte ${holder}`;
    for (const damage of DAMAGE[row.platform]) {
      const host = row.fresh();
      await row.call('add', host, { holder });
      for (const line of damage.split(' && ')) {
        const [name = '', ...args] = line.split(' ');
        const words = args.map((word) => word.replace(/\bRULE$/, mark));
        host.tool({ tool: name, args: words });
      }
      ended += host.holds(row.example.text) ? 0 : 1;
      await row.call('add', host, { holder, temper }, { text });
      expect(host.holds(text), damage).toBe(true);
      await row.call('delete', host, { holder }, { text });
      expect(host.holds(text), damage).toBe(false);
    }
    expect(ended).toBeGreaterThan(0);
  });
});

const V4_LINUX = V4.filter(({ platform }) => platform === 'linux');

describe.each(V4_LINUX.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  test('a set made with other features is used as it is, or the run says why not', async () => {
    const host = row.fresh();
    host.tool({
      tool: 'ipset',
      args: 'create riposte4-firewall-drop hash:ip family inet maxelem 1000000 timeout 0'.split(
        ' ',
      ),
    });
    expect(await row.call('add', host, { holder: 'firewall-drop' })).toMatchObject({
      outcome: 'applied',
    });
    expect(host.holds(row.example.text)).toBe(true);
  });
});
