import { describe, expect, test } from 'vitest';
import { isSameBoot } from '../../src/lib/record.ts';
import { recordsIn } from '../../src/lib/records.ts';
import { ModelHost } from '../support/model-host.ts';

const record = {
  action: 'firewall-drop',
  holder: 'manual',
  target: '2001:db8::7',
  backend: 'ipset',
  until: undefined,
  stage: 'held',
} as const;

const NOW = Date.UTC(2026, 1, 3);
const clock = { now: () => new Date(NOW) };
const textOf = (host: ModelHost, path = '') => String(host.volume.readFileSync(path));
const recordsOf = (host: ModelHost, boot = 'boot') => recordsIn(host.files(), () => boot, clock);

test('a record is one private file whose name says all that undo needs', async () => {
  const host = new ModelHost();
  const records = recordsOf(host);
  expect(await records.note(record)).toBe(true);
  const [name = ''] = host.records();
  expect(name).toMatch(/\/held\/firewall-drop\/[0-9a-f]{2}\/2001%3Adb8%3A%3A7@manual@ipset$/);
  expect(name).not.toMatch(/[:*?"<>|\\]/);
  expect(textOf(host, name)).toContain('"target":"2001:db8::7"');
});

test('no name has a sign that some system refuses', async () => {
  const host = new ModelHost();
  expect(await recordsOf(host).note({ ...record, target: 'a*b?c:d|e' })).toBe(true);
  expect(host.records()[0]).not.toMatch(/[:*?"<>|\\]/);
  expect(await recordsOf(host).places()).toMatchObject([{ target: 'a*b?c:d|e' }]);
});

test.each([
  ['at-1000000', 'at-1000090', true],
  ['at-1000090', 'at-1000000', true],
  ['at-1000000', 'at-1000300', false],
  ['abc', 'abc', true],
  ['abc', 'abd', false],
  ['at-1000000', 'abc', false],
  [undefined, 'at-1000000', false],
])('boots %s and %s are one: %s', (one, other, same) => {
  expect(isSameBoot(one, other)).toBe(same);
});

test('noting again says it was there, and keeps the newest time', async () => {
  const host = new ModelHost();
  const records = recordsOf(host);
  await records.note({ ...record, until: '2026-01-01T00:00:00Z' });
  expect(await records.note({ ...record, until: '2027-01-01T00:00:00Z' })).toBe(false);
  expect(host.records()).toHaveLength(1);
  expect(textOf(host, host.records()[0])).toContain('2027-01-01');
});

test('only the records of that action, holder and target count', async () => {
  const records = recordsOf(new ModelHost());
  await records.note(record);
  await records.note({ ...record, backend: 'iptables' });
  await records.note({ ...record, target: '2001:db8::70', backend: 'x' });
  await records.note({ ...record, holder: 'man', backend: 'y' });
  await records.note({ ...record, action: 'host-deny', backend: 'z' });
  const backends = await records.backends({
    action: 'firewall-drop',
    holder: 'manual',
    target: '2001:db8::7',
  });
  expect([...backends].sort()).toEqual(['ipset', 'iptables']);
  expect(
    await records.backends({ action: 'route-null', holder: 'manual', target: '2001:db8::7' }),
  ).toEqual([]);
});

test('forgetting is final and can be repeated', async () => {
  const host = new ModelHost();
  const records = recordsOf(host);
  await records.note(record);
  await records.forget(record);
  await records.forget(record);
  expect(
    await records.backends({ action: 'firewall-drop', holder: 'manual', target: '2001:db8::7' }),
  ).toEqual([]);
});

describe('targets of any shape', () => {
  test.each(['../../etc/passwd', 'a/b', 'a@b@c', '.', '..', '%', 'ä', 'a b', 'x\ny'])(
    '%j stays in its folder',
    async (target) => {
      const host = new ModelHost();
      const records = recordsOf(host);
      await records.note({ ...record, target });
      expect(
        await records.backends({ action: 'firewall-drop', holder: 'manual', target: target }),
      ).toEqual(['ipset']);
      for (const path of host.records()) {
        expect(path).toMatch(/\/riposte\/held\/firewall-drop\/[0-9a-f]{2}\/[^/]+$/);
      }
    },
  );
});

describe('marks of use', () => {
  test('are per action and backend, and no records', async () => {
    const host = new ModelHost();
    const records = recordsOf(host);
    expect(await records.wasUsed('firewall-drop', 'nft')).toBe(false);
    await records.markUsed('firewall-drop', 'nft');
    await records.markUsed('firewall-drop', 'nft');
    expect(await records.wasUsed('firewall-drop', 'nft')).toBe(true);
    expect(await records.wasUsed('firewall-drop', 'ipset')).toBe(false);
    expect(await records.wasUsed('host-deny', 'nft')).toBe(false);
    expect(
      await records.backends({ action: 'firewall-drop', holder: 'nft', target: 'used' }),
    ).toEqual([]);
    expect(await records.backends({ action: 'firewall-drop', holder: '', target: '' })).toEqual([]);
  });

  test('no target looks like one', async () => {
    const records = recordsOf(new ModelHost());
    await records.note({ ...record, target: 'used', holder: 'nft', backend: 'nft' });
    expect(await records.wasUsed('firewall-drop', 'nft')).toBe(false);
  });

  test('end with the boot, as what the kernel held does', async () => {
    const host = new ModelHost();
    await recordsOf(host, 'one').markUsed('firewall-drop', 'nft');
    const next = recordsOf(host, 'two');
    expect(await next.wasUsed('firewall-drop', 'nft')).toBe(false);
    await next.markUsed('firewall-drop', 'nft');
    expect(host.records()).toHaveLength(1);
    expect(await next.wasUsed('firewall-drop', 'nft')).toBe(true);
  });
});

describe('what is done once', () => {
  const setUp = () => {
    const host = new ModelHost();
    return { host, records: recordsOf(host) };
  };

  test('is new once, whatever it is called', async () => {
    const { records } = setUp();
    for (const thing of ['1770113472.1', '../../x', 'a b', '1\ud800', 'x'.repeat(5_000)]) {
      expect(await records.first('restart-wazuh', thing)).toBe(true);
      expect(await records.first('restart-wazuh', thing)).toBe(false);
      expect(await records.first('other', thing)).toBe(true);
    }
  });

  test('may be tried again after it failed', async () => {
    const { records } = setUp();
    await records.first('restart-wazuh', '1.1');
    await records.unlearn('restart-wazuh', '1.1');
    expect(await records.first('restart-wazuh', '1.1')).toBe(true);
  });

  test('is forgotten after a day, and nothing else is', async () => {
    const { host, records } = setUp();
    await records.first('restart-wazuh', '1.1');
    await records.note({ ...record, action: 'restart-wazuh' });
    const old = new Date(Date.now() - 25 * 3_600_000);
    for (const path of host.records()) host.volume.utimesSync(path, old, old);
    await records.first('restart-wazuh', '1.2');
    expect(host.records().map((path) => path.split('/').at(-1))).toEqual([
      '2001%3Adb8%3A%3A7@manual@ipset',
      'once=1.2',
    ]);
  });

  test('is no record of a target', async () => {
    const { records } = setUp();
    await records.first('restart-wazuh', '1.1');
    const where = { action: 'restart-wazuh', target: 'once=1.1' };
    expect(await records.backends({ ...where, holder: '' })).toEqual([]);
    expect(await records.entries({ ...where, backend: '' })).toEqual([]);
  });
});

describe('what was there before', () => {
  test('is read back with its holder', async () => {
    const records = recordsOf(new ModelHost());
    await records.note({ ...record, former: 'open' });
    await records.note({ ...record, holder: 'firewall-drop', former: 'shut' });
    await records.note({ ...record, backend: 'other', former: 'not asked for' });
    const found = await records.entries(record);
    expect(found.map(({ holder, former }) => [holder, former]).sort()).toEqual([
      ['firewall-drop', 'shut'],
      ['manual', 'open'],
    ]);
  });

  test('is unknown where the record is torn', async () => {
    const host = new ModelHost();
    const records = recordsOf(host);
    await records.note({ ...record, former: 'open' });
    const [path = ''] = host.records();
    host.volume.writeFileSync(path, '{"former":"op');
    const [entry] = await records.entries(record);
    expect(entry).toMatchObject({ holder: 'manual', until: undefined });
    expect(entry).not.toHaveProperty('former');
  });

  test('is not taken from a file that others could have written', async () => {
    const host = new ModelHost();
    const records = recordsOf(host);
    await records.note({ ...record, former: 'open' });
    const [path = ''] = host.records();
    host.volume.chmodSync(path, 0o666);
    await expect(records.entry(record)).rejects.toMatchObject({ kind: 'bad-state' });
    const [entry] = await records.entries(record);
    expect(entry).toMatchObject({ holder: 'manual', until: undefined });
    expect(entry).not.toHaveProperty('former');
  });
});
