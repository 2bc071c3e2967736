import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identify } from '../../src/lib/invocation.ts';
import { legacyWords, MESSAGES } from '../support/messages.ts';

describe('who calls', () => {
  test.each([
    ['an agent with JSON', [], 'agent'],
    [
      'an agent of old',
      ['add', '-', '192.0.2.1', '1304756247.60385', '31151', '/x', '-'],
      'legacy',
    ],
    ['one that deletes', ['delete', 'bob', '-', '1304756247.60385', '31151'], 'legacy'],
    ['agent_control', ['add', '-', '192.0.2.1', '(from_the_server)', '(no_rule_id)'], 'legacy'],
    ['Windows', ['add', '-', '192.0.2.1', '1481129296.262924 100001 /home/test.txt -'], 'legacy'],
    ['the API without arguments', ['add', '-', '-'], 'legacy'],
    ['a person', ['add', '--srcip', '203.0.113.7'], 'person'],
    [
      'a person in a hurry',
      ['delete', '--srcip=203.0.113.7', '--reason', 'x', '--dry-run'],
      'person',
    ],
    ['a person who wants help', ['--help'], 'person'],
    ['a person with a number for a reason', ['add', '--srcip', '203.0.113.7', '1.2x'], 'person'],
    ['another verb', ['list', '-', '-', '1304756247.60385'], 'person'],
    ['a verb in another case', ['ADD', '-', '-'], 'person'],
    ['an id without a dot', ['add', '-', '192.0.2.1', '1304756247', '31151'], 'person'],
  ] as const)('%s', (_case, words, by) => {
    expect(identify(words, false)).toMatchObject({ by });
  });

  test('on a terminal no words means help', () => {
    expect(identify([], true)).toEqual({ by: 'person', words: ['--help'] });
    expect(identify(['add', '-', '-'], true)).toMatchObject({ by: 'legacy' });
  });

  test.each(MESSAGES.filter((name) => name.startsWith('legacy-')))('%s', (name) => {
    const words = legacyWords(name);
    expect(identify(words, false)).toEqual({ by: 'legacy', words });
  });
});

const word = fc.oneof(
  fc.string(),
  fc.constantFrom('--help', '--dry-run', '--home', '--srcip', '-', '--', '-h', '--version', ''),
);

test('whatever an attacker is called, an old agent’s call is one', () => {
  const numbered = fc.tuple(fc.nat(), fc.nat()).map(([seconds, offset]) => `${seconds}.${offset}`);
  const id = fc.oneof(numbered, fc.constant('(from_the_server)'));
  fc.assert(
    fc.property(
      fc.constantFrom('add', 'delete'),
      word,
      word,
      id,
      fc.array(word),
      fc.boolean(),
      (verb, user, ip, alert, rest, terminal) => {
        const words = [verb, user, ip, alert, ...rest];
        expect(identify(words, terminal)).toEqual({ by: 'legacy', words });
        const windows = [verb, user, ip, [alert, ...rest].join(' ')];
        expect(identify(windows, terminal)).toEqual({ by: 'legacy', words: windows });
      },
    ),
  );
});
