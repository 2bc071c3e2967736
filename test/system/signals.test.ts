import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/node/clock.ts';
import { lineage, pin } from '../../src/lib/node/proc.ts';
import { type Send, signalsOf } from '../../src/lib/node/signals.ts';
import { parseStart } from '../../src/lib/process-target.ts';
import type { Life, SparedPrograms, Suspect } from '../../src/lib/signals.ts';

const NEVER: SparedPrograms = { never: [] };
const TIMEOUT = 5_000;

let home = '';
let children: ChildProcess[] = [];

beforeEach(() => {
  home = fs.mkdtempSync(join(tmpdir(), 'riposte-signals-'));
  fs.mkdirSync(join(home, 'logs'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  fs.rmSync(home, { recursive: true });
});

const signals = (send?: Send) => signalsOf({ home, clock: systemClock }, send);

function start(command: string, ...args: string[]): ChildProcess & { pid: number } {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return child as ChildProcess & { pid: number };
}

const read = (pid: number) => pin(pid)?.read();

/** The program of a process; nothing where it cannot be told. */
function programOf(pid: number): string | undefined {
  const program = read(pid)?.program;
  return program === 'hidden' ? undefined : program?.path;
}

async function named(pid: number, executable?: string): Promise<Suspect> {
  await expect.poll(() => programOf(pid)).not.toBe(process.execPath);
  return { pid, start: parseStart(`${read(pid)?.ticks}`), executable };
}

/** The program of a process as /proc shows it, once it is the one that is wanted. */
const becomes = (pid: number, end: string) =>
  expect.poll(() => programOf(pid) ?? '').toMatch(new RegExp(`/${end}$`));

const alive = (life: Life | undefined) => life && (life.stopped ? 'stopped' : 'running');

describe('kill', () => {
  test('ends the process that is meant, seen to be gone', async () => {
    const child = start('sleep', '60');
    await becomes(child.pid, 'sleep');
    const { began } = read(child.pid) as Life;
    const suspect = {
      pid: child.pid,
      start: parseStart(new Date(began).toISOString()),
      executable: programOf(child.pid),
    };
    expect(await signals().check(suspect, NEVER)).toBe('alive');
    expect(await signals().kill(suspect, NEVER, TIMEOUT)).toBe('killed');
    expect(read(child.pid)).toBeUndefined();
    expect(await signals().kill(suspect, NEVER, TIMEOUT)).toBe('gone');
  });

  test('ends one that is stopped, and one that ignores what it can', async () => {
    const stopped = start('sleep', '60');
    stopped.kill('SIGSTOP');
    const deaf = start('sh', '-c', "trap '' TERM INT HUP; echo up; while :; do sleep 1; done");
    await once(deaf.stdout as NonNullable<typeof deaf.stdout>, 'data');
    for (const { pid } of [stopped, deaf]) {
      expect(await signals().kill(await named(pid), NEVER, TIMEOUT)).toBe('killed');
    }
  });

  test('does not take a process for dead whose first thread alone is', async ({ skip }) => {
    const exit = { x64: 60, arm64: 93 }[process.arch as string];
    const threads = spawnSync('perl', ['-Mthreads', '-e', '1']).status === 0;
    if (!threads || exit === undefined) skip('it needs perl with threads');
    const code = `threads->create(sub { sleep 60 }); $| = 1; print "up\\n"; syscall(${exit}, 0)`;
    const { pid, stdout } = start('perl', '-Mthreads', '-e', code);
    await once(stdout as NonNullable<typeof stdout>, 'data');
    const state = () => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
    await expect.poll(state).toBe('Z');
    const suspect = { pid, start: parseStart(`${read(pid)?.ticks}`) };
    expect(await signals().check(suspect, NEVER)).toBe('alive');
    expect(await signals().kill(suspect, NEVER, TIMEOUT)).toBe('killed');
    expect(read(pid)).toBeUndefined();
  });
});

describe('between the look and the signal', () => {
  test('a process that ends is gone', async () => {
    for (const at of ['SIGSTOP', 'SIGKILL'] as const) {
      const child = start('sleep', '60');
      const suspect = await named(child.pid);
      const send: Send = (pid, signal) => {
        if (signal === at) process.kill(pid, 'SIGKILL');
        process.kill(pid, signal);
      };
      expect(['gone', 'killed']).toContain(await signals(send).kill(suspect, NEVER, TIMEOUT));
      expect(read(child.pid)).toBeUndefined();
    }
  });

  test('a process that becomes another program is spared, and goes on', async () => {
    const child = start('sh', '-c', 'read line; exec sleep 60');
    const suspect = await named(child.pid, programOf(child.pid));
    const program = fs.realpathSync('/bin/sh');
    const send: Send = (pid, signal) => {
      if (signal === 'SIGSTOP') {
        child.stdin?.write('\n');
        const wait = `until readlink /proc/${pid}/exe | grep -q sleep; do :; done`;
        spawnSync('sh', ['-c', wait]);
      }
      process.kill(pid, signal);
    };
    await expect(
      signals(send).kill({ ...suspect, executable: program }, NEVER, TIMEOUT),
    ).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('sleep') as string,
    });
    expect(alive(read(child.pid))).toBe('running');
  });

  test('a bystander that gets its number lives, and goes on', ({ skip }) => {
    if (process.getuid?.() !== 0) skip('it needs root');
    for (const name of ['told', 'asked']) spawnSync('mkfifo', [join(home, name)]);
    const script = new URL('../support/reuse.ts', import.meta.url).pathname;
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['-p', '-f', '--mount-proc', process.execPath, '--no-warnings', script, home],
      { encoding: 'utf8', timeout: 60_000 },
    );
    expect(stdout.trim(), stderr).toBe('{"answer":"gone","same":true,"stopped":false}');
  });
});

test.each<[string, (path: string) => void]>([
  ['a loop of links', (path) => fs.symlinkSync(path, path)],
  ['no file', () => {}],
])('kills what hides behind mounts of its own, where its path leads to %s', async (_what, make) => {
  const folder = join(home, 'hidden');
  const program = join(folder, 'evil');
  fs.mkdirSync(folder);
  make(program);
  const script = 'mount -t tmpfs none "$0" && cp /bin/sleep "$0/evil" && exec "$0/evil" 60';
  const child = start('unshare', '-Urm', 'sh', '-c', script, folder);
  await expect.poll(() => programOf(child.pid)).toBe(program);
  const ended = once(child, 'exit');
  const suspect = { ...(await named(child.pid)), executable: program };
  expect(await signals().kill(suspect, NEVER, TIMEOUT)).toBe('killed');
  expect(await ended).toEqual([null, 'SIGKILL']);
});

describe('is refused', () => {
  const refuses = async (suspect: Suspect, why: RegExp, spared = NEVER) => {
    for (const work of [
      () => signals().check(suspect, spared),
      () => signals(() => expect.unreachable()).kill(suspect, spared, TIMEOUT),
    ]) {
      await expect(work()).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(why) as string,
      });
    }
  };

  test('another process of that number', async () => {
    const { pid } = start('sleep', '60');
    const ticks = (await named(pid)).start.ticks ?? 0;
    await refuses({ pid, start: parseStart(`${ticks + 1}`) }, /began at/);
    const began = read(pid)?.began ?? 0;
    await refuses({ pid, start: parseStart(new Date(began - 9_000).toISOString()) }, /began at/);
  });

  test('another program', async () => {
    const { pid } = start('sleep', '60');
    await refuses({ ...(await named(pid)), executable: '/tmp/evil' }, /runs .*sleep/);
  });

  test('the first process, this one and every ancestor', async () => {
    const family = [...(lineage() ?? [])];
    expect(family).toContain(process.ppid);
    for (const pid of new Set([1, ...family])) {
      const start = parseStart(`${read(pid)?.ticks}`);
      await refuses({ pid, start }, pid === 1 ? /first process/ : /started by/);
    }
  });

  test('anybody, where /proc is that of other processes', ({ skip }) => {
    if (process.getuid?.() !== 0) skip('it needs root');
    const [module, clock] = ['signals.ts', 'clock.ts'].map(
      (name) => new URL(`../../src/lib/node/${name}`, import.meta.url).href,
    );
    const code = `
      const { signalsOf } = await import('${module}');
      const { systemClock: clock } = await import('${clock}');
      const suspect = { pid: ${process.pid}, start: { text: '1', epochs: [], ticks: 1 } };
      const looked = signalsOf({ clock }).check(suspect, { never: [] });
      console.log(await looked.catch((error) => error.message));
    `;
    const words = [
      '-p',
      '-f',
      process.execPath,
      '--no-warnings',
      '--input-type=module',
      '-e',
      code,
    ];
    const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
    expect(stdout, stderr).toBe('/proc shows the processes of another namespace\n');
  });

  test('a thread of a process', async () => {
    const tid = Number(fs.readdirSync('/proc/self/task').find((one) => one !== `${process.pid}`));
    await refuses({ pid: tid, start: parseStart(`${read(tid)?.ticks}`) }, /is a thread of process/);
  });

  test('a thread of the kernel', async ({ skip }) => {
    const shown = fs.existsSync('/proc/2/comm') && fs.readFileSync('/proc/2/comm', 'utf8');
    if (shown !== 'kthreadd\n') skip('a container shows none');
    await refuses({ pid: 2, start: parseStart(`${read(2)?.ticks}`) }, /thread of the kernel/);
  });

  test('the first process of a container', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('it needs root');
    const { pid } = start('unshare', '-p', '-f', 'sleep', '60');
    const inner = () => fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    await expect.poll(inner).not.toBe('');
    try {
      await refuses(await named(Number(inner())), /first process of a container/);
    } finally {
      process.kill(Number(inner()), 'SIGKILL');
    }
  });

  test('what the agent runs, also where its file is deleted by now', async () => {
    const program = join(home, 'agentd');
    fs.copyFileSync('/bin/sleep', program);
    const { pid } = start(program, '60');
    const suspect = await named(pid);
    await refuses(suspect, /of the agent/);
    fs.unlinkSync(program);
    await refuses(suspect, /of the agent/);
  });

  test('what runs as the agent’s account', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('it needs root');
    fs.chownSync(join(home, 'logs'), 54_321, 54_321);
    const child = spawn('sleep', ['60'], { uid: 54_321 });
    children.push(child);
    await refuses(await named(child.pid as number), /agent’s own account/);
  });

  test('what the settings spare', async () => {
    const { pid } = start('sleep', '60');
    await refuses(await named(pid), /settings/, { never: [fs.realpathSync('/bin')] });
  });
});
