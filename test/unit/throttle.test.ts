import { describe, expect, test } from 'vitest';
import { parseIp } from '../../src/lib/fields.ts';
import { parseRate, throttle } from '../../src/lib/firewall/throttle.ts';
import { circumstance } from '../support/actions.ts';

describe('a rate', () => {
  test.each(['1/second', '10/second', '600/minute', '36000/hour', '5/day', '1000000/second'])(
    '%s is one',
    (text) => expect(parseRate(text)).toBe(text),
  );

  test.each([
    '',
    '10',
    '/second',
    '0/second',
    '010/second',
    '-1/second',
    '1.5/second',
    '1e3/second',
    '10/s',
    '10/seconds',
    '10/fortnight',
    '10 /second',
    ' 10/second',
    '10/second\n',
    '10/second burst 9 packets',
    '1000001/second',
    '99999999999999999999/second',
    '١/second',
    'toString/second',
    '1/constructor',
  ])('%j is none, and the sentence says what is', (text) => {
    expect(() => parseRate(text)).toThrow(/^".*" is no rate: 1 to 1000000 packets/);
  });
});

/** What is sent to nft for a rate. */
const sent = (rate: string | undefined) => {
  const options = rate === undefined ? {} : { rate };
  const { effects } = throttle(parseIp('203.0.113.7'), { ...circumstance('manual'), options });
  const make = effects[0]?.make;
  return (make && 'command' in make && make.command.stdin) || '';
};

test.each([
  [undefined, '10/second burst 5'],
  ['1/second', '1/second burst 5'],
  ['600/minute', '600/minute burst 5'],
  ['1000000/day', '1000000/day burst 5'],
  ['51/second', '51/second burst 6'],
  ['1000/second', '1000/second burst 100'],
])('of %s a tenth of a second may come at once, five packets at least', (rate, words) => {
  expect(sent(rate)).toContain(`{ 203.0.113.7 limit rate over ${words} packets }`);
});
