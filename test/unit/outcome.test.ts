import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  ActionError,
  asActionError,
  exitCode,
  OUTCOMES,
  type Outcome,
} from '../../src/lib/outcome.ts';

const WORDS = Object.keys(OUTCOMES) as Outcome[];
const page = readFileSync(new URL('../../docs/outcomes.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `([\w-]+)` \| (\d+) \|/gm)].map(([, word, code]) => [
  word,
  Number(code),
]);

describe('docs/outcomes.md', () => {
  test('has a row for every outcome and for nothing else, with its exit code', () => {
    expect(rows).toEqual(WORDS.map((word) => [word, exitCode(word)]));
  });
});

test('0 is only where the wanted state holds, and every failure has a code of its own', () => {
  const good: readonly Outcome[] = [
    'applied',
    'already',
    'removed',
    'absent',
    'expired',
    'restored',
    'ignored',
    'ran',
    'planned',
    'observed',
  ];
  expect(WORDS.filter((word) => exitCode(word) === 0)).toEqual(good);
  const codes = WORDS.filter((word) => !good.includes(word)).map(exitCode);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code).toBeLessThan(126);
});

describe('whatever is thrown', () => {
  test('an error of ours stays itself', () => {
    const error = new ActionError('locked', 'busy');
    expect(asActionError(error)).toBe(error);
  });

  test.each([[new TypeError('odd')], ['odd'], [undefined], [{ odd: true }]])(
    '%s is internal, with its cause',
    (thrown) => {
      expect(asActionError(thrown)).toMatchObject({ kind: 'internal', cause: thrown });
    },
  );
});
