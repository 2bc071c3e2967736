import { describe, expect, test } from 'vitest';
import { STATE } from '../../src/lib/ports.ts';
import { recordsIn } from '../../src/lib/records.ts';
import { ModelHost } from '../support/model-host.ts';

const record = {
  action: 'firewall-drop',
  holder: 'manual',
  target: '2001:db8::7',
  backend: 'ipset',
  until: undefined,
};

test('a record is one private file whose name says all that undo needs', async () => {
  const host = new ModelHost();
  const records = recordsIn(host.files(), () => 'boot');
  expect(await records.note(record)).toBe(true);
  const [name = ''] = host.records();
  expect(name).toContain('/held/firewall-drop/2001%3Adb8%3A%3A7@manual@ipset');
  expect(name).not.toMatch(/[:*?"<>|\\]/);
  expect(
    JSON.parse(host.file(`${STATE}/held/firewall-drop/${name.split('/').at(-1)}`) ?? ''),
  ).toMatchObject({
    target: '2001:db8::7',
  });
});

test('noting again says it was there, and keeps the newest time', async () => {
  const host = new ModelHost();
  const records = recordsIn(host.files(), () => 'boot');
  await records.note({ ...record, until: '2026-01-01T00:00:00Z' });
  expect(await records.note({ ...record, until: '2027-01-01T00:00:00Z' })).toBe(false);
  expect(host.records()).toHaveLength(1);
  const path = `${STATE}/held/firewall-drop/2001%3Adb8%3A%3A7@manual@ipset`;
  expect(host.file(path)).toContain('2027-01-01');
});

test('only the records of that action, holder and target count', async () => {
  const records = recordsIn(new ModelHost().files(), () => 'boot');
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
  const records = recordsIn(host.files(), () => 'boot');
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
      const records = recordsIn(host.files(), () => 'boot');
      await records.note({ ...record, target });
      expect(
        await records.backends({ action: 'firewall-drop', holder: 'manual', target: target }),
      ).toEqual(['ipset']);
      for (const path of host.records()) {
        expect(path).toMatch(/\/riposte\/held\/firewall-drop\/[^/]+$/);
      }
    },
  );
});

describe('marks of use', () => {
  test('are per action and backend, and no records', async () => {
    const host = new ModelHost();
    const records = recordsIn(host.files(), () => 'boot');
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
    const records = recordsIn(new ModelHost().files(), () => 'boot');
    await records.note({ ...record, target: 'used', holder: 'nft', backend: 'nft' });
    expect(await records.wasUsed('firewall-drop', 'nft')).toBe(false);
  });

  test('end with the boot, as what the kernel held does', async () => {
    const host = new ModelHost();
    await recordsIn(host.files(), () => 'one').markUsed('firewall-drop', 'nft');
    const next = recordsIn(host.files(), () => 'two');
    expect(await next.wasUsed('firewall-drop', 'nft')).toBe(false);
    await next.markUsed('firewall-drop', 'nft');
    expect(host.records()).toHaveLength(1);
    expect(await next.wasUsed('firewall-drop', 'nft')).toBe(true);
  });
});
