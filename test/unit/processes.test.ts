import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { machineProcesses } from '../../src/lib/node/processes.ts';

describe.skipIf(!existsSync('/proc/self/stat'))('processes of this machine', () => {
  const { self, lives, describe: describeProcess } = machineProcesses(undefined);
  const life = async (name: string) => (await lives([name]))[0];
  const [pid = '', ...rest] = self.split('-');

  test('this one has a name without dots, and lives', async () => {
    expect(Number(pid)).toBe(process.pid);
    expect(self).toMatch(/^\d+-\d+-\d+-[0-9a-f]{32}$/);
    expect(await life(self)).toBe('alive');
  });

  test('a process that took over a dead one’s number is not that one', async () => {
    const [start = '', ...others] = rest;
    expect(await life([pid, Number(start) + 1, ...others].join('-'))).toBe('gone');
  });

  test('a process of another boot is gone', async () => {
    const [start, namespace] = rest;
    expect(await life([pid, start, namespace, 'f'.repeat(32)].join('-'))).toBe('gone');
  });

  test('one that ended is dead', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    expect(await life([child.pid, ...rest].join('-'))).toBe('gone');
  });

  test('one that is dead and not yet waited for is dead', async () => {
    // The shell starts a child, becomes a program that never waits, and the child ends.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const zombie = await new Promise<string>((resolve) =>
        parent.stdout.once('data', (text) => resolve(String(text).trim())),
      );
      const stat = () => readFileSync(`/proc/${zombie}/stat`, 'utf8').split(') ')[1] ?? '';
      await expect.poll(() => stat()[0]).toBe('Z');
      const start = stat().split(' ')[19] ?? '';
      expect(await life([zombie, start, ...rest.slice(1)].join('-'))).toBe('gone');
    } finally {
      parent.kill('SIGKILL');
    }
  });

  test.each(['0-1', '1-1', '1000000000-1'])('%s of here is nobody', async (name) => {
    expect(await life([name, ...rest.slice(1)].join('-'))).toBe('gone');
  });

  test('a number alone, from where there is no /proc, says nothing', async () => {
    expect(await life(pid)).toBe('unknown');
  });

  test('it is told to people by its number and its program', () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      child.kill('SIGSTOP');
      const [, namespace, boot] = rest;
      expect(describeProcess([child.pid, 1, namespace, boot].join('-'))).toMatch(
        new RegExp(`^process ${child.pid} \\(sleep(, stopped)?\\)$`),
      );
    } finally {
      child.kill('SIGKILL');
    }
  });
});
