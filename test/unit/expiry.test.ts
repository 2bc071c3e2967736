import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AgentConfig, expiryOf, GRACE } from '../../src/lib/expiry.ts';

const NO_OFFENDERS = '<ossec_config></ossec_config>';

const configured = (
  arConf: string | undefined,
  ossecConf: string | undefined = NO_OFFENDERS,
  program = 'firewall-drop',
) => expiryOf({ schedule: { kind: 'configured' } }, program, async () => ({ arConf, ossecConf }));

const ladder = (text: string) =>
  `<active-response><repeated_offenders>${text}</repeated_offenders></active-response>`;

const unread = async (): Promise<AgentConfig> => {
  throw new Error('the configuration was read though nobody needs it');
};

describe('a time that the message states', () => {
  const stated = (seconds: number, ossecConf: string | undefined) =>
    expiryOf({ schedule: { kind: 'stated', seconds } }, 'x', async () => ({
      arConf: undefined,
      ossecConf,
    }));

  test.each([
    ['alone', NO_OFFENDERS, 60 + GRACE],
    ['below a step of the ladder', ladder('1,30'), 1_800 + GRACE],
    ['above the ladder', ladder('1'), 60 + GRACE],
    ['where the ladder cannot be read', undefined, undefined],
    ['where a step is in doubt', ladder('x'), undefined],
  ])('%s', async (_case, ossecConf, expected) => {
    expect(await stated(60, ossecConf)).toBe(expected);
  });
});

test.each([
  '<repeated_offenders >30,60</repeated_offenders>',
  '<repeated_offenders>30<!-- , -->,60</repeated_offenders>',
  '<repeated_offenders>30,60',
  '<  repeated_offenders>30</repeated_offenders>',
])('a ladder written as %s is in doubt', async (text) => {
  expect(await configured('a - firewall-drop - 60', text)).toBeUndefined();
});

describe('what the message says itself', () => {
  test.each([
    [{ kind: 'exact', seconds: 60 }, 60],
    [{ kind: 'stated', seconds: 0 }, undefined],
    [{ kind: 'stated', seconds: -5 }, undefined],
    [{ kind: 'open' }, undefined],
  ] as const)('%o ends after %s', async (schedule, expected) => {
    expect(await expiryOf({ schedule }, 'firewall-drop', unread)).toBe(expected);
  });
});

describe('what the agent’s configuration says', () => {
  test.each([
    ['one line', 'firewall-drop600 - firewall-drop - 600\n', 600],
    ['the longest of several', 'a - firewall-drop - 60\nb - firewall-drop - 900\n', 900],
    ['other programs do not count', 'a - firewall-drop - 60\nb - host-deny - 9000\n', 60],
    ['a program whose name begins alike', 'a - firewall-drop - 60\nb - firewall-drop2 - 0\n', 60],
    [
      'the lines that every agent has',
      'restart-ossec0 - restart-ossec.sh - 0\na - firewall-drop - 7\n',
      7,
    ],
    ['line ends of Windows', 'a - firewall-drop - 60\r\n', 60],
    ['blank lines', '\n\na - firewall-drop - 60\n\n', 60],
  ])('%s', async (_case, arConf, seconds) => {
    expect(await configured(arConf)).toBe(seconds + GRACE);
  });

  test.each([
    ['netsh.exe', 'NETSH.EXE'],
    ['netsh.exe', 'netsh'],
    ['netsh', 'Netsh.exe'],
  ])('Windows calls %s by the name %s', async (program, executable) => {
    expect(await configured(`a - ${executable} - 60\n`, NO_OFFENDERS, program)).toBe(60 + GRACE);
  });

  test('the ladder for repeated offenders is in minutes and counts too', async () => {
    expect(await configured('a - firewall-drop - 60\n', ladder('5,10,30'))).toBe(30 * 60 + GRACE);
    expect(await configured('a - firewall-drop - 6000\n', ladder('5, 10'))).toBe(6_000 + GRACE);
  });
});

describe('every doubt means never', () => {
  test.each([
    ['no ar.conf', undefined, NO_OFFENDERS],
    ['no ossec.conf', 'a - firewall-drop - 60\n', 'missing'],
    ['an empty ar.conf', '', NO_OFFENDERS],
    ['no line for the program', 'a - host-deny - 60\n', NO_OFFENDERS],
    ['a line that says 0', 'a - firewall-drop - 60\nb - firewall-drop - 0\n', NO_OFFENDERS],
    ['a line without a time', 'a - firewall-drop\n', NO_OFFENDERS],
    ['a line with an empty time', 'a - firewall-drop - \n', NO_OFFENDERS],
    ['a word for a time', 'a - firewall-drop - soon\n', NO_OFFENDERS],
    ['a negative time', 'a - firewall-drop - -60\n', NO_OFFENDERS],
    ['half a second', 'a - firewall-drop - 0.5\n', NO_OFFENDERS],
    ['no end', 'a - firewall-drop - Infinity\n', NO_OFFENDERS],
    ['a ladder that says 0', 'a - firewall-drop - 60\n', ladder('5,0')],
    ['a ladder with a word', 'a - firewall-drop - 60\n', ladder('5,x')],
    ['an empty ladder', 'a - firewall-drop - 60\n', ladder('')],
    ['a ladder with a hole', 'a - firewall-drop - 60\n', ladder('5,,10')],
  ])('%s', async (_case, arConf, ossecConf) => {
    const config = async () => ({
      arConf,
      ossecConf: ossecConf === 'missing' ? undefined : ossecConf,
    });
    const schedule = { kind: 'configured' } as const;
    expect(await expiryOf({ schedule }, 'firewall-drop', config)).toBeUndefined();
  });
});

test('never earlier than any time that the agent might use', async () => {
  const times = fc.array(fc.nat({ max: 100_000 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      times,
      fc.array(fc.nat({ max: 900 }), { maxLength: 5 }),
      async (all, steps) => {
        const arConf = all.map((time, line) => `ar${line} - firewall-drop - ${time}\n`).join('');
        const ossecConf = steps.length > 0 ? ladder(steps.join(',')) : NO_OFFENDERS;
        const expiry = await configured(arConf, ossecConf);
        if (expiry === undefined) return;
        for (const time of all) expect(expiry).toBeGreaterThan(time);
        for (const step of steps) expect(expiry).toBeGreaterThan(step * 60);
        expect([...all, ...steps]).not.toContain(0);
      },
    ),
  );
});
