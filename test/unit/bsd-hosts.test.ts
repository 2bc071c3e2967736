import { describe, expect, test } from 'vitest';
import { BSDS, rowOn } from '../support/bsd.ts';
import type { ModelHost } from '../support/model-host.ts';

const ALLOW = '/etc/hosts.allow';
const STOCK =
  'ALL : PARANOID : RFC931 20 : deny\nALL : localhost 127.0.0.1 : allow\nALL : ALL : allow\n';

const write = (host: ModelHost, path: string, text: string, mode = 0o644) => {
  host.volume.writeFileSync(path, text);
  host.volume.chmodSync(path, mode);
};
const read = (host: ModelHost, path: string) => String(host.volume.readFileSync(path));

describe('host-deny on FreeBSD', () => {
  const four = rowOn('freebsd', 'host-deny', 'IPv4');
  const six = rowOn('freebsd', 'host-deny', 'IPv6');

  test('H6: the rule stands before ALL : ALL : allow, and keeps the address out', async () => {
    const host = four.fresh({ bare: true });
    write(host, ALLOW, STOCK);
    expect(await four.call('add', host)).toMatchObject({ outcome: 'applied' });
    expect(read(host, ALLOW)).toBe(`# riposte host-deny\nALL : 203.0.113.7 : deny\n${STOCK}`);
    expect(host.holds('203.0.113.7')).toBe(true);
    expect(host.volume.existsSync('/etc/hosts.deny')).toBe(false);
    expect(await four.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(read(host, ALLOW)).toBe(STOCK);
  });

  test('H1, H2, A6: lines that only look alike neither hide the address nor go', async () => {
    const host = four.fresh({ bare: true });
    const theirs = `sshd : 203.0.113.70 : deny\nALL : 203.0.113.7 : deny # keep\nALL : 203x0.113.7 : deny\n${STOCK}`;
    write(host, ALLOW, theirs);
    expect(await four.call('add', host)).toMatchObject({ outcome: 'applied' });
    expect(await four.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(read(host, ALLOW)).toBe(theirs);
  });

  test('H3: an administrator’s own rule for the address survives, and is named', async () => {
    const host = four.fresh({ bare: true });
    const theirs = `ALL : 203.0.113.7 : deny\n${STOCK}`;
    write(host, ALLOW, theirs);
    expect(await four.call('add', host)).toMatchObject({ outcome: 'applied' });
    expect(await four.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(read(host, ALLOW)).toBe(theirs);
    const { outcome, detail } = await four.call('delete', host);
    expect(outcome).toBe('not-ours');
    expect(detail).toContain(String.raw`sed -i.bak '/^ALL : 203\.0\.113\.7 : deny$/d' ${ALLOW}`);
    expect(read(host, ALLOW)).toBe(theirs);
  });

  test('H3: another holder’s rule is no administrator’s', async () => {
    const host = four.fresh({ bare: true });
    write(host, ALLOW, STOCK);
    await four.call('add', host, { holder: 'manual' });
    expect(await four.call('delete', host)).toMatchObject({ outcome: 'absent' });
    expect(host.holds('203.0.113.7')).toBe(true);
  });

  test('H4: the file keeps its mode', async () => {
    const host = four.fresh({ bare: true });
    write(host, ALLOW, STOCK, 0o640);
    for (const verb of ['add', 'delete'] as const) {
      await four.call(verb, host);
      expect(Number(host.volume.statSync(ALLOW).mode) & 0o777).toBe(0o640);
    }
  });

  test('H5: an address of IPv6 has its brackets', async () => {
    const host = six.fresh({ bare: true });
    write(host, ALLOW, STOCK);
    await six.call('add', host);
    expect(read(host, ALLOW)).toContain('ALL : [2001:db8::7] : deny\n');
    expect(host.holds('2001:db8::7')).toBe(true);
  });

  test('H7: a last line without its end is not glued to the rule; a missing file is made', async () => {
    const host = four.fresh({ bare: true });
    write(host, ALLOW, 'ALL : ALL : allow');
    await four.call('add', host);
    expect(read(host, ALLOW)).toMatch(/ : deny\nALL : ALL : allow$/);
    const bare = four.fresh({ bare: true });
    expect(await four.call('add', bare)).toMatchObject({ outcome: 'applied' });
  });
});

describe.each(BSDS)('host-deny on %s', (platform) => {
  const row = rowOn(platform, 'host-deny', 'IPv4');

  test('H8: where nothing asks TCP wrappers the run says so and does nothing', async () => {
    const host = row.fresh({ bare: true });
    host.volume.rmSync('/lib/libwrap.so.0');
    const before = host.state();
    const { outcome, detail, told } = await row.call('add', host);
    expect([outcome, told]).toEqual(['no-effect', []]);
    expect(detail).toContain('no libwrap.so here');
    expect(host.state()).toBe(before);
  });

  test('H8: root’s settings can say that something does', async () => {
    const assume = { actions: { 'host-deny': { 'assume-wrappers': 'yes' } } };
    const host = row.fresh({ bare: true, settings: assume });
    host.volume.rmSync('/lib/libwrap.so.0');
    const { outcome, detail } = await row.call('add', host);
    expect(outcome).toBe('applied');
    expect(detail).toContain('which the settings say');
  });

  test('H8: the outcome says whom it keeps the address from', async () => {
    const { detail } = await row.call('add', row.fresh());
    expect(detail).toContain('for services that use TCP wrappers');
  });

  test('H6: the file is that of the system', async () => {
    const host = row.fresh({ bare: true });
    await row.call('add', host);
    const [mine, other] =
      platform === 'freebsd' ? [ALLOW, '/etc/hosts.deny'] : ['/etc/hosts.deny', ALLOW];
    expect([host.volume.existsSync(mine), host.volume.existsSync(other)]).toEqual([true, false]);
  });
});

describe.each(BSDS)('V1, V6: block-ip on %s', (platform) => {
  const row = rowOn(platform, 'block-ip', 'IPv4');
  const filters = ['pfctl', 'ipfw', 'npfctl'];

  test('what was denied while no packet filter worked goes, though one works by then', async () => {
    const host = row.fresh();
    const before = host.state();
    host.faults = (_place, { tool }) => (filters.includes(tool) ? 'missing' : undefined);
    expect(await row.call('add', host)).toMatchObject({ outcome: 'applied' });
    expect(host.holds('203.0.113.7')).toBe(true);
    host.faults = () => undefined;
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'removed' });
    expect(host.holds('203.0.113.7')).toBe(false);
    expect(host.state().split('\n')).toEqual(expect.arrayContaining(before.split('\n')));
  });

  test('where nothing else works it is a null route, and where that does not either a failure', async () => {
    const host = row.fresh({ bare: true });
    host.volume.rmSync('/lib/libwrap.so.0');
    host.faults = (_place, { tool }) => (filters.includes(tool) ? 'missing' : undefined);
    const { outcome, detail } = await row.call('add', host);
    expect(outcome).toBe('applied');
    expect(detail).toContain('its packets still arrive');
    const none = row.fresh({ bare: true });
    none.volume.rmSync('/lib/libwrap.so.0');
    none.faults = (_place, { tool }) =>
      [...filters, 'route'].includes(tool) ? 'missing' : undefined;
    expect((await row.call('add', none)).told).toEqual([]);
    expect(none.holds('203.0.113.7')).toBe(false);
  });
});
