import { expect, test } from 'vitest';
import { parseSize } from '../../src/lib/size.ts';

test.each([
  [65536, 65536],
  ['65536', 65536],
  ['65536 B', 65536],
  ['64 KiB', 65536],
  ['64kib', 65536],
  [' 4 MiB ', 4 << 20],
  ['1.5 MiB', 1_572_864],
  ['2 GiB', 2 ** 31],
  [0, 0],
])('%j is %i bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  ['10 MB'],
  ['10 M'],
  ['ten'],
  [''],
  ['-1'],
  [-1],
  [Number.NaN],
  [Number.POSITIVE_INFINITY],
  [1e21],
  ['1e9'],
  ['0x10'],
  ['1,5 MiB'],
  ['0.1 KiB'],
  ['999999999999999 GiB'],
  ['4 MiB 4 MiB'],
  [true],
  [null],
  [undefined],
  [{}],
  [[4]],
])('%j is no size', (text) => {
  expect(parseSize(text)).toBeUndefined();
});
