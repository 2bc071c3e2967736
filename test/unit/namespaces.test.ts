import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { machineProcesses } from '../../src/lib/node/processes.ts';

const SCRIPT = join(import.meta.dirname, '../support/lives.ts');

const NEW = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const INITIAL = 'pid:[4026531836]';

/** Why other namespaces cannot be had here, or nothing. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux') return `namespaces are Linux's; this is ${process.platform}`;
  const { status, stderr, error } = spawnSync('unshare', [...NEW.slice(1), 'true']);
  return status === 0 ? undefined : `no namespaces here: ${error?.message ?? stderr}`;
}

const why = obstacle();
const initial = why === undefined && readlinkSync('/proc/self/ns/pid') === INITIAL;

describe.skipIf(why)(`processes of other namespaces${why ? ` (${why})` : ''}`, () => {
  let home: string;
  const children: ChildProcess[] = [];
  const SIGN = 'sign';

  beforeEach(() => {
    // Longer than a socket's path can be.
    home = mkdtempSync(join(tmpdir(), `riposte-${'long-'.repeat(20)}`));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  const holder = (...enter: string[]) => started('hold', enter);

  /** Somebody in a place, and its name. */
  async function started(what: 'hold' | 'busy', enter: readonly string[]) {
    const [command = '', ...words] = [...enter, process.execPath, SCRIPT, what, home, SIGN];
    const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const name = await new Promise<string>((resolve) =>
      child.stdout.once('data', (text) => resolve(String(text).trim())),
    );
    const end = (signal: 'SIGKILL' | 'politely') =>
      new Promise((resolve) => {
        child.once('close', resolve);
        if (signal === 'SIGKILL') child.kill(signal);
        else child.stdin.end();
      });
    return { name, end };
  }

  /** What somebody in another place knows of the names and of the sign. */
  function asked(enter: readonly string[], ...names: string[]) {
    const words = [...enter, process.execPath, SCRIPT, 'ask', home, SIGN, ...names];
    const { stdout } = spawnSync(words[0] ?? '', words.slice(1), {
      encoding: 'utf8',
      timeout: 10_000,
    });
    return JSON.parse(stdout) as { lives: string[]; life: string; told: string[] };
  }

  test.skipIf(!initial)('the initial one sees those below it', async () => {
    const { name, end } = await holder(...NEW);
    const [pid, start, ...others] = name.split('-');
    const reused = [pid, Number(start) - 1, ...others].join('-');
    const { lives, describe: told } = machineProcesses(home);
    expect(pid).toBe('1');
    expect(await lives([name, reused])).toEqual(['alive', 'gone']);
    expect(told(name)).toMatch(/^process [1-9]\d+ \(node\)$/);
    await end('SIGKILL');
    await expect.poll(() => lives([name, reused])).toEqual(['gone', 'gone']);
  });

  test.skipIf(!initial)('and those two below it', async () => {
    const { name, end } = await holder(...NEW, ...NEW);
    const { lives } = machineProcesses(home);
    expect(await lives([name])).toEqual(['alive']);
    await end('SIGKILL');
    await expect.poll(() => lives([name])).toEqual(['gone']);
  });

  test('neighbours know of each other by a sign, which dies with its process', async () => {
    const { name, end } = await holder(...NEW);
    const alive = asked(NEW, name);
    expect(alive).toMatchObject({ lives: ['unknown'], life: 'alive' });
    expect(alive.told).toEqual(['process 1 of another container']);
    await end('SIGKILL');
    expect(existsSync(join(home, SIGN))).toBe(true);
    expect(asked(NEW, name)).toMatchObject({ lives: ['unknown'], life: 'gone' });
  });

  test('a sign is of no network namespace, and taken away it is gone', async () => {
    const { end } = await holder(...NEW);
    expect(asked([...NEW, '--net']).life).toBe('alive');
    await end('politely');
    expect(existsSync(join(home, SIGN))).toBe(false);
    expect(asked(NEW).life).toBe('unknown');
  });

  test('who has no time to answer shows life all the same, however often it is asked', async () => {
    await started('busy', NEW);
    const { readSign } = machineProcesses(home);
    for (let count = 0; count < 1_000; count += 1) expect(await readSign(SIGN)).toBe('alive');
  });

  test.skipIf(!initial)('who is seen by all gives no sign', async () => {
    await holder();
    expect(existsSync(join(home, SIGN))).toBe(false);
  });

  test('under the /proc of an ancestor they see each other all the same', () => {
    const script = `
      mkfifo "$2/in"; "$0" "$1" hold "$2" sign <>"$2/in" >"$2/name" & until [ -s "$2/name" ]; do sleep 0.02; done
      "$0" "$1" ask "$2" sign "$(cat "$2/name")"
      kill -KILL $!; wait $!
      "$0" "$1" ask "$2" sign "$(cat "$2/name")"`;
    const words = [...NEW.slice(1, -1), 'sh', '-c', script, process.execPath, SCRIPT, home];
    const { stdout } = spawnSync('unshare', words, { encoding: 'utf8', timeout: 10_000 });
    const answers = stdout.trim().split('\n');
    expect(answers.map((line) => JSON.parse(line).lives)).toEqual([['alive'], ['gone']]);
  });

  const shifted = ['unshare', '--time', '--boottime', '1000', '--fork', '--kill-child'];
  const timeless = why ?? spawnSync('unshare', [...shifted.slice(1), 'true']).status !== 0;

  test.skipIf(timeless)(
    'one that counts time from another moment is not taken for dead',
    async () => {
      const { name } = await holder(...shifted);
      const [pid = '', start] = name.split('-');
      const here = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
      expect(here).not.toBe(start);
      const { lives } = machineProcesses(home);
      expect(await lives([name])).toEqual(['unknown']);
    },
  );
});
