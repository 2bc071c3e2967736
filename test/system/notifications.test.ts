import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LIMIT } from '../../src/lib/ports.ts';
import { lane } from '../support/lane.ts';

const here = lane(['unshare', 'mount']);

// With the resolver's own patience this run would end after 40 seconds.
test('S1: servers of names that never answer do not hold the agent', async () => {
  const { world, home } = here;
  const { attacker, victim } = world;
  await attacker.must(['nft', 'add table inet silent']);
  await attacker.must([
    'nft',
    'add chain inet silent names { type filter hook prerouting priority 0; udp dport 53 drop; }',
  ]);
  const servers = [1, 2, 3].map(() => `nameserver ${world.source(4)}\n`);
  const resolver = join(home.path, 'resolv.conf');
  writeFileSync(resolver, `${servers.join('')}search a.example b.example\n`);
  const state = join(home.path, 'active-response/riposte');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const settings = { actions: { webhook: { url: 'https://hooks.riposte.example/x' } } };
  writeFileSync(join(state, 'riposte.json'), JSON.stringify(settings), { mode: 0o600 });

  const script = 'mount --bind "$1" /etc/resolv.conf && exec "$2" add';
  const program = join(home.path, 'active-response/bin/webhook');
  const { exitCode, stderr, ms } = await victim.run(
    ['unshare', '-m', 'sh', '-c', script, 'sh', resolver, program],
    { timeout: 60_000 },
  );
  expect(stderr).toMatch(/hooks\.riposte\.example (?:did not answer|could not be reached)/);
  expect([7, 8]).toContain(exitCode);
  expect(ms).toBeLessThan(LIMIT.run);
});
