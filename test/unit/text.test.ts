import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { oneLine, redact, stamp, unixDate } from '../../src/lib/text.ts';

describe('oneLine', () => {
  test('leaves no control character and nothing that a reader takes for a line end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(oneLine(text)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });

  test.each([
    ['a\nb', 'a\\u000ab'],
    ['\u001b[31m', '\\u001b[31m'],
    ['\u0000\u007f\u0085', '\\u0000\\u007f\\u0085'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['Grüße, 世界 🙂', 'Grüße, 世界 🙂'],
  ])('%j becomes %s', (text, expected) => {
    expect(oneLine(text)).toBe(expected);
  });

  test('what it wrote in a JSON text is still the same JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(oneLine(JSON.stringify({ text })))).toEqual({ text });
      }),
    );
  });
});

describe('redact', () => {
  test.each([
    ['https://hooks.example/T000/B000/XXX', 'https://hooks.example***'],
    ['--token=abc', '--token=***'],
    ['--api-key=abc', '--api-key=***'],
    ['-password=abc', '-password=***'],
    ['https://hooks.example?key=x', 'https://hooks.example***'],
  ])('%s is masked', (word, masked) => {
    expect(redact(`{"extra_args":["${word}"],"x":"${word}"}`, [word])).toBe(
      `{"extra_args":["${masked}"],"x":"${masked}"}`,
    );
  });

  test('a secret that JSON writes with escapes is masked in the raw message too', () => {
    const word = 'https://hooks.example/a"b\\c';
    const raw = JSON.stringify({ extra_args: [word] });
    expect(redact(raw, [word])).toBe('{"extra_args":["https://hooks.example***"]}');
  });

  test('no word is a pattern, and others are left alone', () => {
    expect(redact('a.b --backend nft', ['--backend', 'nft', 'a.b'])).toBe('a.b --backend nft');
  });

  test('the masked text is one JSON value as before', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (secret) => {
        const word = `https://hooks.example/${secret}`;
        const masked = redact(JSON.stringify({ extra_args: [word], text: secret }), [word]);
        expect(JSON.parse(masked)).toMatchObject({ extra_args: ['https://hooks.example***'] });
      }),
    );
  });
});

describe('stamp', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  test.each([
    ['UTC', '2026/02/03 04:05:06'],
    ['America/St_Johns', '2026/02/03 00:35:06'],
    ['Asia/Kathmandu', '2026/02/03 09:50:06'],
    ['Pacific/Honolulu', '2026/02/02 18:05:06'],
  ])('is local time in %s', (name, expected) => {
    process.env['TZ'] = name;
    expect(stamp(new Date('2026-02-03T04:05:06.789Z'))).toBe(expected);
  });
});

describe('unixDate', () => {
  test.each([
    ['2026-02-03T04:05:06Z', 'Tue Feb  3 04:05:06 UTC 2026'],
    ['2016-12-07T18:11:34Z', 'Wed Dec  7 18:11:34 UTC 2016'],
    ['2011-05-17T03:17:27Z', 'Tue May 17 03:17:27 UTC 2011'],
  ])('%s is %s', (date, expected) => {
    expect(unixDate(new Date(date))).toBe(expected);
  });

  test('is what date prints', () => {
    const moments = fc.date({ min: new Date(0), max: new Date('2037-12-31'), noInvalidDate: true });
    const dates = fc.sample(moments, { numRuns: 20, seed: 7 });
    for (const date of dates) {
      const seconds = Math.floor(date.getTime() / 1000);
      const { stdout, status } = spawnSync(
        'date',
        ['-u', '-d', `@${seconds}`, '+%a %b %e %H:%M:%S %Z %Y'],
        {
          encoding: 'utf8',
          env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
        },
      );
      if (status !== 0) return;
      expect(`${unixDate(date)}\n`).toBe(stdout);
    }
  });
});
