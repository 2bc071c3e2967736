import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/lib/fields.ts';
import {
  defaultGateways,
  ownNetwork,
  routesTo,
  tableIn,
} from '../../src/lib/routing/windows-table.ts';
import { actionsOn, examplesOf } from '../support/actions.ts';
import { PROTOCOLS } from '../support/callers.ts';
import { Row } from '../support/matrix.ts';
import type { ModelHost } from '../support/model-host.ts';

/** The words of a language in what `route print` says. */
interface Words {
  readonly list: string;
  readonly table: (family: 4 | 6) => string;
  readonly active: string;
  readonly head4: string;
  readonly head6: string;
  readonly link: string;
  readonly persistent: string;
  readonly none: string;
  readonly usual: string;
}

const ENGLISH: Words = {
  list: 'Interface List',
  table: (family) => `IPv${family} Route Table`,
  active: 'Active Routes:',
  head4: 'Network Destination        Netmask          Gateway       Interface  Metric',
  head6: ' If Metric Network Destination      Gateway',
  link: 'On-link',
  persistent: 'Persistent Routes:',
  none: '  None',
  usual: 'Default',
};

const LANGUAGES: readonly (readonly [string, Words])[] = [
  ['English', ENGLISH],
  [
    'German, in another code page',
    {
      ...ENGLISH,
      link: 'Auf Verbindung',
      persistent: 'St\ufffdndige Routen:',
      none: '  Keine',
      usual: 'Standard',
    },
  ],
  ['Spanish', { ...ENGLISH, link: 'En v\ufffdnculo', none: '  Ninguno', usual: 'Predeterminado' }],
  [
    'Chinese',
    {
      ...ENGLISH,
      link: '在链路上',
      list: '接口列表',
      active: '活动路由:',
      none: '  无',
      usual: '默认',
    },
  ],
  ['nothing that can be read', { ...ENGLISH, link: '\ufffd\ufffd \ufffd', usual: '\ufffd \ufffd' }],
];

const LINE = '='.repeat(75);

function print(words: Words, { rows4 = [''], rows6 = [''], stored6 = [words.none] } = {}): string {
  const { link } = words;
  return [
    LINE,
    words.list,
    ' 12...00 15 5d 01 02 03 ......Microsoft Hyper-V Network Adapter #2',
    '  1...........................Software Loopback Interface 1',
    '  5...00 00 00 00 00 00 00 e0 Microsoft ISATAP Adapter',
    LINE,
    '',
    words.table(4),
    LINE,
    words.active,
    words.head4,
    '          0.0.0.0          0.0.0.0      192.0.2.254       192.0.2.10     25',
    `        127.0.0.0        255.0.0.0         ${link}         127.0.0.1    331`,
    `        127.0.0.1  255.255.255.255         ${link}         127.0.0.1    331`,
    `        192.0.2.0    255.255.255.0         ${link}        192.0.2.10    281`,
    `       192.0.2.10  255.255.255.255         ${link}        192.0.2.10    281`,
    `        224.0.0.0        240.0.0.0         ${link}         127.0.0.1    331`,
    ...rows4,
    LINE,
    words.persistent,
    '  Network Address          Netmask  Gateway Address  Metric',
    `          0.0.0.0          0.0.0.0      192.0.2.254  ${words.usual} `,
    '      203.0.113.9  255.255.255.255      192.0.2.254       1',
    `      203.0.113.8  255.255.255.255         ${link}       1`,
    LINE,
    '',
    words.table(6),
    LINE,
    words.active,
    words.head6,
    `  1    331 ::1/128                  ${link}`,
    ` 12    281 2001:db8:5::/64          ${link}`,
    ' 12    281 ::/0                     fe80::1',
    ' 12    281 fe80::215:5dff:fe01:203/128',
    `                                    ${link}`,
    ...rows6,
    LINE,
    words.persistent,
    ...stored6,
    '',
  ].join('\r\n');
}

const V4 = parseIp('203.0.113.7');
const V6 = parseIp('2001:db8::7');

describe.each(LANGUAGES)('R4: route print in %s', (_name, words) => {
  test('tells the loopback interface and the gateways', () => {
    const table = tableIn(print(words));
    expect(table.loopback).toBe(1);
    expect(defaultGateways(table)).toEqual(['192.0.2.254']);
  });

  test('tells a null route from one that leads somewhere', () => {
    const dead = `      203.0.113.7  255.255.255.255         ${words.link}         127.0.0.1     76`;
    const live = '      203.0.113.7  255.255.255.255      192.0.2.254       192.0.2.10     26';
    const seen = (...rows4: string[]) =>
      routesTo(V4, tableIn(print(words, { rows4 }))).map((route) => route.dead);
    expect(seen()).toEqual([]);
    expect(seen(dead)).toEqual([true]);
    expect(seen(dead, live)).toEqual([false, true]);
    expect(seen(dead.replace('.7 ', '.70'))).toEqual([]);
    expect(seen(dead.replace('255.255.255.255', '255.255.255.0'))).toEqual([]);
  });

  test('tells it of IPv6, too', () => {
    const seen = (...rows6: string[]) =>
      routesTo(V6, tableIn(print(words, { rows6 }))).map(({ dead, gateway }) => [dead, gateway]);
    expect(seen(`  1     76 2001:db8::7/128          ${words.link}`)).toEqual([[true, undefined]]);
    expect(seen(' 12     76 2001:db8::7/128          fe80::1')).toEqual([[false, 'fe80::1']]);
    expect(seen(`  1     76 2001:db8::70/128         ${words.link}`)).toEqual([]);
    expect(seen('  1     76 2001:db8:0:0:0:0:0:7/128', `          ${words.link}`)).toEqual([
      [true, undefined],
    ]);
  });

  test('what is stored is not in use', () => {
    const table = tableIn(
      print(words, { stored6: [`  0 4294967295 2001:db8::7/128          ${words.link}`] }),
    );
    expect(routesTo(V6, table)).toEqual([]);
    expect(table.stored).toEqual(['2001:db8::7/128']);
    for (const text of ['203.0.113.8', '203.0.113.9']) {
      expect(routesTo(parseIp(text), table)).toEqual([]);
    }
  });

  test('tells who is a neighbour', () => {
    const table = tableIn(print(words));
    expect(ownNetwork(parseIp('192.0.2.77'), table)).toBe('192.0.2.0/24');
    expect(ownNetwork(parseIp('2001:db8:5::77'), table)).toBe('2001:db8:5::/64');
    for (const ip of [V4, V6]) expect(ownNetwork(ip, table)).toBeUndefined();
    // A tunnel that takes everything is no network with neighbours in it.
    const tunnel = `    0.0.0.0    0.0.0.0    ${words.link}    10.8.0.2    5\n`;
    expect(ownNetwork(V4, tableIn(tunnel + print(words)))).toBeUndefined();
  });
});

describe('the loopback interface', () => {
  const without = (text: string) => text.replace(/.*::1\/128.*\r\n/, '');

  test('is the one without an address where there is no IPv6', () => {
    expect(tableIn(without(print(ENGLISH))).loopback).toBe(1);
    const renamed = print(ENGLISH).replace('  1......', ' 44......');
    expect(tableIn(without(renamed)).loopback).toBe(44);
  });

  test('is not guessed where two have none', () => {
    const vpn = ' 30...........................VPN\r\n  1....';
    expect(tableIn(without(print(ENGLISH)).replace('  1....', vpn)).loopback).toBeUndefined();
  });
});

/** A row of route-null, and how it may be asked to last. */
function row(kind: 'IPv4' | 'IPv6'): Row {
  const action = actionsOn('windows').find(({ file }) => file === 'route-null')?.action;
  const [wazuh4] = PROTOCOLS;
  const example = action && examplesOf(action).find((one) => one.kind === kind);
  if (!action || !wazuh4 || !example) throw new Error('there is no route-null');
  return new Row(action, wazuh4, example, undefined);
}

const LASTING = { settings: { actions: { 'route-null': { persistent: 'yes' } } } };
const route = (host: ModelHost, line: string) =>
  host.tool({ tool: 'route', args: line.split(' ') });
const four = row('IPv4');

describe.each([four, row('IPv6')])('$example.kind', (one) => {
  test('a route ends with a reboot, unless it is asked to last', async () => {
    const host = one.fresh();
    await one.call('add', host);
    expect(host.commands.join('\n')).not.toMatch(/-p|persistent/);
    const lasting = one.fresh(LASTING);
    const before = lasting.state();
    expect(await one.call('add', lasting)).toMatchObject({ outcome: 'applied' });
    expect(lasting.commands.join('\n')).toMatch(/^route -p ADD|store=persistent$/m);
    expect(await one.call('delete', lasting)).toMatchObject({ outcome: 'removed' });
    expect(lasting.state()).toBe(before);
  });

  test('one that is there is made to last, and it ends with its last holder', async () => {
    const host = one.fresh(LASTING);
    const before = host.state();
    const settings = '/var/ossec/active-response/riposte/riposte.json';
    const text = String(host.volume.readFileSync(settings));
    host.volume.writeFileSync(settings, '{}');
    await one.call('add', host, { holder: 'manual' });
    host.volume.writeFileSync(settings, text);
    expect(await one.call('add', host)).toMatchObject({ outcome: 'applied' });
    expect(host.commands.join('\n')).toMatch(/^route -p ADD|store=persistent$/m);
    for (const holder of ['manual', 'route-null']) await one.call('delete', host, { holder });
    expect(host.state()).toBe(before);
  });
});

test.each([
  ['a neighbour', 'ADD 203.0.113.0 MASK 255.255.255.0 0.0.0.0 IF 7', '203.0.113.0/24'],
  ['routed by a gateway of its own', 'ADD 203.0.113.7 MASK 255.255.255.255 192.0.2.9', '192.0.2.9'],
  [
    'routed by the usual gateway, until the next boot',
    'ADD 203.0.113.7 MASK 255.255.255.255 192.0.2.1',
    '192.0.2.1',
  ],
])('an address that is %s is declined, with the reason', async (_what, line, why) => {
  const host = four.fresh({ bare: true });
  route(host, line);
  const before = host.state();
  const { outcome, detail, told } = await four.call('add', host);
  expect([outcome, told]).toEqual(['no-effect', []]);
  expect(detail).toContain(why);
  expect(host.state()).toBe(before);
});

test('an administrator’s null route is enough, and stays', async () => {
  const host = four.fresh();
  route(host, 'ADD 203.0.113.7 MASK 255.255.255.255 0.0.0.0 IF 1');
  const before = host.state();
  expect(await four.call('add', host)).toMatchObject({ outcome: 'already' });
  const { outcome, detail } = await four.call('delete', host);
  expect(outcome).toBe('not-ours');
  expect(detail).toContain('route DELETE 203.0.113.7 MASK 255.255.255.255 0.0.0.0 IF 1');
  expect(host.state()).toBe(before);
});

describe('R3, R5: what upstream has left', () => {
  const FORMER = '-p ADD 203.0.113.7 MASK 255.255.255.255 192.0.2.1';

  test.each([[['delete']], [['add', 'delete']]] as const)('goes with %j', async (verbs) => {
    const host = four.fresh();
    const before = host.state();
    route(host, FORMER);
    for (const verb of verbs) {
      const { outcome } = await four.call(verb, host);
      expect(outcome).toBe(verb === 'add' ? 'applied' : 'removed');
      expect(host.holds('203.0.113.7')).toBe(verb === 'add');
    }
    expect(host.state()).toBe(before);
    expect(host.commands.filter((line) => /DELETE/.test(line))).toContain(
      'route DELETE 203.0.113.7 MASK 255.255.255.255 192.0.2.1',
    );
  });

  test('and another persistent route to the address stays', async () => {
    const host = four.fresh();
    route(host, '-p ADD 203.0.113.7 MASK 255.255.255.255 192.0.2.9');
    const before = host.state();
    expect(await four.call('delete', host)).toMatchObject({ outcome: 'absent' });
    expect(host.state()).toBe(before);
  });
});
