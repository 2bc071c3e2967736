import { beforeAll, describe, expect, test } from 'vitest';
import { brief, react } from '../support/alert.ts';
import { COMBINATIONS, othersOf, PROBES, tableTool } from '../support/firewall.ts';
import { lane, TOOLS } from '../support/lane.ts';
import { type Family, obstacle } from '../support/net.ts';

const here = lane();

const NFT = `table inet filter {
  set trusted {
    type ipv4_addr
    elements = { 203.0.113.250 }
  }
  chain input {
    type filter hook input priority filter; policy accept;
    ip saddr @trusted accept comment "the office"
    ip saddr 203.0.113.251 drop
    ip6 saddr 2001:db8:a::fb drop
  }
}
table inet riposter {
  chain prerouting {
    type filter hook prerouting priority raw; policy accept;
    ip saddr 203.0.113.252 drop
  }
}
`;

/** What an administrator may have set up, near to everything that we touch. */
beforeAll(async () => {
  if (obstacle(TOOLS) !== undefined) return;
  const { victim } = here.world;
  await victim.must(['nft', '-f', '-'], { input: NFT });
  for (const family of [4, 6] as const) {
    const tool = tableTool(family);
    const [office, ours] = family === 6 ? ['2001:db8:a::fa', 'inet6'] : ['203.0.113.250', 'inet'];
    const set = `office${family}`;
    await victim.must(['ipset', 'create', set, 'hash:ip', 'family', ours]);
    await victim.must(['ipset', 'add', set, office]);
    const match = ['-m', 'set', '--match-set', set, 'src', '-j', 'ACCEPT'];
    await victim.must([tool, '-t', 'raw', '-A', 'PREROUTING', ...match]);
    const comment = ['-m', 'comment', '--comment', 'not yours'];
    await victim.must([tool, '-A', 'INPUT', '-s', office, ...comment, '-j', 'DROP']);
    await victim.must([tool, '-A', 'FORWARD', '-p', 'tcp', '--dport', '25', '-j', 'REJECT']);
  }
});

const dropByHand = (family: Family, ip: string) =>
  here.world.victim.must([tableTool(family), '-A', 'INPUT', '-s', ip, '-j', 'DROP']);

describe.each(COMBINATIONS)('$backend, IPv$family', ({ backend, family, extra }) => {
  const told = (verb: 'add' | 'delete', ip: string) =>
    react(here.world.victim, here.home, { verb, ip, extra });

  test('whatever is the administrator’s survives add and delete as it was', async () => {
    const { victim } = here.world;
    const ip = here.world.source(family);
    const before = await othersOf(victim);
    expect(before).toContain('not yours');
    expect(brief(await told('add', ip))).toBe('0 applied');
    expect(await othersOf(victim)).toBe(before);
    expect(brief(await told('delete', ip))).toBe('0 removed');
    expect(await othersOf(victim)).toBe(before);
  });

  test('a rule of the administrator’s for the same address outlives ours', async () => {
    const { victim } = here.world;
    const ip = here.world.source(family);
    await dropByHand(family, ip);
    const before = await othersOf(victim);
    expect(brief(await told('add', ip))).toBe('0 applied');
    expect(brief(await told('delete', ip))).toBe('0 removed');
    expect(await othersOf(victim)).toBe(before);
    const left = await PROBES[backend].blocked(victim, family);
    expect(left.filter(({ address }) => address === ip)).toEqual([]);
  });

  test('a delete of a block that only the administrator holds is refused, with the command', async () => {
    const ip = here.world.source(family);
    await dropByHand(family, ip);
    const before = await othersOf(here.world.victim);
    const answer = await told('delete', ip);
    expect(brief(answer)).toBe('11 not-ours');
    expect(answer.logged?.detail).toContain(`${tableTool(family)} -w 5 -D INPUT -s ${ip} -j DROP`);
    expect(await othersOf(here.world.victim)).toBe(before);
  });
});
