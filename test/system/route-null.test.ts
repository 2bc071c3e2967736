import { describe, expect, test } from 'vitest';
import { type Alert, brief, react } from '../support/alert.ts';
import { lane } from '../support/lane.ts';
import { ADDRESS, type Family, type Place } from '../support/net.ts';
import { lacking } from '../support/tools.ts';

const here = lane(['ping', 'route']);
// A delete without iproute2 is in doubt on a host where it was used.
const old = lane(['ping', 'route']);

const NONE_LOST = { sent: 2, lost: 0 };
const ALL_LOST = { sent: 2, lost: 2 };

describe.each([4, 6] as Family[])('IPv%i', (family) => {
  const host = ADDRESS.victim[family];
  const prefix = (ip: string) => `${ip}/${family === 6 ? 128 : 32}`;
  const told = (verb: Alert['verb'], ip: string, more: Partial<Alert> = {}) =>
    react(here.world.victim, here.home, { verb, ip, program: 'route-null', ...more });
  const ip = async (...words: string[]) =>
    (await here.world.victim.run(['ip', `-${family}`, ...words])).stdout.trim();

  test('replies to the attacker stop, those to a neighbour do not, and come again', async () => {
    const { world } = here;
    const [attacker, neighbour] = [world.source(family), world.source(family)];
    expect(await world.ping(attacker, host, 2)).toEqual(NONE_LOST);
    expect(brief(await told('add', attacker))).toBe('0 applied');
    expect(await world.ping(attacker, host, 2)).toEqual(ALL_LOST);
    expect(await world.ping(neighbour, host, 2)).toEqual(NONE_LOST);
    expect(brief(await told('add', attacker))).toBe('0 already');
    expect(brief(await told('delete', attacker))).toBe('0 removed');
    expect(brief(await told('delete', attacker))).toBe('0 absent');
    expect(await world.ping(attacker, host, 2)).toEqual(NONE_LOST);
  });

  test('an administrator’s route to the same address survives', async () => {
    const attacker = here.world.source(family);
    const route = ['blackhole', prefix(attacker)];
    await here.world.victim.must(['ip', `-${family}`, 'route', 'add', ...route]);
    const before = await ip('route', 'show', 'table', 'main');
    expect(before).toContain('blackhole');
    expect(brief(await told('add', attacker))).toBe('0 applied');
    expect(brief(await told('delete', attacker))).toBe('0 removed');
    expect(await ip('route', 'show', 'table', 'main')).toBe(before);
    await here.world.victim.must(['ip', `-${family}`, 'route', 'del', ...route]);
  });

  test('a rule that somebody removed is put back by the next alert, also on abort', async () => {
    const { world } = here;
    const attacker = world.source(family);
    for (const reply of ['continue', 'abort'] as const) {
      expect((await told('add', attacker)).exitCode).toBe(0);
      await world.victim.must(['ip', `-${family}`, 'rule', 'del', 'priority', '182']);
      expect(await world.ping(attacker, host, 2)).toEqual(NONE_LOST);
      expect(brief(await told('add', attacker, { reply }))).toBe('0 already');
      expect(await world.ping(attacker, host, 2)).toEqual(ALL_LOST);
      expect((await ip('rule', 'show', 'priority', '182')).split('\n')).toHaveLength(1);
    }
    expect(brief(await told('delete', attacker))).toBe('0 removed');
  });
});

/** The same host by net-tools: its words, and what it shows of an address. */
const netTools = (family: Family) => {
  const tool = family === 6 ? ['route', '-A', 'inet6'] : ['route'];
  return {
    change: (verb: string, ip: string, ...words: string[]) => {
      const to = family === 6 ? [`${ip}/128`] : ['-host', ip];
      return [...tool, verb, ...to, ...words];
    },
    routes: async (where: Place, ip: string) => {
      const lines = (await where.must([...tool, '-n'])).split('\n');
      return lines.filter((line) => line.startsWith(`${ip}${family === 6 ? '/' : ' '}`));
    },
  };
};

describe.each([4, 6] as Family[])('without iproute2, IPv%i', (family) => {
  const host = ADDRESS.victim[family];
  const { change, routes } = netTools(family);
  const bare = () => lacking(old.world.victim, 'ip');
  const told = (verb: Alert['verb'], ip: string, where = bare()) =>
    react(where, old.home, { verb, ip, program: 'route-null' });

  test('R1: replies to the attacker stop, those to a neighbour do not, and come again', async () => {
    const { world } = old;
    const [attacker, neighbour] = [world.source(family), world.source(family)];
    expect(await world.ping(attacker, host, 2)).toEqual(NONE_LOST);
    const added = await told('add', attacker);
    expect([brief(added), added.logged?.backend]).toEqual(['0 applied', 'net-tools']);
    expect(added.logged?.detail).toContain('though its packets still arrive');
    expect(await world.ping(attacker, host, 2)).toEqual(ALL_LOST);
    expect(await world.ping(neighbour, host, 2)).toEqual(NONE_LOST);
    expect(brief(await told('add', attacker))).toBe('0 already');
    expect(await routes(world.victim, attacker)).toHaveLength(1);
    expect(brief(await told('delete', attacker))).toBe('0 removed');
    expect(brief(await told('delete', attacker))).toBe('0 absent');
    expect(await world.ping(attacker, host, 2)).toEqual(NONE_LOST);
    expect(await routes(world.victim, attacker)).toEqual([]);
  });

  test('R2: where net-tools is missing too nothing is claimed', async () => {
    const ended = await told('add', old.world.source(family), lacking(bare(), 'route'));
    expect([brief(ended), ended.keys]).toEqual(['6 missing-tool', undefined]);
  });

  test('R5: a delete leaves the administrator’s route to the same address', async () => {
    const { victim } = old.world;
    const attacker = old.world.source(family);
    const words = ['metric', '32766', ...(family === 6 ? ['dev', 'lo'] : ['reject'])];
    await victim.must(change('add', attacker, ...words));
    const before = await routes(victim, attacker);
    expect(before).toHaveLength(1);
    expect(brief(await told('delete', attacker))).toBe('0 absent');
    expect(brief(await told('add', attacker))).toBe('0 applied');
    expect(await routes(victim, attacker)).toHaveLength(2);
    expect(brief(await told('delete', attacker))).toBe('0 removed');
    expect(await routes(victim, attacker)).toEqual(before);
  });

  test('where the administrator’s route comes first no effect is claimed', async () => {
    const { world } = old;
    const attacker = world.source(family);
    const via = family === 6 ? '2001:db8:1::1' : '192.0.2.1';
    const words = ['gw', via, 'metric', '1', 'dev', 'out0'];
    await world.victim.must(change('add', attacker, ...words));
    const ended = await told('add', attacker);
    expect([brief(ended), ended.keys]).toEqual(['16 no-effect', undefined]);
    expect(ended.logged?.detail).toContain('out0');
    expect(await routes(world.victim, attacker)).toHaveLength(1);
    expect(await world.ping(attacker, host, 2)).toEqual(NONE_LOST);
  });
});

describe.each([4, 6] as Family[])('net-tools beside iproute2, IPv%i', (family) => {
  const host = ADDRESS.victim[family];
  const { routes } = netTools(family);
  const told = (verb: Alert['verb'], ip: string, extra: readonly string[] = []) =>
    react(here.world.victim, here.home, { verb, ip, program: 'route-null', extra });

  test('it is used when it is asked for, and one delete undoes both', async () => {
    const { world } = here;
    const attacker = world.source(family);
    const added = await told('add', attacker, ['--backend', 'net-tools']);
    expect([brief(added), added.logged?.backend]).toEqual(['0 applied', 'net-tools']);
    expect(await world.ping(attacker, host, 2)).toEqual(ALL_LOST);
    expect(brief(await told('add', attacker))).toBe('0 applied');
    const removed = await told('delete', attacker);
    expect([brief(removed), removed.logged?.backend]).toEqual(['0 removed', 'ip-route net-tools']);
    expect(await routes(world.victim, attacker)).toEqual([]);
    expect(await world.ping(attacker, host, 2)).toEqual(NONE_LOST);
  });
});
