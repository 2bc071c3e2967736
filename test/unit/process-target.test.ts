import { describe, expect, test } from 'vitest';
import { isStart, parsePid, parseStart, TOLERANCE } from '../../src/lib/process-target.ts';

describe('a process id', () => {
  test.each(['1', '4321', '4194304'])('%s is one', (text) => {
    expect(parsePid(text)).toEqual({ text, number: Number(text) });
  });

  test.each(['0', '-1', '-4321', '+1', '01', '4194305', '1e3', '0x10', ' 1', '1 2', '', 'self'])(
    '%j is none',
    (text) => {
      expect(() => parsePid(text)).toThrow(expect.objectContaining({ kind: 'bad-field' }));
    },
  );
});

const BEGAN = Date.UTC(2026, 1, 3, 10, 11, 12, 340);
const FOUND = { began: BEGAN, ticks: 987_654 };

describe('a start time', () => {
  test.each([
    ['ECS', '2026-02-03T10:11:12.340Z'],
    ['whole seconds', '2026-02-03T10:11:12Z'],
    ['nanoseconds', '2026-02-03T10:11:12.340123456Z'],
    ['a zone', '2026-02-03T12:11:12.340+02:00'],
    ['Wazuh’s zone', '2026-02-03T12:11:12.340+0200'],
    ['Sysmon’s, which is UTC', '2026-02-03 10:11:12.340'],
    ['seconds', '1770113472'],
    ['seconds and their parts', '1770113472.34'],
    ['milliseconds', '1770113472340'],
    ['microseconds', '1770113472340000'],
    ['nanoseconds', '1770113472340000000'],
    ['ticks', '987654'],
  ])('as %s: %s', (_what, text) => {
    expect(isStart(parseStart(text), FOUND)).toBe(true);
  });

  test.each([
    '2026-02-03T10:11:10.000Z',
    '2026-02-03T10:11:12.340+01:00',
    '1770113470',
    '1770113475000',
    '987653',
    '987655',
    '0',
  ])('%s is another one’s', (text) => {
    expect(isStart(parseStart(text), FOUND)).toBe(false);
  });

  test('may be off by what sensors round away, and no more', () => {
    const at = (offset: number) => parseStart(new Date(BEGAN + offset).toISOString());
    for (const sign of [-1, 1]) {
      expect(isStart(at(sign * TOLERANCE), FOUND)).toBe(true);
      expect(isStart(at(sign * (TOLERANCE + 1)), FOUND)).toBe(false);
    }
  });

  test.each([
    ...['', ' ', 'now', '-1', '1e9', 'NaN', 'Infinity', '0x10', '1,5', '2026-02-03', '10:11:12'],
    ...['2026-13-03T10:11:12Z', '2026-02-03T25:11:12Z', '2026-02-03T10:11:12Zulu', '9'.repeat(20)],
  ])('%j is none', (text) => {
    expect(() => parseStart(text)).toThrow(expect.objectContaining({ kind: 'bad-field' }));
  });
});
