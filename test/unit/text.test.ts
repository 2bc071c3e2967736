import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { failure } from '../../src/lib/by-hand.ts';
import { mask, oneLine, stamp, unixDate } from '../../src/lib/text.ts';

describe('oneLine', () => {
  test('leaves no control character, no line end of any reader, nothing that turns the direction', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(oneLine(text)).not.toMatch(/[\p{Cc}\u2028\u2029\p{Bidi_Control}]/u);
      }),
    );
  });

  test.each([
    ['a\nb', 'a\\u000ab'],
    ['\u001b[31m', '\\u001b[31m'],
    ['\u0000\u007f\u0085', '\\u0000\\u007f\\u0085'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['a\u202egpj.exe', 'a\\u202egpj.exe'],
    ['\u061c\u200e\u200f\u202a\u2066\u2069', '\\u061c\\u200e\\u200f\\u202a\\u2066\\u2069'],
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

test('a failure is told in one line, whatever a tool repeated of an attacker’s words', () => {
  const detail = 'nft said: \u001b]0;x\u0007\nrm -rf';
  expect(failure({ outcome: 'tool-failed', detail })).toBe(
    'tool-failed: nft said: \\u001b]0;x\\u0007\\u000arm -rf',
  );
});

describe('mask', () => {
  const known = new Set(['--backend', 'nft']);

  test.each([
    ['--backend', '--backend'],
    ['nft', 'nft'],
    ['https://hooks.example/T000/B000/XXX', 'https://hooks.example/***'],
    ['https://hooks.example?key=x', 'https://hooks.example/***'],
    ['https://hooks.example', 'https://hooks.example/***'],
    ['http://user:pass@hooks.example:8080/x', 'http://hooks.example:8080/***'],
    ['https://a@b@hooks.example/x', '***'],
    ['https://user:pa/ss@hooks.example/x', '***'],
    ['https://[2001:db8::7]:8443/x', 'https://[2001:db8::7]:8443/***'],
    ['https://hooks.example/\nx', 'https://hooks.example/***'],
    ['--token=abc', '***'],
    ['abc', '***'],
    ['', '***'],
    ['nft ', '***'],
    ['ftp://x/y', '***'],
  ])('%j is shown as %s', (word, shown) => {
    expect(mask(word, known)).toBe(shown);
  });

  test('what follows the host of a URL is in no mask', () => {
    const secret = fc.string({ unit: fc.constantFrom(...'XYZ\n"\\%'), minLength: 1 });
    fc.assert(
      fc.property(secret, fc.constantFrom('/', '?', '#'), (text, mark) => {
        expect(mask(`https://hooks.example${mark}${text}`, known)).toBe(
          'https://hooks.example/***',
        );
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
