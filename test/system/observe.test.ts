import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { brief, byHand, react } from '../support/alert.ts';
import { PROBES } from '../support/firewall.ts';
import { lane } from '../support/lane.ts';
import { ADDRESS } from '../support/net.ts';
import { lacking } from '../support/tools.ts';

const here = lane();

const at = (...names: string[]) => join(here.home.path, ...names);

function root(settings: object): void {
  mkdirSync(at('active-response/riposte'), { recursive: true, mode: 0o700 });
  const file = at('active-response/riposte/riposte.json');
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
}

const fleet = (settings: object) =>
  writeFileSync(at('etc/shared/riposte.json'), JSON.stringify(settings));

test('an add goes all the way but the last step; a delete and a person act', async () => {
  const { world, home } = here;
  const { victim } = world;
  const [before, ip] = [world.source(4), world.source(4)];
  const add = (address: string) => react(victim, home, { verb: 'add', ip: address });
  expect(brief(await add(before))).toBe('0 applied');
  fleet({ mode: 'observe' });
  const ran = await add(ip);
  expect([brief(ran), ran.keys]).toEqual(['0 observed', [ip]]);
  expect(ran.logged).toMatchObject({ backend: 'nft', answer: 'continue' });
  expect(home.log()).toContain(`: Observed: {`);
  expect(brief(await add(ADDRESS.victim[4]))).toBe('5 refused');
  const blocked = async () => (await PROBES.nft.blocked(victim, 4)).map(({ address }) => address);
  expect(await blocked()).toEqual([before]);
  expect((await world.ping(ip, ADDRESS.victim[4])).lost).toBe(0);
  expect(brief(await react(victim, home, { verb: 'delete', ip }))).toBe('0 absent');
  expect(brief(await react(victim, home, { verb: 'delete', ip: before }))).toBe('0 removed');
  expect(await blocked()).toEqual([]);
  const hand = await byHand(victim, home, 'add', '--srcip', ip);
  expect(hand).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('observe mode') });
  expect((await world.ping(ip, ADDRESS.victim[4])).lost).toBe(3);
  await byHand(victim, home, 'delete', '--srcip', ip);
});

test('it says by what it would be done, and where it could not be', async () => {
  const { world, home } = here;
  root({ mode: { 'firewall-drop': 'observe' } });
  const ip = world.source(4);
  const without = (...tools: string[]) =>
    react(lacking(world.victim, ...tools), home, { verb: 'add', ip });
  const xtables = ['iptables', 'iptables-nft', 'xtables-nft-multi'];
  expect((await without('nft')).logged).toMatchObject({ outcome: 'observed', backend: 'ipset' });
  const ran = await without('nft', 'ipset', ...xtables);
  expect([brief(ran), ran.keys]).toEqual(['6 missing-tool', undefined]);
});

test('root’s word comes before the fleet’s', async () => {
  fleet({ mode: 'observe' });
  root({ mode: 'enforce' });
  const ip = here.world.source(4);
  expect(brief(await react(here.world.victim, here.home, { verb: 'add', ip }))).toBe('0 applied');
});
