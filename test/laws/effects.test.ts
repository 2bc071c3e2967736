import { describe, expect, test } from 'vitest';
import { exitCode } from '../../src/lib/outcome.ts';
import { alerts, mentions, ROWS, tickets, timeless } from '../support/matrix.ts';

describe.each(ROWS.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const { text, neighbour } = row.example;

  test('apply changes the host and revert restores it exactly', async () => {
    const host = await row.used();
    const before = host.state();
    expect(await row.call('add', host)).toMatchObject({ outcome: 'applied' });
    expect(host.state()).not.toBe(before);
    expect(host.holds(text)).toBe(true);
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(host.state()).toBe(before);
    expect(host.holds(text)).toBe(false);
  });

  test('on a fresh host revert leaves no trace of the target and all that others made', async () => {
    const host = row.fresh();
    const named = mentions(host, text);
    const lines = host.state().split('\n');
    await row.call('add', host);
    await row.call('delete', host);
    expect(mentions(host, text)).toEqual(named);
    expect(host.state().split('\n')).toEqual(expect.arrayContaining(lines));
    expect(tickets(host)).toEqual([]);
  });

  test('applying twice is applying once', async () => {
    const host = await row.used();
    const before = host.state();
    await row.call('add', host);
    const once = timeless(host);
    host.pass(1_000);
    expect(await row.call('add', host)).toMatchObject({ outcome: 'already' });
    expect(timeless(host)).toBe(once);
    await row.call('delete', host);
    expect(host.state()).toBe(before);
  });

  test.each(['fresh', 'used'] as const)(
    'reverting what was never applied changes nothing on a %s host',
    async (kind) => {
      const host = await row[kind]();
      const before = host.state();
      expect(await row.call('delete', host)).toMatchObject({ outcome: 'absent' });
      expect(host.state()).toBe(before);
    },
  );

  test('reverting twice is reverting once', async () => {
    const host = await row.used();
    const before = host.state();
    for (const verb of ['add', 'delete'] as const) await row.call(verb, host);
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'absent' });
    expect(host.state()).toBe(before);
  });

  test('a neighbour of this holder survives apply and revert', async () => {
    const host = await row.used();
    await row.call('add', host, {}, { text: neighbour });
    const before = host.state();
    await row.call('add', host);
    await row.call('delete', host);
    expect(host.state()).toBe(before);
    expect(host.holds(neighbour)).toBe(true);
  });

  test('reverting the neighbour leaves the target', async () => {
    const host = await row.used();
    await row.call('add', host);
    const before = host.state();
    await row.call('add', host, {}, { text: neighbour });
    await row.call('delete', host, {}, { text: neighbour });
    expect(host.state()).toBe(before);
  });

  test('the log alerts once for each deed, and the journal explains it', async () => {
    const host = await row.used();
    for (const verb of ['add', 'delete'] as const) {
      host.log.length = 0;
      const { outcome } = await row.call(verb, host);
      // A person's call has no message that a stock rule could read.
      expect(alerts(host.log)).toHaveLength(row.protocol.name === 'manual' ? 0 : 1);
      expect(host.journal().at(-1)).toMatchObject({ verb, outcome, target: text });
      expect(exitCode(outcome)).toBe(0);
    }
  });
});
