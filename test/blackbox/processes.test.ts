import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { alert } from './support/messages.ts';
import { it, PROGRAM, type Stage } from './support/stage.ts';

const IP = '203.0.113.7';

/** The programs that a shell's command line executed, as the kernel saw it. */
async function executed(stage: Stage, command: string, ...words: string[]) {
  const report = join(stage.home.path, 'executions');
  const trace = `strace -f -qq -e trace=execve -e status=successful -o "${report}"`;
  const run = await stage.shell(`${trace} ${command}`, ...words);
  const programs = readFileSync(report, 'utf8').matchAll(/execve\("([^"]+)"/g);
  return { run, programs: [...programs].map(([, path = '']) => path) };
}

describe('one process beside the program', () => {
  const talk = `${PROGRAM} <<< "$1"$'\\n'"$2"`;

  it('for the usual add and delete', async ({ stage }) => {
    await stage.feed(`${alert('198.51.100.1')}\n`);
    const steps = [
      { words: [alert(IP), alert(IP, 'continue')], outcome: 'applied' },
      { words: [alert(IP, 'delete'), ''], outcome: 'removed' },
    ];
    for (const { words, outcome } of steps) {
      const { run, programs } = await executed(stage, talk, ...words);
      expect(run.exitCode).toBe(0);
      expect(stage.home.outcomes().at(-1)).toMatchObject({ outcome });
      expect(programs).toEqual([PROGRAM, '/usr/sbin/nft']);
    }
  });

  it.for([alert('127.0.0.1'), alert('nobody'), 'no message', ''])(
    'and none for %s',
    async (line, { stage }) => {
      const { programs } = await executed(stage, talk, line, '');
      expect(programs).toEqual([PROGRAM]);
    },
  );
});

describe('a dry run executes nothing', () => {
  it.for([
    ['add', '--srcip', IP],
    ['add', '--srcip', IP, '--for', '1h', '--backend', 'ipset'],
    ['delete', '--srcip', IP],
  ])('%s %s %s', async (words, { stage }) => {
    const { run, programs } = await executed(stage, `${PROGRAM} "$@"`, ...words, '--dry-run');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toContain(IP);
    expect(programs).toEqual([PROGRAM]);
    expect((await stage.shell('nft list ruleset; ipset list')).stdout).toBe('');
    expect(stage.home.log()).toBe('');
  });

  it('and what it prints does the same', async ({ stage }) => {
    const plan = await stage.hand('add', '--srcip', IP, '--backend', 'iptables', '--dry-run');
    const makes = plan.stdout.split('\n').filter((line) => / -I /.test(line));
    expect(makes).toHaveLength(2);
    expect(await stage.shell(makes.join('\n'))).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await stage.hand('add', '--srcip', IP, '--backend', 'iptables')).toMatchObject({
      exitCode: 0,
    });
    expect(stage.home.outcomes()).toMatchObject([{ outcome: 'already', backend: 'iptables' }]);
  });
});
