import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hand } from '../support/bsd/agent.ts';
import { bsdLane, SYSTEMS } from '../support/bsd/lane.ts';
import type { Root } from '../support/bsd/root.ts';

const lane = bsdLane();
const block = (root: Root, ip: string, program = 'route-null') =>
  hand(root, program, 'add', '--srcip', ip);

const STATE = 'active-response/riposte';

/** Puts a place in line of somebody else's for the lock of every route, and gives its path. */
function queued(root: Root, owner: string): string {
  const folder = join(root.outside, STATE, 'lock');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `1.${owner}@${encodeURIComponent('route 203.0.113.7')}`);
  writeFileSync(path, '', { mode: 0o600 });
  return path;
}

describe.for(SYSTEMS)('on %s', (system) => {
  it('nothing is there of /proc', async () => {
    const root = lane.root(system);
    expect(existsSync(join(root.folder, 'proc'))).toBe(false);
  });

  it.each([
    ['the gateway', '192.0.2.1'],
    ['the resolver', '192.0.2.53'],
    ['itself', '127.0.0.1'],
  ])('%s is never blocked', async (_, ip) => {
    const root = lane.root(system);
    const run = await block(root, ip);
    expect(run).toMatchObject({ exitCode: 5, stdout: '' });
    expect(root.tools().drops(ip)).toBe(false);
  });

  it('a place in line of a process that is gone keeps nobody waiting', async () => {
    const root = lane.root(system);
    const path = queued(root, `99999999-${Date.now()}-1000-${system}`);
    expect(await block(root, '203.0.113.7')).toMatchObject({ exitCode: 0 });
    expect(existsSync(path)).toBe(false);
  });

  it('who has the number of one now is not taken for it', async () => {
    const root = lane.root(system);
    const hour = 3_600_000;
    const before = Math.round(process.uptime() * 1000) + hour;
    const path = queued(root, `${process.pid}-${Date.now() - before}-1-${system}`);
    expect(await block(root, '203.0.113.7')).toMatchObject({ exitCode: 0 });
    expect(existsSync(path)).toBe(false);
    expect(root.calls().some(({ tool }) => tool === 'ps')).toBe(true);
  });

  it('who is first in line and alive is waited for, and named', async () => {
    const root = lane.root(system);
    const began = Math.round(Date.now() - process.uptime() * 1000);
    const path = queued(root, `${process.pid}-${began}-1-${system}`);
    const run = await block(root, '203.0.113.7');
    expect(run.exitCode).not.toBe(0);
    expect(root.outcomes()).toMatchObject([{ outcome: 'locked' }]);
    expect(root.outcomes()[0]?.detail).toContain(`process ${process.pid}`);
    expect(existsSync(path)).toBe(true);
    expect(root.tools().drops('203.0.113.7')).toBe(false);
  });
});

it('runs at the same time leave one block, and no place in line', async () => {
  const root = lane.root('freebsd');
  const runs = await Promise.all(Array.from({ length: 4 }, () => block(root, '203.0.113.7')));
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
  const outcomes = root.outcomes().map(({ outcome }) => outcome);
  expect(outcomes.toSorted()).toEqual(['already', 'already', 'already', 'applied']);
  expect(readdirSync(join(root.outside, STATE, 'lock'))).toEqual([]);
});

it('where netstat is out of order that is told, and an attacker is blocked all the same', async () => {
  const root = lane.root('openbsd');
  root.break({ netstat: 'fails' });
  expect(await block(root, '203.0.113.7')).toMatchObject({ exitCode: 0 });
  expect(root.log()).toContain('gateways (inet) are not known: netstat -rn -f inet');
  expect(root.tools().drops('203.0.113.7')).toBe(true);
});
