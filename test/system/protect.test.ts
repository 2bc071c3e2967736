import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { brief, react } from '../support/alert.ts';
import { PROBES } from '../support/firewall.ts';
import { lane } from '../support/lane.ts';
import { ADDRESS, type Family } from '../support/net.ts';

const here = lane();

const MANAGER = '198.51.100.77';
const OFFICE = '198.51.100.128';

beforeEach(() => {
  const { home } = here;
  writeFileSync(
    join(home.path, 'etc/ossec.conf'),
    `<ossec_config><client><server><address>${MANAGER}</address></server></client></ossec_config>\n`,
  );
  const state = join(home.path, 'active-response/riposte');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const settings = { protect: { addresses: [`${OFFICE}/26`] } };
  writeFileSync(join(state, 'riposte.json'), JSON.stringify(settings), { mode: 0o600 });
});

const told = (ip: string) => react(here.world.victim, here.home, { verb: 'add', ip });

/** The next hop of a host's route to an address. */
async function gateway(family: Family): Promise<string> {
  const { victim } = here.world;
  const net = family === 6 ? '2001:db8:ffff::/48' : '100.64.0.0/10';
  const via = family === 6 ? '2001:db8:1::9' : '192.0.2.9';
  await victim.must(['ip', `-${family}`, 'route', 'replace', net, 'via', via]);
  return via;
}

describe.each([4, 6] as Family[])('IPv%i', (family) => {
  test('the host’s own address and its gateway are refused, and nothing is blocked', async () => {
    for (const ip of [ADDRESS.victim[family], await gateway(family)]) {
      const ran = await told(ip);
      expect(brief(ran), ip).toBe('5 refused');
      expect(ran.keys).toBeUndefined();
      expect(here.home.log()).toContain('Refused: {');
    }
    const blocked = await PROBES.nft.blocked(here.world.victim, family);
    expect(blocked).toEqual([]);
  });

  test('a neighbour of the gateway is blocked as any other', async () => {
    const neighbour = `${await gateway(family)}0`;
    expect(brief(await told(neighbour))).toBe('0 applied');
  });
});

test('the manager and root’s own list are refused, by a person’s call too unless he insists', async () => {
  for (const ip of [MANAGER, OFFICE, '198.51.100.191']) {
    expect(brief(await told(ip)), ip).toBe('5 refused');
  }
  expect(brief(await told('198.51.100.192'))).toBe('0 applied');
  const { victim } = here.world;
  const program = join(here.home.path, 'active-response/bin/firewall-drop');
  const byHand = (...words: string[]) => victim.run([program, 'add', '--srcip', MANAGER, ...words]);
  expect(await byHand()).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining('is the agent’s manager; it is never touched'),
  });
  expect(await byHand('--dry-run')).toMatchObject({ exitCode: 5 });
  expect(await byHand('--force')).toMatchObject({ exitCode: 0 });
});

test('a manager that is known by its name alone is refused while the agent is connected to it', async () => {
  const { world, home } = here;
  const { attacker, victim } = world;
  const manager = world.source(4);
  const client = '<client><server><address>manager.example</address></server></client>';
  writeFileSync(join(home.path, 'etc/ossec.conf'), `<ossec_config>${client}</ossec_config>\n`);
  const program = (code: string) => [process.execPath, '-e', code];
  const listener = attacker.run(
    program(`require('net').createServer((socket) => socket.on('data', () => process.exit()))
      .listen(1514, '${manager}')`),
    { timeout: 20_000 },
  );
  const connected = victim.run(
    program(`const dial = () => require('net').connect(1514, '${manager}')
      .on('error', () => setTimeout(dial, 50))
      .on('connect', function () { setTimeout(() => this.end('over'), 4000); });
      dial();`),
    { timeout: 20_000 },
  );
  await expect
    .poll(() => victim.must(['cat', '/proc/net/tcp']), { timeout: 10_000 })
    .toMatch(/:05EA 01 /);
  const ran = await told(manager);
  expect(brief(ran)).toBe('5 refused');
  expect(ran.logged?.detail).toContain('is whom the agent is connected to');
  await Promise.all([listener, connected]);
  expect(brief(await told(manager))).toBe('0 applied');
});
