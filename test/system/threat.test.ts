import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Home, makeHome } from '../support/home.ts';

let home: Home;
let folder: string;

beforeEach(async ({ skip }) => {
  if (process.platform !== 'linux') skip('these programs are for Linux');
  home = await makeHome();
  folder = mkdtempSync(join(tmpdir(), 'riposte-threat-'));
});
afterEach(async () => {
  await home.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function enable(...actions: string[]): Promise<void> {
  const state = join(home.path, 'active-response/riposte');
  await mkdir(state, { recursive: true, mode: 0o700 });
  await chmod(state, 0o700);
  const settings = {
    actions: Object.fromEntries(actions.map((name) => [name, { enabled: true }])),
  };
  await writeFile(join(state, 'riposte.json'), JSON.stringify(settings), { mode: 0o600 });
}

/** Runs a built program as an agent of Wazuh 4 does; how it ended, and the keys that it gave. */
function react(program: string, alert: object) {
  const line = (command: string) =>
    `${JSON.stringify({
      version: 1,
      origin: { name: 'node01', module: 'wazuh-execd' },
      command,
      parameters: { extra_args: [], alert: { id: '1770113900.4', ...alert }, program },
    })}\n`;
  const { stdout } = spawnSync(`active-response/bin/${program}`, {
    cwd: home.path,
    encoding: 'utf8',
    input: line('add') + line('continue'),
  });
  const keys = stdout === '' ? undefined : (JSON.parse(stdout).parameters.keys as string[]);
  return { outcome: home.outcomes().at(-1)?.outcome, keys };
}

const riposte = (...words: string[]) =>
  spawnSync(join(home.path, 'active-response/bin/riposte'), words, { encoding: 'utf8' });

test('remove-threat: only where root has enabled it, and back only by hand', async () => {
  const path = join(folder, 'shell.php');
  writeFileSync(path, '<?php', { mode: 0o640 });
  const alert = { syscheck: { path } };
  expect(react('remove-threat', alert)).toEqual({ outcome: 'refused', keys: undefined });
  expect(existsSync(path)).toBe(true);

  await enable('remove-threat');
  expect(react('remove-threat', alert)).toEqual({ outcome: 'applied', keys: undefined });
  expect(existsSync(path)).toBe(false);
  expect(react('remove-threat', alert)).toEqual({ outcome: 'already', keys: undefined });
  const [, id = ''] = /riposte undo (\S+)/.exec(home.log()) ?? [];

  expect(riposte('undo').stdout).toContain(`${id}  `);
  expect(riposte('undo', id)).toMatchObject({ status: 0, stdout: `${path} is back.\n` });
  expect(readFileSync(path, 'utf8')).toBe('<?php');
  expect(riposte('undo').stdout).toBe('Nothing is in quarantine.\n');
  expect(riposte('undo', id).status).toBe(2);
});

test('remove-threat: a link, a place of the system and the agent’s own are refused', async () => {
  await enable('remove-threat');
  const link = join(folder, 'link');
  spawnSync('ln', ['-s', '/etc/passwd', link]);
  for (const path of [link, '/etc/passwd', '/usr/bin/env', home.logFile]) {
    expect(react('remove-threat', { syscheck: { path } })).toEqual({
      outcome: 'refused',
      keys: undefined,
    });
    expect(existsSync(path)).toBe(true);
  }
});

test('kill-process: the process of that number, start and program, and no other', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const stat = () => readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
  await expect.poll(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe('sleep\n');
  const start = Number(stat()?.[19]);
  const named = (more: object) => ({ data: { process: { pid: child.pid, start, ...more } } });
  expect(react('kill-process', named({})).outcome).toBe('refused');

  await enable('kill-process');
  expect(react('kill-process', named({ start: start + 1 })).outcome).toBe('refused');
  expect(react('kill-process', named({ executable: '/tmp/evil' })).outcome).toBe('refused');
  expect(react('kill-process', { data: { process: { pid: child.pid } } }).outcome).toBe(
    'bad-field',
  );
  expect(react('kill-process', named({ pid: process.pid })).outcome).toBe('refused');
  expect(child.exitCode ?? child.signalCode).toBeNull();

  expect(react('kill-process', named({}))).toEqual({
    outcome: 'applied',
    keys: undefined,
  });
  expect(await ended).toEqual([null, 'SIGKILL']);
});
