import { describe, expect, test } from 'vitest';
import { react } from '../support/alert.ts';
import { type BackendName, COMBINATIONS } from '../support/firewall.ts';
import { lane } from '../support/lane.ts';
import { ADDRESS, type Family } from '../support/net.ts';
import { connect, echoServer, reaches } from '../support/tcp.ts';

const NONE_LOST = { sent: 3, lost: 0 };
const ALL_LOST = { sent: 3, lost: 3 };

let ports = 8000;
const nextPort = () => {
  ports += 1;
  return ports;
};

const here = lane();

/** Publishes a port of the inner host on the victim, the way a container engine would. */
async function publish(backend: BackendName, family: Family, port: number): Promise<number> {
  const { victim } = here.world;
  const published = nextPort();
  const to = family === 6 ? `[${ADDRESS.inner[6]}]:${port}` : `${ADDRESS.inner[4]}:${port}`;
  const ip = family === 6 ? 'ip6' : 'ip';
  if (backend === 'nft') {
    const rules = `add table ${ip} published
add chain ${ip} published ports { type nat hook prerouting priority dstnat; }
add rule ${ip} published ports iifname out0 tcp dport ${published} dnat to ${to}`;
    await victim.must(['nft', '-f', '-'], { input: rules });
  } else {
    const match = ['-i', 'out0', '-p', 'tcp', '--dport', String(published)];
    const dnat = ['-j', 'DNAT', '--to-destination', to];
    await victim.must([`${ip}tables`, '-t', 'nat', '-A', 'PREROUTING', ...match, ...dnat]);
  }
  return published;
}

// Every test has addresses and ports of its own.
describe.concurrent.each(COMBINATIONS)('$backend, IPv$family', ({ backend, family, extra }) => {
  const [host, beyond] = [ADDRESS.victim[family], ADDRESS.inner[family]];
  const block = async (ip: string) => {
    const { exitCode, keys, logged } = await react(here.world.victim, here.home, {
      verb: 'add',
      ip,
      extra,
    });
    expect({ exitCode, keys, outcome: logged?.outcome, backend: logged?.backend }).toEqual({
      exitCode: 0,
      keys: [ip],
      outcome: 'applied',
      backend,
    });
  };
  const release = async (ip: string) => {
    const { exitCode, stdout, logged } = await react(here.world.victim, here.home, {
      verb: 'delete',
      ip,
      extra,
    });
    expect({ exitCode, stdout, outcome: logged?.outcome }).toEqual({
      exitCode: 0,
      stdout: '',
      outcome: 'removed',
    });
  };

  test('packets to the host and through it stop, a neighbour’s do not, and come again', async () => {
    const { world } = here;
    const [ip, neighbour] = [world.source(family), world.source(family)];
    expect(await world.ping(ip, host)).toEqual(NONE_LOST);
    await block(ip);
    expect(await world.ping(ip, host)).toEqual(ALL_LOST);
    expect(await world.ping(ip, beyond)).toEqual(ALL_LOST);
    expect(await world.ping(neighbour, host)).toEqual(NONE_LOST);
    expect(await world.ping(neighbour, beyond)).toEqual(NONE_LOST);
    await release(ip);
    expect(await world.ping(ip, host)).toEqual(NONE_LOST);
    expect(await world.ping(ip, beyond)).toEqual(NONE_LOST);
  });

  test.each(['victim', 'inner'] as const)(
    'a connection open to %s carries nothing more until it is released',
    async (name) => {
      const { world } = here;
      const ip = world.source(family);
      const port = nextPort();
      await using _server = await echoServer(world[name], port);
      await using open = await connect(world.attacker, ip, ADDRESS[name][family], port);
      open.send('before');
      expect(await open.heard(2_000)).toBe('before');
      await block(ip);
      open.send('during');
      expect(await open.heard(500)).toBeUndefined();
      await release(ip);
      // The kernel sends again what was lost.
      expect(await open.heard(10_000)).toBe('during');
    },
  );

  test('a published port is shut and opened', async () => {
    const { world } = here;
    const ip = world.source(family);
    const port = nextPort();
    const published = await publish(backend, family, port);
    await using _server = await echoServer(world.inner, port);
    const arrives = () => reaches(world.attacker, ip, host, published);
    expect(await arrives()).toBe(true);
    await block(ip);
    expect(await arrives()).toBe(false);
    await release(ip);
    expect(await arrives()).toBe(true);
  });
});
