import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Subject } from '../../src/lib/fields.ts';
import { examplesOf } from '../support/actions.ts';
import { alerts, mentions, ROWS, type Row } from '../support/matrix.ts';
import { LIFELINES } from '../support/model-host.ts';

/** Texts that are no target, though some tool or parser would take them for one. */
const HOSTILE: Readonly<Record<Subject, readonly string[]>> = {
  srcip: [
    '',
    '-',
    ' ',
    '1.2.3.4; id',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '1.2.3.4\nadd rule',
    '1.2.3.4\u0000',
    '-j ACCEPT',
    '--help',
    '$(id)',
    '`id`',
    '1.2.3.4 }\nflush ruleset\n#',
    '010.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '+1.2.3.4',
    '1.2.3.4/32',
    '0.0.0.0/0',
    '1',
    '16909060',
    '0x7f.1',
    '0x01020304',
    '１.２.３.４',
    '١.٢.٣.٤',
    '1。2。3。4',
    'fe80::1%eth0',
    '::ffff:1.2.3.4/32',
    '::ffff:1.2.3.256',
    '::ffff:01.2.3.4',
    '::1.2.3',
    '::1.2.3.4',
    '[2001:db8::7]',
    '2001:db8::7::1',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7',
    ':::',
    ':',
    '2001:db8::g',
    '12345::1',
    'localhost',
    'attacker.example',
    '../../etc/passwd',
    '9'.repeat(9_999),
    `${':'.repeat(9_999)}`,
    'é',
    '\u202e1.2.3.4',
  ],
  user: ['', '-', '-x', '--', 'a b', 'a:b', 'a\nb', '../x', '$(id)', 'x'.repeat(9_999), '1000'],
  file: ['', '-', 'relative', '/a/../b', '/a\nb', '/a\ud800', `/${'x'.repeat(9_999)}`],
  pid: ['', '-', '-1', '0', '1 2', '1e3', '99999999999'],
  start: ['', '-', 'yesterday', '-1', 'NaN'],
  executable: ['', 'relative', '/a/../b', '/a\nb'],
};

/** Names that Windows has no accounts of, or not of this computer: it takes more for one than Linux. */
const HOSTILE_ON_WINDOWS: readonly string[] = [
  ...['', '-', ' ', '.', '. .', '-x', '--', '/x', '/active:yes', ' a', 'a ', 'a.', 'a:b', 'a\nb'],
  ...[
    'a\u0000',
    'a\ud800',
    '\u202ea',
    '../x',
    'a/b',
    'a"b',
    'a*',
    'a?',
    'a,b',
    'a;b',
    'a|b',
    'a<b',
  ],
  ...[
    'CONTOSO\\bob',
    '.\\bob',
    'bob@contoso.example',
    'WIN-SRV01$',
    'x'.repeat(21),
    'x'.repeat(9_999),
  ],
];

/** Targets that no host must ever block. */
const PROTECTED: Readonly<Record<Subject, readonly string[]>> = {
  srcip: [
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '0.1.2.3',
    '255.255.255.255',
    '224.0.0.1',
    '239.255.255.250',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::FFFF:0.0.0.0',
    'fe80::1',
    '169.254.169.254',
    ...LIFELINES.map(({ network }) => network),
    ...LIFELINES.filter(({ network }) => !network.includes(':')).map(
      ({ network }) => `::ffff:${network}`,
    ),
  ],
  user: ['root'],
  file: ['/'],
  pid: ['1'],
  start: [],
  executable: [],
};

const CHOSEN = ROWS.filter(({ backend }) => backend === undefined);

describe.each(CHOSEN.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const { subject } = row.example;
  const isWindowsUser = subject === 'user' && row.platform === 'windows';

  describe.each(['add', 'delete'] as const)('%s', (verb) => {
    const texts = isWindowsUser ? HOSTILE_ON_WINDOWS : HOSTILE[subject];
    const hostile = texts.map((text) => [JSON.stringify(text).slice(0, 40), text]);
    test.each(hostile)('%s is a bad field', async (_shown, text = '') => {
      const host = row.fresh();
      const before = host.state();
      const { outcome, told } = await row.call(verb, host, {}, { text });
      expect(outcome).toBe('bad-field');
      expect([told, host.commands, alerts(host.log)]).toEqual([[], [], []]);
      expect(host.state()).toBe(before);
      for (const line of host.log) expect(line.indexOf('\n')).toBe(line.length - 1);
    });
  });

  test.each(PROTECTED[subject])('%s is refused', async (text) => {
    const host = row.fresh();
    const before = host.state();
    const { outcome, told } = await row.call('add', host, {}, { text });
    expect(outcome).toBe('refused');
    expect([told, host.commands, alerts(host.log)]).toEqual([[], [], []]);
    expect(host.log.some((line) => line.includes(': Refused: '))).toBe(true);
    expect(host.state()).toBe(before);
    expect(await row.call('delete', host, {}, { text })).toMatchObject({ outcome: 'absent' });
    expect(host.state()).toBe(before);
  });
});

/** Whether addresses of both IP versions are its matter. */
const takesBoth = ({ action }: Row) => examplesOf(action).some(({ kind }) => kind === 'IPv6');

describe.each(
  CHOSEN.filter((row) => row.example.kind === 'IPv4' && takesBoth(row)).map(
    (row) => [row.name, row] as const,
  ),
)('%s', (_name, row) => {
  test('any text is an address to Node too, or a bad field', async () => {
    const texts = fc.oneof(
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6(),
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdefx.:/%- '), maxLength: 24 }),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const host = row.fresh();
        const { outcome } = await row.call('add', host, {}, { text });
        if (isIP(text) && !/%|^::\d+\./.test(text))
          expect(['applied', 'refused']).toContain(outcome);
        else expect(outcome).toBe('bad-field');
      }),
      { numRuns: 150 },
    );
  });
});

/** Texts of one address, and the one text that names it everywhere. */
const SPELLINGS = [
  ['2001:DB8:0:0:0:0:0:7', '2001:db8::7'],
  ['2001:db8:0000::0007', '2001:db8::7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::ffff:cb00:7107', '203.0.113.7'],
] as const;

const ADDRESSES = ROWS.filter((row) => row.example.kind === 'IPv4' && takesBoth(row));

describe.each(ADDRESSES.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  test.each(SPELLINGS)('%s is %s in keys, rules and records', async (text, canonical) => {
    const host = row.fresh();
    const ran = await row.call('add', host, {}, { text });
    expect(ran).toMatchObject({ outcome: 'applied', target: canonical });
    if (row.protocol.answers) expect(ran.told[0]).toContain(`"keys":["${canonical}"]`);
    expect(host.holds(canonical)).toBe(true);
    expect(host.commands.join('\n')).not.toContain(text);
    expect(await row.call('delete', host, {}, { text: canonical })).toMatchObject({
      outcome: 'removed',
    });
    expect(mentions(host, `${canonical}@`)).toEqual([]);
  });
});
