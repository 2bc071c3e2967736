import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUILT_IN } from '../../src/cli/protected-list.ts';
import { parseIp } from '../../src/lib/fields.ts';
import { protection } from '../../src/lib/neverblock.ts';

const why = (text: string) => protection('srcip', parseIp(text));

describe('never blocked', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['0.0.0.0', 'this network'],
    ['0.1.2.3', 'this network'],
    ['::', 'every address'],
    ['255.255.255.255', 'broadcast'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['ff02::1', 'multicast'],
    ['fe80::1', 'link-local'],
    ['169.254.1.1', 'link-local'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['2002:7f00:1::1', 'loopback'],
    ['64:ff9b::', 'this network'],
    ['::ffff:0:e000:1', 'multicast'],
    ['64:ff9b::a9fe:101', 'link-local'],
  ])('%s is %s', (text, word) => {
    expect(why(text)).toContain(word);
  });
});

test.each([
  '203.0.113.7',
  '10.0.0.1',
  '192.168.1.1',
  '126.0.0.1',
  '128.0.0.1',
  '1.0.0.1',
  '2001:db8::7',
  'fd00::1',
  '64:ff9b::cb00:7107',
  '2002:cb00:7107::1',
  '::2',
])('%s may be blocked', (text) => {
  expect(why(text)).toBeUndefined();
});

test('the whole of 127.0.0.0/8 and 224.0.0.0/4 is protected', () => {
  const byte = fc.nat({ max: 255 });
  fc.assert(
    fc.property(byte, byte, byte, byte, (a, b, c, d) => {
      const protectedByFirst =
        (a === 169 && b === 254) || a === 0 || a === 127 || (a >= 224 && a <= 239);
      const text = [a, b, c, d].join('.');
      if (protectedByFirst) expect(why(text), text).toBeDefined();
      else if (a < 224) expect(why(text), text).toBeUndefined();
    }),
  );
});

test('nobody but root is known to be root by the name alone', () => {
  expect(protection('user', { text: 'root' })).toContain('administrator');
  expect(protection('user', { text: 'toor' })).toBeUndefined();
});

test('the whole system is no file', () => {
  expect(protection('file', { text: '/' })).toContain('whole system');
  expect(protection('file', { text: '/tmp/x' })).toBeUndefined();
});

test('what riposte protect shows of it is refused, from its first address on', () => {
  for (const { kind, what } of BUILT_IN) {
    const [first = ''] = what.split('/');
    const subject = kind === 'user' ? 'user' : 'srcip';
    expect(protection(subject, { text: first }), what).toBeDefined();
  }
});
