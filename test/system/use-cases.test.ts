import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { GRACE } from '../../src/lib/expiry.ts';
import { execd } from '../support/execd.ts';
import { PROBES } from '../support/firewall.ts';
import { lane } from '../support/lane.ts';
import { ADDRESS, type Place } from '../support/net.ts';

// The first use case of the documentation: somebody tries to log in as a user that does not exist
// (rule 5710), and is shut out for 100 seconds.
const here = lane();

const ALERT = JSON.parse(
  readFileSync(new URL('../messages/4x-add-ssh-5710-firewall-drop.json', import.meta.url), 'utf8'),
);

function attackBy(ip: string) {
  const message = structuredClone(ALERT);
  message.parameters.alert.data.srcip = ip;
  return message;
}

/** An agent on that host. */
const agentOf = ({ enter }: Place, home: string) =>
  execd({
    home,
    dialect: 'wazuh4',
    program: 'firewall-drop',
    enter: [...enter, 'env', '-C', home],
  });

test('a login with a non-existent user shuts its address out for 100 seconds', async () => {
  const { world, home } = here;
  await home.setArConf(['firewall-drop100 - firewall-drop - 100']);
  const ip = world.source(4);
  const agent = agentOf(world.victim, home.path);

  expect(await world.ping(ip, ADDRESS.victim[4])).toMatchObject({ lost: 0 });
  const added = await agent.add(attackBy(ip), { timeout: 100 });
  expect(added).toMatchObject({ exitCode: 0, reply: 'continue' });
  expect(await world.ping(ip, ADDRESS.victim[4])).toMatchObject({ lost: 3 });
  // The agent's own undo comes first; the kernel's is the safety net behind it.
  const [block] = await PROBES.nft.blocked(world.victim, 4);
  expect(block).toMatchObject({ address: ip });
  expect(block?.left).toBeGreaterThan(100);
  expect(block?.left).toBeLessThanOrEqual(100 + GRACE);

  expect(await agent.delete(attackBy(ip))).toMatchObject({ exitCode: 0 });
  expect(await world.ping(ip, ADDRESS.victim[4])).toMatchObject({ lost: 0 });
  expect(home.outcomes().map(({ outcome }) => outcome)).toEqual(['applied', 'removed']);
});

test('the release comes by itself, when the time of the agent is over', async () => {
  const { world, home } = here;
  const ip = world.source(4);
  const agent = agentOf(world.victim, home.path);
  await agent.add(attackBy(ip), { timeout: 1 });
  expect(await world.ping(ip, ADDRESS.victim[4])).toMatchObject({ lost: 3 });
  expect(await agent.nextDelete()).toMatchObject({ exitCode: 0 });
  expect(await world.ping(ip, ADDRESS.victim[4])).toMatchObject({ lost: 0 });
});
