import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ipaddr from 'ipaddr.js';
import { beforeEach, expect, test } from 'vitest';
import firewallDrop from '../../scripts/linux/firewall-drop.ts';
import { PROTOCOLS, type Protocol } from '../support/callers.ts';
import { PROBES } from '../support/firewall.ts';
import { lane, TOOLS } from '../support/lane.ts';
import { ADDRESS, type Place } from '../support/net.ts';
import { mounted } from '../support/tools.ts';

const here = lane([...TOOLS, 'strace']);

/** What must never be blocked on the host of these tests, by why that is so. */
const PROTECTED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  broadcast: ['255.255.255.255', '192.0.2.255', '198.51.100.255'],
  'link-local': ['169.254.169.254', 'fe80::1'],
  own: [ADDRESS.victim[4], ADDRESS.victim[6]],
  gateway: ['192.0.2.9', '2001:db8:1::9'],
  resolver: ['198.51.100.53', '2001:db8:2::53'],
  'resolver behind a stub': ['198.51.100.54', '198.51.100.55'],
  manager: ['198.51.100.77', '2001:db8:2::77'],
  'manager by name': ['198.51.100.78', '2001:db8:2::78'],
  'root’s list': ['203.0.113.129', '2001:db8:b::1', '198.51.100.80', '2001:db8:2::80'],
  'the fleet’s list': ['203.0.113.65', '2001:db8:c::1'],
};

const NEIGHBOURS = [
  '192.0.2.90',
  '198.51.100.56',
  '198.51.100.79',
  '203.0.113.64',
  '2001:db8:d::1',
];

const MANAGERS = ['198.51.100.77', '2001:db8:2::77', 'manager.example'];

beforeEach(async () => {
  const at = (...names: string[]) => join(here.home.path, ...names);
  const servers = MANAGERS.map((address) => `<server><address>${address}</address></server>`);
  const client = `<client>${servers.join('')}</client>`;
  writeFileSync(at('etc/ossec.conf'), `<ossec_config>${client}</ossec_config>\n`);
  const state = (...names: string[]) => at('active-response/riposte', ...names);
  mkdirSync(state(), { recursive: true, mode: 0o700 });
  const own = { addresses: ['203.0.113.128/26', '2001:db8:b::/48'], names: ['office.example'] };
  writeFileSync(state('riposte.json'), JSON.stringify({ protect: own }), { mode: 0o600 });
  const fleet = { addresses: ['203.0.113.65', '2001:db8:c::/48'] };
  writeFileSync(at('etc/shared/riposte.json'), JSON.stringify({ protect: fleet }));
  const now = new Date().toISOString();
  const names = {
    'manager.example': { '198.51.100.78': now, '2001:db8:2::78': now },
    'office.example': { '198.51.100.80': now, '2001:db8:2::80': now },
  };
  writeFileSync(state('resolved.json'), JSON.stringify({ asked: now, names }), { mode: 0o600 });
});

/** The victim with routes and resolvers of its own. */
async function victim(): Promise<Place> {
  const { victim } = here.world;
  await victim.must(['ip', 'route', 'replace', '100.64.0.0/10', 'via', '192.0.2.9']);
  await victim.must(['ip', '-6', 'route', 'replace', 'fd00:9::/48', 'via', '2001:db8:1::9']);
  const lines = (...addresses: string[]) => addresses.map((one) => `nameserver ${one}\\n`).join('');
  // Its /run is nobody else's.
  const write = (folder: string, name: string, ...addresses: string[]) =>
    `mkdir -p ${folder} && printf '${lines(...addresses)}' > ${folder}/${name}`;
  await victim.must([
    'sh',
    '-c',
    `${write('/run/systemd/resolve', 'resolv.conf', '198.51.100.54')} && ${write('/run/NetworkManager', 'no-stub-resolv.conf', '198.51.100.55')}`,
  ]);
  const own = join(here.home.path, 'resolv.conf');
  writeFileSync(
    own,
    'nameserver 127.0.0.53\nnameserver 198.51.100.53\nnameserver 2001:db8:2::53\n',
  );
  return mounted(victim, `mount --bind ${own} /etc/resolv.conf`);
}

/** An address in every form that is another text for it, or leads to it by way of a translator. */
function formsOf(text: string): readonly string[] {
  const address = ipaddr.parse(text);
  if (address instanceof ipaddr.IPv6) {
    return [text, text.toUpperCase(), address.toNormalizedString()];
  }
  const [high, low] = [0, 2].map((start) =>
    address.octets
      .slice(start, start + 2)
      .map((octet) => octet.toString(16).padStart(2, '0'))
      .join(''),
  );
  return [
    text,
    `::ffff:${text}`,
    `::FFFF:${high}:${low}`,
    `0:0:0:0:0:ffff:${high}:${low}`,
    `64:ff9b::${text}`,
    `2002:${high}:${low}::1`,
  ];
}

/** The programs that were run by one call, itself first, and how it ended. */
async function traced(protocol: Protocol, ip: string, at: Place) {
  const { home } = here;
  const ask = { program: 'firewall-drop', verb: 'add', subject: 'srcip', text: ip } as const;
  const legacy = protocol.name === 'legacy';
  const words = legacy ? protocol.request(ask, firewallDrop).words : [];
  const verb = protocol.name === 'wazuh5' ? 'enable' : 'add';
  const lines = legacy ? [] : [protocol.reply(ask, verb), protocol.reply(ask, 'continue')];
  const trace = join(home.path, 'trace');
  const ran = await at.run(
    [
      ...['strace', '-f', '-qq', '-e', 'trace=execve,execveat', '-e', 'signal=none', '-o', trace],
      ...['active-response/bin/firewall-drop', ...(words ?? [])],
    ],
    { cwd: home.path, input: lines.map((line) => `${line}\n`).join('') },
  );
  const calls = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line.includes('execve'));
  rmSync(trace);
  return { ...ran, runs: calls.length, outcome: home.outcomes().at(-1)?.outcome };
}

const AGENTS = PROTOCOLS.filter(({ name }) => name !== 'manual');

test('there are three kinds of agents', () => {
  expect(AGENTS.map(({ name }) => name)).toEqual(['wazuh4', 'wazuh5', 'legacy']);
});

test.each(AGENTS.map((protocol) => [protocol.name, protocol] as const))(
  '%s: every kind of lock-out is refused in every form, and nothing is run',
  async (_name, protocol) => {
    const at = await victim();
    for (const [kind, addresses] of Object.entries(PROTECTED)) {
      for (const ip of addresses.flatMap(formsOf)) {
        const { exitCode, stdout, runs, outcome } = await traced(protocol, ip, at);
        const seen = { exitCode, stdout, runs, outcome };
        const refused = { exitCode: 5, stdout: '', runs: 1, outcome: 'refused' };
        expect(seen, `${kind}: ${ip}`).toEqual(refused);
      }
    }
    for (const family of [4, 6] as const) {
      expect(await PROBES.nft.blocked(here.world.victim, family)).toEqual([]);
    }
    expect(await here.world.victim.must(['nft', 'list', 'tables'])).toBe('');
  },
  240_000,
);

test('their neighbours are blocked as any other', async () => {
  const at = await victim();
  for (const ip of NEIGHBOURS) {
    for (const protocol of AGENTS) {
      const { exitCode, runs } = await traced(protocol, ip, at);
      expect(exitCode, `${protocol.name}: ${ip}`).toBe(0);
      expect(runs).toBeGreaterThan(1);
    }
  }
});
