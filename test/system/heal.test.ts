import { describe, expect, test } from 'vitest';
import { type Alert, brief, react } from '../support/alert.ts';
import { type BackendName, COMBINATIONS, PROBES, tableTool } from '../support/firewall.ts';
import { lane } from '../support/lane.ts';
import { ADDRESS, type Family, type Place } from '../support/net.ts';

const here = lane();

type Damage = (victim: Place, family: Family, ip: string) => Promise<unknown>;

const RIPOSTE = ['inet', 'riposte'];

const without = (tool: (family: Family) => string[], ...words: string[]): Damage => {
  return (victim, family) => victim.must([...tool(family), ...words]);
};
const raw = (family: Family) => [tableTool(family), '-t', 'raw'];
const filter = (family: Family) => [tableTool(family)];

/** What somebody may do behind our back: a reload, a flush, a well-meant clean-up. */
const DAMAGES: Readonly<Record<BackendName, Readonly<Record<string, Damage>>>> = {
  nft: {
    'the table removed': (victim) => victim.must(['nft', 'delete', 'table', ...RIPOSTE]),
    'the whole ruleset flushed': (victim) => victim.must(['nft', 'flush', 'ruleset']),
    'the chain flushed': (victim) =>
      victim.must(['nft', 'flush', 'chain', ...RIPOSTE, 'firewall-drop']),
    'the chain removed': (victim) =>
      victim.must(['nft', '-f', '-'], {
        input: 'flush chain inet riposte firewall-drop\ndelete chain inet riposte firewall-drop\n',
      }),
    'the rule deleted': async (victim, family) => {
      const listing = await victim.must([
        'nft',
        '-a',
        'list',
        'chain',
        ...RIPOSTE,
        'firewall-drop',
      ]);
      const handle =
        new RegExp(`@firewall-drop${family} drop # handle (\\d+)`).exec(listing)?.[1] ?? '';
      await victim.must(['nft', 'delete', 'rule', ...RIPOSTE, 'firewall-drop', 'handle', handle]);
    },
    'the set flushed': (victim, family) =>
      victim.must(['nft', 'flush', 'set', ...RIPOSTE, `firewall-drop${family}`]),
    'the table made dormant': (victim) =>
      victim.must(['nft', '-f', '-'], { input: 'add table inet riposte { flags dormant; }\n' }),
  },
  ipset: {
    'the rule deleted': without(raw, '-D', 'PREROUTING', '1'),
    'the table flushed': without(raw, '-F'),
    'the set flushed': (victim, family) =>
      victim.must(['ipset', 'flush', `riposte${family}-firewall-drop`]),
    'rule and set destroyed': (victim) => PROBES.ipset.wipe(victim),
  },
  iptables: {
    'the first rule deleted': (victim, family, ip) =>
      victim.must([
        ...[tableTool(family), '-D', 'INPUT', '-s', ip],
        ...['-m', 'comment', '--comment', 'riposte firewall-drop', '-j', 'DROP'],
      ]),
    'a chain flushed': without(filter, '-F', 'FORWARD'),
    'the table flushed': without(filter, '-F'),
  },
};

const ROWS = COMBINATIONS.flatMap((row) =>
  Object.entries(DAMAGES[row.backend]).flatMap(([what, damage]) =>
    (['continue', 'abort'] as const).map((reply) => ({ ...row, what, damage, reply })),
  ),
);

// Without this, damage could be none and every row below would pass.
const effective = async (ip: string, family: Family) => {
  const lost = await Promise.all(
    [ADDRESS.victim, ADDRESS.inner].map((to) => here.world.ping(ip, to[family], 2)),
  );
  return lost.reduce((sum, { lost }) => sum + lost, 0);
};

describe('F3: what others flushed is healed by the next alert', () => {
  test.each(ROWS)('$backend, IPv$family: $what, the agent says $reply', async (row) => {
    const { backend, family, damage, extra, reply } = row;
    const { world, home } = here;
    const ip = world.source(family);
    const told = (more: Partial<Alert>) =>
      react(world.victim, home, { verb: 'add', ip, extra, ...more });
    expect(brief(await told({}))).toBe('0 applied');
    await damage(world.victim, family, ip);
    expect(await effective(ip, family), 'the damage').toBeLessThan(4);

    const { exitCode, keys, logged } = await told({ reply });
    expect([exitCode, keys, logged?.answer]).toEqual([0, [ip], reply]);
    expect(await effective(ip, family), 'healed').toBe(4);
    const { blocked, rules } = PROBES[backend];
    const mine = (await blocked(world.victim, family)).filter(({ address }) => address === ip);
    expect(mine).toHaveLength(1);
    if (backend !== 'iptables') expect(await rules(world.victim, family)).toHaveLength(1);

    expect(brief(await react(world.victim, home, { verb: 'delete', ip, extra }))).toBe('0 removed');
    expect(await effective(ip, family), 'released').toBe(0);
  });
});

test('a repair leaves the other holders’ blocks alone', async () => {
  const { world, home } = here;
  const [ip, other] = [world.source(4), world.source(4)];
  const extra = ['--backend', 'nft'];
  const program = 'default-firewall-drop';
  await react(world.victim, home, { verb: 'add', ip: other, program, extra });
  await react(world.victim, home, { verb: 'add', ip, extra });
  await world.victim.must(['nft', 'flush', 'chain', ...RIPOSTE, 'firewall-drop']);
  expect(brief(await react(world.victim, home, { verb: 'add', ip, extra }))).toBe('0 already');
  expect((await world.ping(other, ADDRESS.victim[4], 2)).lost).toBe(2);
});
