import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Alert, brief, messageFor, nextAlertId, react } from '../support/alert.ts';
import { type BackendName, COMBINATIONS, PROBES } from '../support/firewall.ts';
import { lane, TOOLS } from '../support/lane.ts';
import type { Family } from '../support/net.ts';
import { FAILING, HANGING, MISSING, rig, type Toolbox } from '../support/tools.ts';

const here = lane([...TOOLS, 'strace']);

/** The tools that all backends of an IP version use. */
const every = (script: string): Toolbox =>
  Object.fromEntries(['nft', 'ipset', 'iptables', 'ip6tables'].map((tool) => [tool, script]));

const blockedBy = async (family: Family, ip: string) => {
  const found: BackendName[] = [];
  for (const { name, blocked } of Object.values(PROBES)) {
    const all = await blocked(here.world.victim, family);
    if (all.some(({ address }) => address === ip)) found.push(name);
  }
  return found;
};

const FALLBACKS: readonly (readonly [string, Toolbox, BackendName])[] = [
  ['nft is missing', { nft: MISSING }, 'ipset'],
  ['nft fails', { nft: FAILING }, 'ipset'],
  ['nft and ipset are missing', { nft: MISSING, ipset: MISSING }, 'iptables'],
  ['nft fails and ipset is missing', { nft: FAILING, ipset: MISSING }, 'iptables'],
  ['nft and ipset fail', { nft: FAILING, ipset: FAILING }, 'iptables'],
];

describe.each([4, 6] as const)('IPv%d', (family) => {
  test.each(FALLBACKS)(
    'P3, P4: %s: the next backend does it, and undoes it',
    async (_, tools, backend) => {
      const { world, home } = here;
      const ip = world.source(family);
      await using rigged = await rig(world.victim, () => tools);
      const added = await react(rigged.at, home, { verb: 'add', ip });
      expect([brief(added), added.keys, added.logged?.backend]).toEqual([
        '0 applied',
        [ip],
        backend,
      ]);
      expect(await blockedBy(family, ip)).toEqual([backend]);
      // Undone whatever would be chosen by then: here every tool is back.
      expect(brief(await react(world.victim, home, { verb: 'delete', ip }))).toBe('0 removed');
      expect(await blockedBy(family, ip)).toEqual([]);
    },
  );

  test.each([
    ['missing', MISSING, '6 missing-tool'],
    ['failing', FAILING, '7 tool-failed'],
  ] as const)('P3, P4: every tool %s: no keys', async (_, script, end) => {
    const { world, home } = here;
    const ip = world.source(family);
    await using rigged = await rig(world.victim, () => every(script));
    const { exitCode, stdout, logged } = await react(rigged.at, home, { verb: 'add', ip });
    expect([brief({ exitCode, logged }), stdout]).toEqual([end, '']);
    expect(home.log()).toContain('Failed: {"version"');
    expect(await blockedBy(family, ip)).toEqual([]);
  });

  test('a delete whose tool fails is a failure, and the block stays known', async () => {
    const { world, home } = here;
    const ip = world.source(family);
    await react(world.victim, home, { verb: 'add', ip });
    await using rigged = await rig(world.victim, () => every(FAILING));
    expect(brief(await react(rigged.at, home, { verb: 'delete', ip }))).toBe('7 tool-failed');
    expect(brief(await react(world.victim, home, { verb: 'delete', ip }))).toBe('0 removed');
  });

  test('F3: a second rule that cannot be made takes the first back', async () => {
    const { world, home } = here;
    const ip = world.source(family);
    const tool = family === 6 ? 'ip6tables' : 'iptables';
    const picky = (real: string) =>
      `#!/bin/sh\ncase "$*" in *"-I FORWARD"*) exit 4;; esac\nexec ${real}/${tool} "$@"\n`;
    await using rigged = await rig(world.victim, (real) => ({ [tool]: picky(real) }));
    const extra = ['--backend', 'iptables'];
    const ended = await react(rigged.at, home, { verb: 'add', ip, extra });
    expect([brief(ended), ended.keys]).toEqual(['7 tool-failed', undefined]);
    const rules = await PROBES.iptables.rules(world.victim, family);
    expect(rules.filter((rule) => rule.includes(`${ip}/`))).toEqual([]);
  });
});

const XTABLES_LOCK = '/run/xtables.lock';

/** An iptables that does not wait for the lock unless told so, and says 4 then; 1.8.9 always waits. */
const locking = (real: string, tool: string) => `#!/bin/sh
wait=-n
case " $* " in *" -w 5 "*) wait='-w 5';; esac
exec flock $wait -E 4 ${XTABLES_LOCK} ${real}/${tool} "$@"
`;

test.each([4, 6] as const)('F2: IPv%d waits for who holds the xtables lock', async (family) => {
  const { world, home } = here;
  const ip = world.source(family);
  const tool = family === 6 ? 'ip6tables' : 'iptables';
  await using rigged = await rig(world.victim, (real) => ({ [tool]: locking(real, tool) }));
  const held = () => rigged.at.run(['flock', '-n', XTABLES_LOCK, 'true']);
  const other = rigged.at.run(['flock', XTABLES_LOCK, 'sleep', '1.5']);
  await expect.poll(async () => (await held()).exitCode).toBe(1);
  const extra = ['--backend', 'iptables'];
  const added = await react(rigged.at, home, { verb: 'add', ip, extra });
  await other;
  expect([brief(added), await blockedBy(family, ip)]).toEqual(['0 applied', ['iptables']]);
});

test.each(['nft', 'ipset', 'iptables'] as const)(
  'P10: %s hangs: it ends in time',
  async (backend) => {
    const { world, home } = here;
    const ip = world.source(4);
    await using rigged = await rig(world.victim, () => every(HANGING));
    const extra = ['--backend', backend];
    const ended = await react(rigged.at, home, { verb: 'add', ip, extra });
    expect([brief(ended), ended.keys]).toEqual(['8 timed-out', undefined]);
    expect(ended.ms).toBeLessThan(13_000);
    // Nobody waits for a lock of the run that was cut off.
    expect(brief(await react(world.victim, home, { verb: 'add', ip, extra }))).toBe('0 applied');
  },
);

/** Base names of everything that a run executes besides itself, in order. */
async function executions(alert: Alert): Promise<readonly string[]> {
  const { world, home } = here;
  const trace = join(home.path, 'trace');
  const lines = [messageFor({ alertId: nextAlertId(), ...alert }, alert.verb)];
  if (alert.verb === 'add') lines.push(messageFor(alert, 'continue'));
  await world.victim.must(
    [
      ...['strace', '-f', '-qq', '-e', 'trace=execve,execveat', '-e', 'signal=none', '-o', trace],
      'active-response/bin/firewall-drop',
    ],
    { cwd: home.path, input: lines.map((line) => `${line}\n`).join('') },
  );
  const text = await readFile(trace, 'utf8');
  await rm(trace);
  const paths = [...text.matchAll(/execve\("([^"]*)".*= 0$/gm)].map(([, path = '']) => path);
  expect(paths[0]).toBe('active-response/bin/firewall-drop');
  return paths.slice(1).map((path) => path.slice(path.lastIndexOf('/') + 1));
}

describe.each([4, 6] as const)('processes of a usual run, IPv%d', (family) => {
  test('one nft and nothing else for an add, for an add again and for a delete', async () => {
    const { world, home } = here;
    await react(world.victim, home, { verb: 'add', ip: world.source(family) });
    const ip = world.source(family);
    expect(await executions({ verb: 'add', ip })).toEqual(['nft']);
    expect(await executions({ verb: 'delete', ip })).toEqual(['nft']);
  });
});

test.each(COMBINATIONS)('$backend, IPv$family: no tool of the other IP version', async (row) => {
  const { family, extra } = row;
  const ip = here.world.source(family);
  const runs = [
    await executions({ verb: 'add', ip, extra }),
    await executions({ verb: 'add', ip, extra }),
    await executions({ verb: 'delete', ip, extra }),
    await executions({ verb: 'delete', ip, extra }),
  ].flat();
  expect(runs.filter((tool) => tool.startsWith(family === 6 ? 'iptables' : 'ip6tables'))).toEqual(
    [],
  );
  expect(runs.length).toBeGreaterThan(0);
});
