import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { machineProcesses } from '../../src/lib/node/processes.ts';

describe.skipIf(!existsSync('/proc/self/stat'))('processes of this machine', () => {
  const { self, life } = machineProcesses();
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

  test('a process of another boot is gone, and of another namespace nobody knows', async () => {
    const [start, namespace, boot] = rest;
    expect(await life([pid, start, namespace, 'f'.repeat(32)].join('-'))).toBe('gone');
    expect(await life([pid, start, Number(namespace) + 1, boot].join('-'))).toBe('unknown');
  });

  test('one that ended is dead', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    expect(await life([child.pid, ...rest].join('-'))).toBe('gone');
  });

  test.each(['', '-', 'x', '..', '../self', '0', '-1', '1e9'])('%j is nobody', async (name) => {
    expect(await life(name)).toBe('gone');
  });
});
