import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { execd } from '../support/execd.ts';
import { type BackendName, PROBES } from '../support/firewall.ts';
import { lane } from '../support/lane.ts';
import { ADDRESS, type Family, type Place } from '../support/net.ts';
import { MISSING, rig, type Toolbox } from '../support/tools.ts';

const AGENTS = ['legacy', 'wazuh4', 'wazuh5'] as const;
type AgentName = (typeof AGENTS)[number];

const NONE_LOST = { sent: 3, lost: 0 };
const ALL_LOST = { sent: 3, lost: 3 };

// Old agents cannot ask for a backend, so each is what the host has left.
const WITHOUT: Readonly<Record<BackendName, Toolbox>> = {
  nft: {},
  ipset: { nft: MISSING },
  iptables: { nft: MISSING, ipset: MISSING },
};

const ROWS = AGENTS.flatMap((agent) => ([4, 6] as Family[]).map((family) => ({ agent, family })));

/** What an agent of each generation is told about the same attack. */
function attackBy(ip: string) {
  const read = (name: string) =>
    JSON.parse(readFileSync(new URL(`../messages/${name}`, import.meta.url), 'utf8'));
  const wazuh4 = read('4x-add-ssh-5710-firewall-drop.json');
  wazuh4.parameters.alert.data.srcip = ip;
  const wazuh5 = read('5x-enable-stateful-block-ip.json');
  wazuh5.source.ip = ip;
  return { legacy: ['-', ip, '1304756247.60385', '31151', '/var/log/auth.log'], wazuh4, wazuh5 };
}

/** The add and the delete of one agent, in a place. */
function agentIn(where: Place, home: string, name: AgentName, ip: string) {
  const options = { home, enter: [...where.enter, 'env', '-C', home] };
  const set = { program: 'firewall-drop', timeout: 600 };
  const attack = attackBy(ip);
  if (name === 'legacy') {
    const agent = execd({ ...options, dialect: name });
    return {
      add: async () => ({ ...(await agent.add(attack.legacy, set)), keysLine: undefined }),
      delete: () => agent.delete(attack.legacy, set),
    };
  }
  const agent = execd({ ...options, dialect: name });
  return {
    add: () => agent.add(attack[name], set),
    delete: () => agent.delete(attack[name], set),
  };
}

// A home of its own for each: an agent that once had nft would rightly miss it.
describe.each(Object.keys(WITHOUT) as BackendName[])('with %s', (backend) => {
  const here = lane();
  const { rules, blocked } = PROBES[backend];

  test.each(ROWS)('an agent of $agent shuts IPv$family out and lets it in', async (row) => {
    const { world, home } = here;
    const host = ADDRESS.victim[row.family];
    const ip = world.source(row.family);
    await using rigged = await rig(world.victim, () => WITHOUT[backend]);
    const agent = agentIn(rigged.at, home.path, row.agent, ip);

    expect(await world.ping(ip, host)).toEqual(NONE_LOST);
    const added = await agent.add();
    expect(added).toMatchObject({ exitCode: 0 });
    if (row.agent !== 'legacy') expect(added.keysLine).toContain(`"keys":["${ip}"]`);
    const held = (await blocked(world.victim, row.family)).map(({ address }) => address);
    expect(held).toContain(ip);
    expect(await rules(world.victim, row.family)).not.toEqual([]);
    expect(await world.ping(ip, host)).toEqual(ALL_LOST);

    expect(await agent.delete()).toMatchObject({ exitCode: 0 });
    expect(await world.ping(ip, host)).toEqual(NONE_LOST);
  });
});
