import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseManual } from '../../src/cli/manual.ts';
import { srcip } from '../../src/lib/fields.ts';
import type { Manual, Spec } from '../../src/lib/person.ts';

const SPEC: Spec = {
  program: 'firewall-drop',
  version: '1.2.3',
  summary: 'Drops every packet.',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  options: {
    backend: { help: 'use this one', values: ['nft', 'ipset'] },
    'of-two-words': { help: 'use that one', values: ['yes'] },
  },
};

const parse = (...words: string[]) => parseManual(words, SPEC);

function asked(...words: string[]): Extract<Manual, { kind: 'run' }> {
  const manual = parse(...words);
  if (manual.kind === 'say') throw new Error(manual.text);
  return manual;
}

const TARGET = ['--srcip', '203.0.113.7'];

describe('what a person asks for', () => {
  test('add', () => {
    const { request, seconds, dryRun, home, options, epilogue } = asked('add', ...TARGET);
    expect(request).toMatchObject({
      dialect: 'manual',
      verb: 'add',
      candidates: { srcip: [{ path: '--srcip', text: '203.0.113.7' }], user: [], file: [] },
      schedule: { kind: 'open' },
      extra: [],
    });
    expect({ seconds, dryRun, home, options }).toEqual({
      seconds: undefined,
      dryRun: false,
      home: undefined,
      options: {},
    });
    expect(epilogue).toContain('firewall-drop delete --srcip 203.0.113.7');
  });

  test('delete', () => {
    const { request, epilogue } = asked('delete', ...TARGET, '--reason', 'a mistake');
    expect(request).toMatchObject({ verb: 'delete', reason: 'a mistake' });
    expect(epilogue).toBe('.');
  });

  test('all that can be said', () => {
    const { request, options, dryRun, home } = asked(
      ...['add', ...TARGET, '--for', '90s', '--backend', 'ipset', '--reason', 'why not'],
      ...['--home', '/srv/ossec', '--dry-run', '--of-two-words', 'yes'],
    );
    expect(request).toMatchObject({ reason: 'why not', schedule: { kind: 'exact', seconds: 90 } });
    expect({ options, dryRun, home }).toEqual({
      options: { backend: 'ipset', 'of-two-words': 'yes' },
      dryRun: true,
      home: '/srv/ossec',
    });
  });

  test.each([
    ['90s', 90],
    ['15m', 900],
    ['1h', 3_600],
    ['2d', 172_800],
    ['1.5h', 5_400],
    ['1500ms', 2],
    ['2 days', 172_800],
  ])('--for %s is %i seconds', (text, seconds) => {
    expect(asked('add', ...TARGET, '--for', text).seconds).toBe(seconds);
  });

  test('an argument joined by = may begin with a dash', () => {
    expect(asked('add', '--srcip=-j').request.candidates.srcip[0]?.text).toBe('-j');
  });
});

const MISTAKES: readonly (readonly [what: string, words: readonly string[], names: RegExp])[] = [
  ['a word that is no verb', ['block', ...TARGET], /block/],
  ['a verb that is an option', ['--add', ...TARGET], /--add/],
  ['no target', ['add'], /--srcip/],
  ['a target without a value', ['add', '--srcip'], /--srcip/],
  ['an unknown option', ['add', ...TARGET, '--frobnicate'], /--frobnicate/],
  ['an option of add on delete', ['delete', ...TARGET, '--force'], /--force/],
  ['--for on delete', ['delete', ...TARGET, '--for', '1h'], /--for/],
  ['a time without a unit', ['add', ...TARGET, '--for', '90'], /90s/],
  ['a time that is none', ['add', ...TARGET, '--for', 'soon'], /90s/],
  ['a time of nothing', ['add', ...TARGET, '--for', '0s'], /90s/],
  ['a time below zero', ['add', ...TARGET, '--for=-5m'], /90s/],
  ['an unknown unit', ['add', ...TARGET, '--for', '5parsecs'], /90s/],
  ['a time without a value', ['add', ...TARGET, '--for'], /--for/],
  ['another backend', ['add', ...TARGET, '--backend', 'pf'], /nft, ipset/],
  ['words too many', ['add', ...TARGET, 'and', 'more'], /arguments|and/],
  ['another action’s target', ['add', '--user', 'bob'], /--srcip|--user/],
];

describe('a mistake is one sentence and exit code 2', () => {
  test.each(MISTAKES)('%s', (_what, words, names) => {
    const manual = parse(...words);
    expect(manual).toMatchObject({ kind: 'say', exit: 2 });
    if (manual.kind !== 'say') return;
    expect(manual.text).toMatch(/^firewall-drop: [^\n]+; see firewall-drop --help\.$/);
    expect(manual.text).toMatch(names);
    expect(manual.text).not.toMatch(/\.\.|error:/);
  });

  test('whatever the words are', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('add', 'delete', '--srcip', '--for', '1h', '--dry-run', '--', '-', '-h'),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const manual = parse(...words);
        if (manual.kind === 'say' && manual.exit === 2) {
          expect(manual.text).toMatch(/^firewall-drop: .+; see firewall-drop --help\.$/s);
        }
      }),
    );
  });
});

describe('help', () => {
  test.each([[['--help']], [['-h']], [['add', '--help']], [['delete', '-h']]])('%j', (words) => {
    const manual = parse(...words);
    expect(manual).toMatchObject({ kind: 'say', exit: 0 });
    if (manual.kind !== 'say') return;
    expect(manual.text).toContain('Usage: firewall-drop');
    if (words[0]?.startsWith('-')) {
      for (const part of [SPEC.summary, 'add', 'delete', '--version']) {
        expect(manual.text).toContain(part);
      }
    }
  });

  test('gives examples that every action takes', () => {
    const manual = parse('--help');
    const text = manual.kind === 'say' ? manual.text : '';
    const examples = text.slice(text.indexOf('Examples:')).split('\n').slice(1);
    expect(examples.map((line) => line.trim())).toEqual([
      'firewall-drop add --srcip 203.0.113.7 --dry-run',
      'firewall-drop add --srcip 203.0.113.7',
      'firewall-drop delete --srcip 203.0.113.7',
    ]);
  });

  test('of add names every option, with its values', () => {
    const manual = parse('add', '--help');
    for (const part of ['--srcip', '--for', '--backend', '"nft", "ipset"', '--dry-run', '--home']) {
      expect(manual.kind === 'say' && manual.text).toContain(part);
    }
  });

  test('--version says the version and nothing else', () => {
    expect(parse('--version')).toEqual({ kind: 'say', text: '1.2.3', exit: 0 });
  });
});

test.each([
  ['90s', 'for 1 min 30 s, or'],
  ['36h', 'for 1 d 12 h, or'],
  ['1h', 'for 1 h, or'],
  ['1500ms', 'for 2 s, or'],
])('what --for %s means is said to the second', (time, expected) => {
  expect(asked('add', ...TARGET, '--for', time).epilogue).toContain(expected);
});
