import { describe, expect, test } from 'vitest';
import { type Deed, defineDeed } from '../../src/lib/action.ts';
import { must, run } from '../../src/lib/effect.ts';
import { srcip } from '../../src/lib/fields.ts';
import { exitCode } from '../../src/lib/outcome.ts';
import { LIMIT } from '../../src/lib/ports.ts';
import type { Verb } from '../../src/lib/request.ts';
import { DEEDS, platformOf } from '../support/actions.ts';
import { call, type Manner, PROTOCOLS, type Protocol } from '../support/callers.ts';
import { askOf, FIELDS, settingsOf, subjectsOf } from '../support/deeds.ts';
import { alerts, tickets } from '../support/matrix.ts';
import { type Fault, type Faults, ModelHost } from '../support/model-host.ts';

/** A deed of the tests' own, so that every law has something to hold for. */
const SAMPLE = defineDeed({
  name: 'sample',
  summary: 'Adds to a set, in the place of whatever can be done only once.',
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  once: () => ({
    what: 'it is in the set',
    checks: [must(run('iptables', ...'-w 5 -C INPUT -s 203.0.113.70 -j DROP'.split(' ')), 'good')],
    steps: [must(run('ipset', 'add', 'admin', '203.0.113.8'), 'done')],
  }),
});

/** Old agents tell of no processes. */
const tells = (protocol: Protocol, deed: Deed) =>
  protocol.name !== 'legacy' ||
  subjectsOf(deed).every((subject) => ['srcip', 'user', 'file'].includes(subject));

const ROWS = [...DEEDS.map(({ action }) => action), SAMPLE].flatMap((deed) =>
  PROTOCOLS.filter((protocol) => tells(protocol, deed)).map(
    (protocol) => [`${deed.name} ${protocol.name}`, deed, protocol] as const,
  ),
);

describe.each(ROWS)('%s', (_name, deed, protocol) => {
  const fresh = (faults: Faults = () => undefined) => {
    const host = new ModelHost({ platform: platformOf(deed), settings: settingsOf(deed) });
    host.faults = faults;
    return host;
  };
  const asked = (host: ModelHost, verb: Verb, manner: Manner = {}, texts = FIELDS) =>
    call(deed, protocol, askOf(deed, verb, texts), host, manner);
  /** How many things a run does that nothing disturbs, and what comes of it. */
  const undisturbed = async () => {
    const host = fresh();
    await asked(host, 'add');
    return { count: host.commands.length, done: host.state() };
  };

  test('is done once, and the log alerts once', async () => {
    const host = fresh();
    const { outcome, told } = await asked(host, 'add');
    expect(outcome).toBe('applied');
    expect(host.commands.length).toBeGreaterThan(0);
    expect(told).toHaveLength(deed.keys && protocol.answers ? 1 : 0);
    expect(alerts(host.log)).toHaveLength(protocol.name === 'manual' ? 0 : 1);
    expect(host.journal().at(-1)).toMatchObject({ action: deed.name, outcome: 'applied' });
    expect(tickets(host)).toEqual([]);
  });

  test('a delete does nothing and says so', async () => {
    const host = fresh();
    const before = host.state();
    const { outcome, told } = await asked(host, 'delete');
    expect(outcome).toBe('ignored');
    expect([told, host.commands, alerts(host.log)]).toEqual([[], [], []]);
    expect(host.state()).toBe(before);
  });

  if (deed.keys && protocol.answers) {
    test('nothing is done before the agent has the keys', async () => {
      const host = fresh();
      const before = host.state();
      let seen: string | undefined;
      const onTell = () => {
        seen = host.state();
      };
      await asked(host, 'add', { onTell });
      expect(seen).toBe(before);
    });

    test.each(['abort', 'end', 'silence', 'garbage', 'closed', 'flood'] as const)(
      'nothing is done on %s',
      async (temper) => {
        const host = fresh();
        const before = host.state();
        const { outcome } = await asked(host, 'add', { temper });
        const expected = { abort: 'already', closed: 'undelivered' }[temper as string];
        expect(outcome).toBe(expected ?? 'unanswered');
        expect(host.state()).toBe(before);
        expect(alerts(host.log)).toEqual([]);
      },
    );
  }

  test.each(['broken', 'killed', 'hanging', 'missing'] as const)(
    'with one thing %s it does not claim to have been done',
    async (fault: Fault) => {
      const { count, done } = await undisturbed();
      for (let at = 0; at < count; at += 1) {
        const host = fresh((place) => (place === at ? fault : undefined));
        const ms = await host.run(deed.name, async ({ clock }) => {
          const { outcome } = await asked(host, 'add');
          // A question may have been put to somebody else; a second attempt may have succeeded.
          if (exitCode(outcome) !== 0) expect(alerts(host.log), `at ${at}`).toEqual([]);
          else if (at < count - 1) expect(host.state(), `at ${at}`).toBe(done);
          else expect(host.commands.length, `at ${at}`).toBeGreaterThan(count);
          return clock.elapsed();
        });
        expect(ms).toBeLessThanOrEqual(LIMIT.run + 100);
        expect(tickets(host)).toEqual([]);
      }
    },
  );

  test('with everything broken it fails, and may be tried again', async () => {
    const host = fresh(() => 'broken');
    expect(exitCode((await asked(host, 'add')).outcome)).not.toBe(0);
    expect(alerts(host.log)).toEqual([]);
    host.faults = () => undefined;
    expect(exitCode((await asked(host, 'add')).outcome)).toBe(0);
  });

  test.each(subjectsOf(deed))('a hostile %s is a bad field', async (subject) => {
    for (const text of ['\n', ' ', '$(id)', '`id`', '-x', 'x'.repeat(9_999), '\u0000', '../x']) {
      const host = fresh();
      const before = host.state();
      const { outcome, told } = await asked(host, 'add', {}, { ...FIELDS, [subject]: text });
      expect(outcome, JSON.stringify(text)).toBe('bad-field');
      expect([told, host.commands, alerts(host.log)]).toEqual([[], [], []]);
      expect(host.state()).toBe(before);
    }
  });

  test('broken settings are said, and nothing is done', async () => {
    if (Object.keys(deed.options).length === 0) return;
    const host = new ModelHost({
      platform: platformOf(deed),
      settings: { actions: { [deed.name]: { 'no-such': 'x' } } },
    });
    const { outcome, detail } = await asked(host, 'add');
    expect(outcome).toBe('bad-settings');
    expect(detail).toContain('no-such is no option of it');
    expect(host.commands).toEqual([]);
  });
});
