import { describe, expect, test } from 'vitest';
import { ACTIONS, DEEDS, platformOf } from '../support/actions.ts';
import { call, PROTOCOLS, type Protocol } from '../support/callers.ts';
import { askOf, settingsOf, subjectsOf } from '../support/deeds.ts';
import { alerts, mentions, ROWS, tickets } from '../support/matrix.ts';
import { ModelHost } from '../support/model-host.ts';

const OBSERVE = { mode: 'observe' };

const observed = (host: ModelHost) =>
  host.log.filter((line) => line.includes(': Observed: ')).length;

describe.each(ROWS.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const { text } = row.example;
  const byHand = row.protocol.name === 'manual';

  test('in observe mode an add changes nothing and says that it would', async () => {
    const host = row.fresh({ settings: OBSERVE });
    const before = host.state();
    const { outcome, told, detail } = await row.call('add', host);
    if (byHand) {
      expect(outcome).toBe('applied');
      expect(detail).toContain('in spite of observe mode');
      return;
    }
    expect(outcome).toBe('observed');
    expect(told).toHaveLength(row.protocol.answers ? 1 : 0);
    expect(host.state()).toBe(before);
    expect([alerts(host.log), observed(host), tickets(host)]).toEqual([[], 1, []]);
    expect(host.journal().at(-1)).toMatchObject({ outcome: 'observed' });
  });

  test('a delete acts all the same', async () => {
    const host = row.fresh();
    const before = mentions(host, text);
    await row.call('add', host);
    const folder = '/var/ossec/active-response/riposte';
    host.volume.writeFileSync(`${folder}/riposte.json`, JSON.stringify(OBSERVE), { mode: 0o600 });
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(mentions(host, text)).toEqual(before);
  });

  if (!byHand) {
    test('what could not be done is not said to be', async () => {
      const host = row.fresh({ settings: OBSERVE });
      host.faults = () => 'missing';
      const { outcome, told } = await row.call('add', host);
      // What needs no tool and no look beforehand can always be done.
      if (host.commands.length > 0 || outcome !== 'observed') {
        expect([outcome, told]).toEqual(['missing-tool', []]);
      }
      expect(alerts(host.log)).toEqual([]);
    });
  }
});

const agents = PROTOCOLS.filter(({ name }) => name !== 'manual');
const tells = (protocol: Protocol, subjects: readonly string[]) =>
  protocol.name !== 'legacy' || subjects.every((one) => ['srcip', 'user', 'file'].includes(one));

describe.each(
  DEEDS.flatMap(({ action }) =>
    agents
      .filter((protocol) => tells(protocol, subjectsOf(action)))
      .map((protocol) => [`${action.name} ${protocol.name}`, action, protocol] as const),
  ),
)('%s', (_name, deed, protocol) => {
  test('in observe mode nothing is done, whatever the agent answers', async () => {
    for (const temper of ['continue', 'abort', 'silence'] as const) {
      const host = new ModelHost({
        platform: platformOf(deed),
        settings: { ...settingsOf(deed), ...OBSERVE },
      });
      const before = host.state();
      const ask = askOf(deed, 'add');
      expect(await call(deed, protocol, ask, host, { temper })).toMatchObject({
        outcome: 'observed',
      });
      expect(host.state()).toBe(before);
      expect([alerts(host.log), observed(host)]).toEqual([[], 1]);
    }
  });
});

test('there are actions of both kinds', () => {
  expect(ACTIONS.length * DEEDS.length).toBeGreaterThan(0);
});
