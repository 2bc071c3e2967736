import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { file, parseIp } from '../../src/lib/fields.ts';
import { ActionError } from '../../src/lib/outcome.ts';

const read = (text: string) => {
  try {
    return parseIp(text);
  } catch (thrown) {
    if (thrown instanceof ActionError && thrown.kind === 'bad-field') return undefined;
    throw thrown;
  }
};

/** The old form of an IPv4 address in IPv6, which stands for no host. */
const COMPATIBLE = /^::\d+\./;

const texts = fc.oneof(
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6(),
  fc.tuple(fc.ipV6(), fc.ipV4()).map(([six, four]) => six.replace(/:[^:]*$/, `:${four}`)),
  fc.ipV4().map((text) => `::ffff:${text}`),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF:.'), maxLength: 20 }),
  fc.string(),
);

test('an address is what node:net takes for one, without a zone', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const four = isIPv4(text);
      const six = isIPv6(text) && !text.includes('%') && !COMPATIBLE.test(text);
      const ip = read(text);
      expect(ip !== undefined).toBe(four || six);
      if (four) expect(ip).toEqual({ text, family: 4 });
    }),
    { numRuns: 3_000 },
  );
});

test('the canonical text is an address of its family, and its own canonical text', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const ip = read(text);
      if (!ip) return;
      expect(ip.family === 4 ? isIPv4(ip.text) : isIPv6(ip.text)).toBe(true);
      expect(ip.text).toBe(ip.text.toLowerCase());
      expect(read(ip.text)).toEqual(ip);
    }),
    { numRuns: 3_000 },
  );
});

test('two texts are one address if the platform’s own URL parser says so', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const ip = read(text);
      if (ip?.family !== 6 || ip.text.includes('.')) return;
      expect(`[${ip.text}]`).toBe(new URL(`http://[${text}]/`).hostname);
    }),
    { numRuns: 1_000 },
  );
});

describe('canonical texts', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7', 4],
    ['0.0.0.0', '0.0.0.0', 4],
    ['255.255.255.255', '255.255.255.255', 4],
    ['::ffff:203.0.113.7', '203.0.113.7', 4],
    ['::FFFF:203.0.113.7', '203.0.113.7', 4],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7', 4],
    ['2001:DB8::7', '2001:db8::7', 6],
    ['2001:0db8:0000:0000:0000:0000:0000:0007', '2001:db8::7', 6],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1', 6],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1', 6],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1', 6],
    ['::', '::', 6],
    ['::1', '::1', 6],
    ['1::', '1::', 6],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221', 6],
  ] as const)('%s is %s', (text, canonical, family) => {
    expect(parseIp(text)).toEqual({ text: canonical, family });
  });
});

describe('refusals say why', () => {
  test.each([
    ['203.0.113.0/24', 'network'],
    ['203.0.113.7/32', 'network'],
    ['fe80::1%eth0', 'zone'],
    ['010.0.0.1', 'not an IPv4 or IPv6'],
    ['', 'not an IPv4 or IPv6'],
    ['::1.2.3.4', 'compatible'],
    ['x'.repeat(9_999), 'too long'],
    [`${'0'.repeat(40)}::1`, 'not an IPv4 or IPv6'],
  ])('%s', (text, why) => {
    const act = () => parseIp(text);
    expect(act).toThrow(ActionError);
    expect(act).toThrow(why);
    try {
      act();
    } catch (thrown) {
      expect((thrown as Error).message.length).toBeLessThan(200);
    }
  });
});

test('a file whose name is no UTF-8 is not said to be gone: its name did not come through', () => {
  const name = Buffer.from([...Buffer.from('/tmp/evil'), 0xff]).toString('utf8');
  expect(() => file.parse(name)).toThrow(/lost bytes/);
  expect(file.parse('/tmp/Grüße 世界')).toEqual({ text: '/tmp/Grüße 世界' });
});
