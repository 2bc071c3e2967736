import { describe, expect, test } from 'vitest';
import { type Alert, brief, react } from '../support/alert.ts';
import { PROBES } from '../support/firewall.ts';
import { lane } from '../support/lane.ts';
import { ADDRESS, type Family } from '../support/net.ts';
import { connect, echoServer } from '../support/tcp.ts';

const here = lane(['ping', 'nft']);

// So slow that no packet more than the first five passes while a test runs.
const SLOW = ['--rate', '1/hour'];

const NONE_LOST = { sent: 20, lost: 0 };
const FIVE_PASS = { sent: 20, lost: 15 };
const ALL_LOST = { sent: 20, lost: 20 };

let ports = 9000;

describe.each([4, 6] as Family[])('IPv%i', (family) => {
  const [host, beyond] = [ADDRESS.victim[family], ADDRESS.inner[family]];
  const told = (verb: Alert['verb'], ip: string, extra: readonly string[] = SLOW) =>
    react(here.world.victim, here.home, { verb, ip, program: 'throttle', extra });
  const person = (...words: string[]) =>
    here.world.victim.run([`${here.home.path}/active-response/bin/throttle`, ...words]);
  const left = async (ip: string, holder: string) => {
    const all = await PROBES.nft.blocked(here.world.victim, family, `limit-${holder}`);
    return all.find(({ address }) => address === ip)?.left ?? 0;
  };

  test('what comes too fast is dropped, another’s is not, and all passes again', async () => {
    const { world } = here;
    const [ip, neighbour] = [world.source(family), world.source(family)];
    expect(await world.ping(ip, host, 20)).toEqual(NONE_LOST);
    expect(brief(await told('add', ip))).toBe('0 applied');
    expect(await world.ping(ip, host, 20)).toEqual(FIVE_PASS);
    // Through the host it draws on the same five.
    expect(await world.ping(ip, beyond, 20)).toEqual(ALL_LOST);
    expect(await world.ping(neighbour, host, 20)).toEqual(NONE_LOST);
    expect(await world.ping(neighbour, beyond, 20)).toEqual(NONE_LOST);
    expect(brief(await told('delete', ip))).toBe('0 removed');
    expect(brief(await told('delete', ip))).toBe('0 absent');
    expect(await world.ping(ip, host, 20)).toEqual(NONE_LOST);
  });

  test('each address has a limit of its own', async () => {
    const { world } = here;
    const [one, other] = [world.source(family), world.source(family)];
    for (const ip of [one, other]) expect(brief(await told('add', ip))).toBe('0 applied');
    expect(await world.ping(one, host, 20)).toEqual(FIVE_PASS);
    expect(await world.ping(other, beyond, 20)).toEqual(FIVE_PASS);
    expect(brief(await told('delete', one))).toBe('0 removed');
    expect(await world.ping(one, host, 20)).toEqual(NONE_LOST);
    expect(await world.ping(other, beyond, 20)).toEqual(ALL_LOST);
    expect(brief(await told('delete', other))).toBe('0 removed');
  });

  test('where nobody names a rate it is 10 a second', async () => {
    const { world } = here;
    const ip = world.source(family);
    const added = await told('add', ip, ['--rate', 'fast']);
    expect(brief(added)).toBe('0 applied');
    expect(added.logged?.detail).toBe(`${ip} is throttled (nft-limit), to 10/second`);
    const began = performance.now();
    const { sent, lost } = await world.ping(ip, host, 200);
    const seconds = (performance.now() - began) / 1000;
    expect(sent - lost).toBeGreaterThanOrEqual(5);
    expect(sent - lost).toBeLessThanOrEqual(5 + 10 * seconds);
    expect(lost).toBeGreaterThan(0);
    expect(brief(await told('delete', ip))).toBe('0 removed');
  });

  test('the newest rate and time of a holder count, and no other holder’s', async () => {
    const { world } = here;
    const ip = world.source(family);
    const add = ['add', '--srcip', ip, '--rate'];
    expect((await person(...add, '1/hour', '--for', '1h')).exitCode).toBe(0);
    expect(await left(ip, 'manual')).toBeLessThanOrEqual(3_600);
    expect(await world.ping(ip, host, 20)).toEqual(FIVE_PASS);
    expect((await person(...add, '1000000/second', '--for', '2h')).exitCode).toBe(0);
    expect(await left(ip, 'manual')).toBeGreaterThan(3_600);
    expect(await world.ping(ip, host, 20)).toEqual(NONE_LOST);
    expect(brief(await told('add', ip))).toBe('0 applied');
    expect(await world.ping(ip, host, 20)).toEqual(FIVE_PASS);
    expect((await person('delete', '--srcip', ip)).exitCode).toBe(0);
    expect(await world.ping(ip, host, 20)).toEqual(ALL_LOST);
    expect(brief(await told('delete', ip))).toBe('0 removed');
    expect(await world.ping(ip, host, 20)).toEqual(NONE_LOST);
  });

  test('a connection that is open already is held to the rate', async () => {
    const { world } = here;
    const ip = world.source(family);
    ports += 1;
    await using _server = await echoServer(world.victim, ports);
    await using open = await connect(world.attacker, ip, host, ports);
    open.send('before');
    expect(await open.heard(2_000)).toBe('before');
    expect(brief(await told('add', ip))).toBe('0 applied');
    expect(await world.ping(ip, host, 20)).toEqual(FIVE_PASS);
    open.send('during');
    expect(await open.heard(500)).toBeUndefined();
    expect(brief(await told('delete', ip))).toBe('0 removed');
    expect(await open.heard(10_000)).toBe('during');
  });

  test('a person’s rate that is none is a misuse', async () => {
    const ip = here.world.source(family);
    const { exitCode, stderr } = await person('add', '--srcip', ip, '--rate', '10/s');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('is no rate');
    expect(await here.world.ping(ip, host, 20)).toEqual(NONE_LOST);
  });
});
