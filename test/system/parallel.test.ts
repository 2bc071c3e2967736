import { writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { brief, stampede } from '../support/alert.ts';
import { COMBINATIONS, PROBES } from '../support/firewall.ts';
import { lane, TOOLS } from '../support/lane.ts';
import { obstacle } from '../support/net.ts';

const RUNS = 100;

const here = lane();

const tally = (words: readonly string[]) =>
  Object.fromEntries(
    [...new Set(words)].map((word) => [word, words.filter((other) => other === word).length]),
  );

describe.each(COMBINATIONS)('$backend, IPv$family', ({ backend, family, extra }) => {
  const { blocked, rules, wipe } = PROBES[backend];

  beforeEach(async () => {
    if (obstacle(TOOLS) !== undefined) return;
    // Who makes the log is another test's subject.
    await writeFile(here.home.logFile, '');
    await wipe(here.world.victim);
  });

  const all = async (addresses: readonly string[]) => {
    const alerts = addresses.map((ip) => ({ ip, extra }));
    const ended = await stampede(here.world.victim, here.home, alerts);
    const lines = ended.map(({ stdout }) => (stdout === '' ? 'no keys' : 'keys'));
    return tally(ended.map((run, index) => `${brief(run)}, ${lines[index]}`));
  };

  test(`L7: ${RUNS} first adds of as many addresses at once`, async () => {
    const { world } = here;
    const addresses = Array.from({ length: RUNS }, () => world.source(family));
    expect(await all(addresses)).toEqual({ '0 applied, keys': RUNS });
    const found = (await blocked(world.victim, family)).map(({ address }) => address);
    expect(found.toSorted()).toEqual(addresses.toSorted());
    const each = backend === 'iptables' ? 2 * RUNS : 1;
    expect(await rules(world.victim, family)).toHaveLength(each);
  });

  test(`L7: ${RUNS} first adds of one address at once`, async () => {
    const { world } = here;
    const ip = world.source(family);
    expect(await all(Array.from({ length: RUNS }, () => ip))).toEqual({
      '0 applied, keys': 1,
      '0 already, keys': RUNS - 1,
    });
    expect((await blocked(world.victim, family)).map(({ address }) => address)).toEqual([ip]);
    expect(await rules(world.victim, family)).toHaveLength(backend === 'iptables' ? 2 : 1);
  });
});
