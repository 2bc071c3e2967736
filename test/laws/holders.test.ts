import { describe, expect, test } from 'vitest';
import { GRACE } from '../../src/lib/expiry.ts';
import { mentions, ROWS } from '../support/matrix.ts';

const ADDRESSES = ROWS.filter(({ example }) => example.subject === 'srcip');

describe.each(ROWS.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const { text } = row.example;
  const holders = [row.action.name, ...row.action.aliases, 'manual'];
  const pairs = holders.flatMap((one) =>
    holders.filter((other) => other !== one).map((other) => [one, other] as const),
  );

  test.each(pairs)('%s and %s hold one block apart', async (one, other) => {
    const host = row.fresh();
    const named = mentions(host, text);
    for (const holder of [one, other]) {
      expect(await row.call('add', host, { holder })).toMatchObject({ outcome: 'applied' });
    }
    expect(await row.call('delete', host, { holder: one })).toMatchObject({ outcome: 'removed' });
    expect(host.holds(text)).toBe(true);
    expect(await row.call('delete', host, { holder: one })).toMatchObject({ outcome: 'absent' });
    expect(host.holds(text)).toBe(true);
    expect(await row.call('delete', host, { holder: other })).toMatchObject({ outcome: 'removed' });
    expect(host.holds(text)).toBe(false);
    expect(mentions(host, text)).toEqual(named);
  });
});

/** The rows whose message states a time, by a backend that keeps it. */
const TIMED = ADDRESSES.filter(
  ({ protocol, backends }) => protocol.name === 'wazuh5' && (backends[0]?.longest ?? 0) > 0,
);

const KERNELS = [
  [6, 18],
  [6, 12],
  [6, 11],
  [5, 15],
] as const;

describe.each(TIMED.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const { text } = row.example;
  const wait = (seconds: number) => seconds * 1_000;

  describe.each(KERNELS)('on kernel %i.%i', (...kernel) => {
    test.each([
      ['longer after shorter', 60, 900],
      ['shorter after longer', 900, 60],
      ['the same again', 300, 300],
    ])('within a holder the newest time counts: %s', async (_case, first, second) => {
      const host = row.fresh({ kernel });
      await row.call('add', host, {}, { seconds: first });
      host.pass(wait(30));
      await row.call('add', host, {}, { seconds: second });
      host.pass(wait(second + GRACE) - 500);
      expect(host.holds(text)).toBe(true);
      host.pass(wait(10));
      expect(host.holds(text)).toBe(false);
    });

    test('no end after an end, and the reverse', async () => {
      const host = row.fresh({ kernel });
      await row.call('add', host, {}, { seconds: 60 });
      await row.call('add', host, {}, { seconds: 0 });
      host.pass(wait(10_000_000));
      expect(host.holds(text)).toBe(true);
      await row.call('add', host, {}, { seconds: 60 });
      host.pass(wait(60 + GRACE + 10));
      expect(host.holds(text)).toBe(false);
    });
  });

  test('a shorter time of another holder shortens nothing', async () => {
    const host = row.fresh();
    await row.call('add', host, { holder: 'manual' }, { seconds: 9_000 });
    await row.call('add', host, {}, { seconds: 60 });
    host.pass(wait(9_000));
    expect(host.holds(text)).toBe(true);
  });

  test('a block whose time ran out is absent, and can be made again', async () => {
    const host = row.fresh();
    await row.call('add', host, {}, { seconds: 60 });
    host.pass(wait(60 + GRACE + 10));
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'absent' });
    expect(await row.call('add', host, {}, { seconds: 60 })).toMatchObject({ outcome: 'applied' });
    expect(host.holds(text)).toBe(true);
  });

  test.each([2_147_000, 2_147_484, 99_999_699, 99_999_700, 999_999_999, 4_294_967_295, 2 ** 40])(
    'a time of %i s, beyond what the tool takes or not, blocks at least that long',
    async (seconds) => {
      const host = row.fresh();
      const { outcome } = await row.call('add', host, {}, { seconds });
      expect(outcome).toBe('applied');
      host.pass(wait(seconds));
      expect(host.holds(text)).toBe(true);
    },
  );
});
