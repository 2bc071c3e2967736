import { describe, expect, test } from 'vitest';
import { heldIn } from '../../src/lib/held.ts';
import { STATE } from '../../src/lib/host.ts';
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
  const held = heldIn(host.files());
  expect(await held.note(record)).toBe(true);
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
  const held = heldIn(host.files());
  await held.note({ ...record, until: '2026-01-01T00:00:00Z' });
  expect(await held.note({ ...record, until: '2027-01-01T00:00:00Z' })).toBe(false);
  expect(host.records()).toHaveLength(1);
  const path = `${STATE}/held/firewall-drop/2001%3Adb8%3A%3A7@manual@ipset`;
  expect(host.file(path)).toContain('2027-01-01');
});

test('only the records of that action, holder and target count', async () => {
  const held = heldIn(new ModelHost().files());
  await held.note(record);
  await held.note({ ...record, backend: 'iptables' });
  await held.note({ ...record, target: '2001:db8::70', backend: 'x' });
  await held.note({ ...record, holder: 'man', backend: 'y' });
  await held.note({ ...record, action: 'host-deny', backend: 'z' });
  const backends = await held.backends('firewall-drop', 'manual', '2001:db8::7');
  expect([...backends].sort()).toEqual(['ipset', 'iptables']);
  expect(await held.backends('route-null', 'manual', '2001:db8::7')).toEqual([]);
});

test('forgetting is final and can be repeated', async () => {
  const host = new ModelHost();
  const held = heldIn(host.files());
  await held.note(record);
  await held.forget(record);
  await held.forget(record);
  expect(await held.backends('firewall-drop', 'manual', '2001:db8::7')).toEqual([]);
});

describe('targets of any shape', () => {
  test.each(['../../etc/passwd', 'a/b', 'a@b@c', '.', '..', '%', 'ä', 'a b', 'x\ny'])(
    '%j stays in its folder',
    async (target) => {
      const host = new ModelHost();
      const held = heldIn(host.files());
      await held.note({ ...record, target });
      expect(await held.backends('firewall-drop', 'manual', target)).toEqual(['ipset']);
      for (const path of host.records()) {
        expect(path).toMatch(/\/riposte\/held\/firewall-drop\/[^/]+$/);
      }
    },
  );
});
