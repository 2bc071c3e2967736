import { describe, expect, test } from 'vitest';
import {
  broadcastsOf,
  canonicalNetwork,
  formsOf,
  holds,
  lifelineOf,
  networkOf,
} from '../../src/lib/lifelines/addresses.ts';
import { clientIn, layoutOf, loginsIn } from '../../src/lib/lifelines/logins.ts';
import { managersIn } from '../../src/lib/lifelines/manager.ts';
import { gateways4, gateways6, peersAt, resolvers } from '../../src/lib/lifelines/tables.ts';

describe('networks', () => {
  test.each([
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.70', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::ffff:192.0.2.7', '192.0.2.7', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['10.0.0.0/8', '10.255.255.255', true],
  ])('%s holds %s: %s', (network, address, expected) => {
    expect(holds(network, address)).toBe(expected);
  });

  test.each([
    '',
    'x',
    '1.2.3',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/',
    '1.2.3.4/8/8',
    '::/129',
  ])('%j is none', (text) => {
    expect(networkOf(text)).toBeUndefined();
    expect(holds(text, '192.0.2.7')).toBe(false);
  });

  test('the first that holds the address tells why', () => {
    const list = [
      { network: '10.0.0.0/8', why: 'one' },
      { network: '10.1.0.0/16', why: 'two' },
    ];
    expect(lifelineOf(list, '10.1.2.3')?.why).toBe('one');
    expect(lifelineOf(list, '11.1.2.3')).toBeUndefined();
  });
});

test('gateways are read from the kernel’s tables, and nothing else of them', () => {
  const v4 = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;
  expect(gateways4(v4)).toEqual(['192.0.2.1']);
  const v6 = `fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0
`;
  expect(gateways6(v6)).toEqual(['fd00::1']);
  for (const text of ['', 'nonsense', 'a b c d', '\n\n']) {
    expect([gateways4(text), gateways6(text)]).toEqual([[], []]);
  }
});

test('peers are those of established connections to the port, mapped addresses plain', () => {
  const v4 = `  sl  local_address rem_address   st tx_queue
   0: 0F02000A:C350 0F02000A:05EA 01 00000000:00000000
   1: 0F02000A:C351 1002000A:05EA 06 00000000:00000000
   2: 0F02000A:C352 1102000A:0016 01 00000000:00000000
`;
  expect(peersAt(v4, new Set([1514]))).toEqual(['10.0.2.15']);
  const v6 = `  sl  local_address                         remote_address                        st
   0: 0000000000000000FFFF00000F02000A:C350 0000000000000000FFFF00001202000A:05EA 01 0
   1: B80D01200000000000000000010000000:C350 B80D0120000000000000000002000000:05EA 01 0
`;
  expect(peersAt(v6, new Set([1514]))).toEqual(['10.0.2.18', '2001:db8::2']);
});

test('resolvers are the nameserver lines, without a zone', () => {
  const text =
    '# nameserver 192.0.2.9\nsearch x\nnameserver 192.0.2.53\n nameserver  fe80::1%eth0\nnameserver x\n';
  expect(resolvers(text)).toEqual(['192.0.2.53', 'fe80::1']);
});

test('managers are every server of the client, addresses and names apart', () => {
  const { addresses, names, ports } = managersIn(`<ossec_config>
  <client>
    <server><address>192.0.2.15</address><port>1515</port></server>
    <!-- <server><address>192.0.2.99</address></server> -->
    <server><address> manager.example </address></server>
  </client>
  <syslog_output><server>192.0.2.77</server></syslog_output>
  <client><server-ip>2001:db8:1::15</server-ip></client>
</ossec_config>`);
  expect(addresses).toEqual(['192.0.2.15', '2001:db8:1::15']);
  expect(names).toEqual(['manager.example']);
  expect([...ports]).toEqual([1515]);
  expect([...managersIn('').ports]).toEqual([1514]);
});

describe('what an address stands for', () => {
  test.each([
    ['192.0.2.7', ['192.0.2.7']],
    ['2001:db8::7', ['2001:db8::7']],
    ['64:ff9b::c000:207', ['64:ff9b::c000:207', '192.0.2.7']],
    ['::ffff:0:c000:207', ['::ffff:0:c000:207', '192.0.2.7']],
    ['2002:c000:207::1', ['2002:c000:207::1', '192.0.2.7']],
    ['64:ff9b:1::c000:207', ['64:ff9b:1::c000:207']],
  ])('%s', (text, forms) => {
    expect(formsOf(text)).toEqual(forms);
  });

  test('is protected with it', () => {
    const list = [{ network: '192.0.2.0/24', why: 'x' }];
    for (const text of ['192.0.2.7', '64:ff9b::c000:207', '2002:c000:207::1']) {
      expect(lifelineOf(list, text)?.why, text).toBe('x');
    }
    expect(lifelineOf(list, '64:ff9b::c000:307')).toBeUndefined();
  });
});

test.each([
  ['192.0.2.7/24', ['192.0.2.255', '192.0.2.0']],
  ['10.1.2.3/30', ['10.1.2.3', '10.1.2.0']],
  ['10.1.2.3/31', []],
  ['10.1.2.3/32', []],
  ['2001:db8::7/64', []],
  ['nonsense', []],
])('the broadcast addresses of %s', (network, addresses) => {
  expect(broadcastsOf(network)).toEqual(addresses);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7/32', '192.0.2.7'],
  ['192.0.2.7/24', '192.0.2.0/24'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:DB8:0::7/32', '2001:db8::/32'],
  ['192.0.2.300', undefined],
  ['office', undefined],
])('%s as it is written down: %s', (text, canonical) => {
  expect(canonicalNetwork(text)).toBe(canonical);
});

/** One record of a book of logins. */
function record(architecture: string, kind: number, pid: number, user: string, address: number[]) {
  const layout = layoutOf(architecture);
  const bytes = Buffer.alloc(layout.size);
  bytes.writeInt16LE(kind, 0);
  bytes.writeInt32LE(pid, 4);
  bytes.write(user, 44);
  bytes.write('somewhere.example', 76);
  bytes.set(address, layout.address);
  return bytes;
}

describe.each(['x64', 'arm64'])('the book of logins on %s', (architecture) => {
  const read = (bytes: Uint8Array) => loginsIn(bytes, layoutOf(architecture));
  const six = [0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 7];

  test('tells who is logged in from where', () => {
    const book = Buffer.concat([
      record(architecture, 2, 0, 'reboot', [203, 0, 113, 1]),
      record(architecture, 7, 11, 'root', [203, 0, 113, 7]),
      record(architecture, 8, 12, 'gone', [203, 0, 113, 8]),
      record(architecture, 7, 13, 'mallory', six),
      record(architecture, 7, 14, 'console', []),
    ]);
    expect(read(book)).toEqual([
      { user: 'root', pid: 11, address: '203.0.113.7' },
      { user: 'mallory', pid: 13, address: '2001:db8::7' },
    ]);
  });

  test('that is torn or no book at all tells what it can', () => {
    const one = record(architecture, 7, 11, 'root', [203, 0, 113, 7]);
    expect(read(Buffer.concat([one, one.subarray(0, 100)]))).toHaveLength(1);
    expect(read(new Uint8Array())).toEqual([]);
    expect(read(Buffer.alloc(4_000, 7))).toEqual([]);
  });
});

test.each([
  ['A=b\0SSH_CONNECTION=203.0.113.7 4711 192.0.2.2 22\0B=c\0', '203.0.113.7'],
  ['SSH_CONNECTION=fe80::1%eth0 4711 fe80::2%eth0 22\0', 'fe80::1'],
  ['SSH_CONNECTION=::ffff:203.0.113.7 4711 ::1 22\0', '203.0.113.7'],
  ['SSH_CONNECTION=UNKNOWN 65535 UNKNOWN 65535\0', undefined],
  ['NOT_SSH_CONNECTION=203.0.113.7 1 2 3\0', undefined],
  ['', undefined],
])('a process with the environment %j was started from %s', (environment, address) => {
  expect(clientIn(environment)).toBe(address);
});
