import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/lib/effect.ts';
import { spell } from '../../src/lib/effect.ts';
import { commandLine, quoted, windows } from '../../src/lib/windows/command-line.ts';
import { joined, takenApart } from '../support/command-line.ts';
import { ROWS } from '../support/matrix.ts';

const HOSTILE = [
  '',
  ' ',
  '\\',
  'a\\',
  'a b\\',
  'a\\\\"b',
  '"',
  '""',
  '\\"',
  'name=A "B" \\',
  'C:\\Program Files (x86)\\ossec-agent\\',
  '%PATH%',
  'a^b&c|d',
  '*.js',
  'ünï 日本',
  '-p',
  '/f',
  'tab\tbed',
];

const word = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: fc.constantFrom(...'\\" \tab%&|^') }),
  fc.string({ unit: 'grapheme' }),
);

// No program of Windows can be given a nought, and lines end nowhere but at the end.
const words = fc.array(
  word.map((text) => text.replaceAll('\0', '')),
  { maxLength: 6 },
);

describe.each([
  ['as node puts it together', joined],
  ['as people are shown it', quoted],
])('a command line %s', (_name, quote) => {
  test.each(HOSTILE)('%j comes back as it was', (text) => {
    expect(takenApart(['x.exe', 'first', text, 'last'].map(quote).join(' '))).toEqual([
      'first',
      text,
      'last',
    ]);
  });

  test('whatever words come back as they were', () => {
    fc.assert(
      fc.property(words, (all) => {
        expect(takenApart(['x.exe', ...all].map(quote).join(' '))).toEqual(all);
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  [String.raw`"a b\\" c`, ['a b\\', 'c']],
  [String.raw`a\\\"b c`, ['a\\"b', 'c']],
  [String.raw`a\\b "" d`, ['a\\\\b', '', 'd']],
  ['"a""b" c', ['a"b', 'c']],
  ['a"b c"d', ['ab cd']],
])('the words of %s are known from the documentation', (line, all) => {
  expect(takenApart(`"C:\\Program Files\\x.exe" ${line}`)).toEqual(all);
});

test('every command of every action on Windows reaches its tool word by word', async () => {
  const commands: Command[] = [];
  const rows = ROWS.filter(({ platform, protocol }) => platform === 'windows' && protocol.chooses);
  for (const row of rows) {
    const host = row.fresh();
    host.faults = row.faults((_place, command) => {
      commands.push(command);
      return undefined;
    });
    for (const verb of ['add', 'delete'] as const) await row.call(verb, host);
  }
  expect(commands.length).toBeGreaterThan(20);
  for (const { tool, args, spelled } of commands) {
    expect(takenApart([tool, ...args].map(joined).join(' ')), spelled).toEqual(args);
    expect(takenApart(spelled ?? '')).toEqual(args);
    // An empty word is an address that nobody named, and that means all of them.
    for (const one of args) expect(one).not.toMatch(/^$|=$/);
  }
});

test('people are shown what they can type into cmd.exe', () => {
  const command = windows('netsh', 'delete', 'rule', 'name=riposte netsh 203.0.113.7');
  expect(spell(command)).toBe('netsh delete rule "name=riposte netsh 203.0.113.7"');
  expect(commandLine('reg', 'query', 'HKLM\\SYSTEM')).toBe('reg query HKLM\\SYSTEM');
});
