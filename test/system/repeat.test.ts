import { describe, expect, test } from 'vitest';
import { type Alert, brief, byHand, react } from '../support/alert.ts';
import { type BackendName, COMBINATIONS, PROBES } from '../support/firewall.ts';
import { lane } from '../support/lane.ts';
import { ADDRESS, type Family } from '../support/net.ts';

const here = lane();

/** Whether the kernel's remaining seconds are what was just set. */
const about = (left: number | undefined, seconds: number) =>
  left !== undefined && left <= seconds && left > seconds - 20;

const teller = (extra: readonly string[]) => {
  return (verb: Alert['verb'], ip: string, more: Partial<Alert> = {}) =>
    react(here.world.victim, here.home, { verb, ip, extra, ...more });
};

const finder = (backend: BackendName, family: Family) => async (ip: string, holder?: string) =>
  (await PROBES[backend].blocked(here.world.victim, family, holder)).filter(
    ({ address }) => address === ip,
  );

describe.each(COMBINATIONS)('$backend, IPv$family', ({ backend, family, extra }) => {
  const told = teller(extra);
  const mine = finder(backend, family);
  const { rules } = PROBES[backend];

  test('F1, A9: a second add leaves one element and one rule, a second delete nothing to do', async () => {
    const ip = here.world.source(family);
    expect(brief(await told('add', ip))).toBe('0 applied');
    const before = await rules(here.world.victim, family);
    expect(brief(await told('add', ip))).toBe('0 already');
    expect(brief(await told('add', ip, { reply: 'abort' }))).toBe('0 already');
    expect(await mine(ip)).toHaveLength(1);
    expect(await rules(here.world.victim, family)).toEqual(before);
    expect(brief(await told('delete', ip))).toBe('0 removed');
    expect(brief(await told('delete', ip))).toBe('0 absent');
    expect(await mine(ip)).toEqual([]);
  });

  test('a delete of what was never blocked says so', async () => {
    expect(brief(await told('delete', here.world.source(family)))).toBe('0 absent');
  });

  test('each of three holders keeps its own block', async () => {
    const { world, home } = here;
    const ip = world.source(family);
    const shut = async () => (await world.ping(ip, ADDRESS.victim[family], 2)).lost === 2;
    const person = (...words: string[]) => byHand(world.victim, home, ...words, '--srcip', ip);
    const other = { program: 'default-firewall-drop' };
    expect(brief(await told('add', ip))).toBe('0 applied');
    expect(brief(await told('add', ip, other))).toBe('0 applied');
    expect(await person('add', '--backend', backend)).toMatchObject({ exitCode: 0 });
    for (const holder of ['firewall-drop', 'default-firewall-drop', 'manual']) {
      expect(await mine(ip, holder), holder).toHaveLength(1);
    }

    expect(brief(await told('delete', ip))).toBe('0 removed');
    expect(await shut()).toBe(true);
    expect(brief(await told('delete', ip))).toBe('0 absent');
    expect(await person('delete')).toMatchObject({ exitCode: 0 });
    expect(await mine(ip, 'default-firewall-drop')).toHaveLength(1);
    expect(await shut()).toBe(true);
    expect(brief(await told('delete', ip, other))).toBe('0 removed');
    expect(await shut()).toBe(false);
  });
});

// The kernel knows no expiry for a rule.
const EXPIRING = COMBINATIONS.filter(({ backend }) => backend !== 'iptables');

describe.each(EXPIRING)('expiry with $backend, IPv$family', ({ backend, family, extra }) => {
  const told = teller(extra);
  const mine = finder(backend, family);

  test('the newest expiry counts, longer or shorter', async () => {
    const { home } = here;
    const ip = here.world.source(family);
    const left = async () => (await mine(ip))[0]?.left;
    for (const seconds of [600, 60, 6000]) {
      await home.setArConf([`firewall-drop${seconds} - firewall-drop - ${seconds}`]);
      await told('add', ip);
      // The agent's own delete comes first; the kernel's expiry is a net below it.
      expect(about(await left(), seconds + 300), `${seconds}: ${await left()}`).toBe(true);
    }
    await home.setArConf(['firewall-drop0 - firewall-drop - 0']);
    await told('add', ip);
    expect(await left()).toBeUndefined();
    await home.setArConf(['firewall-drop600 - firewall-drop - 600']);
    await told('add', ip);
    expect(about(await left(), 900), `${await left()}`).toBe(true);
    expect(await mine(ip)).toHaveLength(1);
  });

  test.each([
    ['the timeout of ar.conf', ['firewall-drop600 - firewall-drop - 600'], 900],
    ['the longest of several', ['a10 - firewall-drop - 10', 'b - firewall-drop - 700'], 1000],
    [
      'none if any line says 0',
      ['a600 - firewall-drop - 600', 'b0 - firewall-drop - 0'],
      undefined,
    ],
    ['none if a line cannot be read', ['a600 - firewall-drop - soon'], undefined],
    ['none if no line names it', ['a600 - host-deny - 600'], undefined],
  ] as const)('safety net: %s', async (_, arConf, seconds) => {
    const ip = here.world.source(family);
    await here.home.setArConf(arConf);
    const { logged } = await told('add', ip);
    const left = (await mine(ip))[0]?.left;
    if (seconds === undefined) expect([left, logged?.until]).toEqual([undefined, undefined]);
    else expect(about(left, seconds), `${left}`).toBe(true);
  });

  test('safety net: none for a call through the manager', async () => {
    const ip = here.world.source(family);
    await told('add', ip, { alertId: undefined });
    expect(await mine(ip)).toEqual([{ address: ip, left: undefined }]);
  });

  test('a person’s --for really ends', async () => {
    const { world, home } = here;
    const ip = world.source(family);
    const host = ADDRESS.victim[family];
    const words = ['add', '--srcip', ip, '--for', '1s', '--backend', backend];
    expect(await byHand(world.victim, home, ...words)).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await world.ping(ip, host, 2)).lost).toBe(2);
    await expect
      .poll(() => world.ping(ip, host, 2), { timeout: 3_000 })
      .toEqual({ sent: 2, lost: 0 });
    expect(await mine(ip, 'manual')).toEqual([]);
  });
});

test.each([4, 6] as const)('iptables promises no end to a block, IPv%d', async (family) => {
  const { world, home } = here;
  const words = ['add', '--srcip', world.source(family), '--for', '1s', '--backend', 'iptables'];
  const { exitCode, stderr } = await byHand(world.victim, home, ...words);
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringMatching(/no backend can end it .*leave --for out/),
  ]);
  expect(await PROBES.iptables.rules(world.victim, family, 'manual')).toEqual([]);
});
