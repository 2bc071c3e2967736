import { describe, expect, test } from 'vitest';
import { type Alert, brief, react } from '../support/alert.ts';
import { lane } from '../support/lane.ts';
import { ADDRESS, type Family } from '../support/net.ts';

const here = lane(['ping']);

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
