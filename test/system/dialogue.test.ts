import { describe, expect, test } from 'vitest';
import { brief, react, reactUnheard } from '../support/alert.ts';
import { COMBINATIONS, PROBES } from '../support/firewall.ts';
import { lane } from '../support/lane.ts';

const here = lane();

describe.each(COMBINATIONS)('$backend, IPv$family', ({ backend, family, extra }) => {
  const blocked = async (ip: string) =>
    (await PROBES[backend].blocked(here.world.victim, family)).some(
      ({ address }) => address === ip,
    );

  test('keys that nobody reads: the block is taken back', async () => {
    const { world, home } = here;
    const ip = world.source(family);
    expect(brief(await reactUnheard(world.victim, home, { verb: 'add', ip, extra }))).toBe(
      '12 undelivered',
    );
    expect(await blocked(ip)).toBe(false);
  });

  test('keys that nobody reads: a block that was there before stays', async () => {
    const { world, home } = here;
    const ip = world.source(family);
    await react(world.victim, home, { verb: 'add', ip, extra });
    expect(brief(await reactUnheard(world.victim, home, { verb: 'add', ip, extra }))).toBe(
      '12 undelivered',
    );
    expect(await blocked(ip)).toBe(true);
    expect(brief(await react(world.victim, home, { verb: 'delete', ip, extra }))).toBe('0 removed');
  });

  test('no answer: the agent has the keys, so the block stays', async () => {
    const { world, home } = here;
    const ip = world.source(family);
    const answer = await react(world.victim, home, { verb: 'add', ip, extra, reply: 'nothing' });
    expect([brief(answer), answer.keys]).toEqual(['13 unanswered', [ip]]);
    expect(await blocked(ip)).toBe(true);
    expect(brief(await react(world.victim, home, { verb: 'delete', ip, extra }))).toBe('0 removed');
    expect(await blocked(ip)).toBe(false);
  });
});
