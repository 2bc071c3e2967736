import { execFileSync, spawn } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { program, run } from './built.ts';

// Every attempt is first made on plain node, where it must work: else it would prove nothing.
const node = process.execPath;
const listening = /Debugger listening/;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'riposte-hardening-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

describe('the environment', () => {
  test('NODE_OPTIONS makes node load a file, and not the binary', async () => {
    const marker = path.join(folder, 'marker');
    const evil = path.join(folder, 'evil.cjs');
    await writeFile(evil, `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '');`);
    const env = { NODE_OPTIONS: `--require ${evil}` };

    await run(node, ['--eval', '0'], env);
    expect(await exists(marker)).toBe(true);
    await rm(marker);

    const { code, stdout } = await run(program, ['--version'], env);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(await exists(marker)).toBe(false);
  });

  test('NODE_OPTIONS opens the inspector of node, and not of the binary', async () => {
    const env = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };
    expect((await run(node, ['--eval', '0'], env)).stderr).toMatch(listening);
    const { code, stderr } = await run(program, ['--version'], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.skipIf(process.platform === 'win32')(
    'OPENSSL_CONF is opened by node, and not by the binary',
    async () => {
      // Whoever opens a pipe that nobody writes to waits for ever.
      const pipe = path.join(folder, 'openssl.cnf');
      execFileSync('mkfifo', [pipe]);
      const env = { OPENSSL_CONF: pipe };
      expect((await run(node, ['--eval', '0'], env, 3000)).killed).toBe(true);
      const { code, killed } = await run(program, ['--version'], env);
      expect({ code, killed }).toEqual({ code: 0, killed: false });
    },
  );
});

describe('the inspector', () => {
  test.each(['--inspect=127.0.0.1:0', '--inspect-brk=127.0.0.1:0', '--inspect-wait=127.0.0.1:0'])(
    '%s as an argument opens that of node, and not that of the binary',
    async (option) => {
      // Where node would wait for a debugger it is ended, after it has said so.
      expect((await run(node, [option, '--eval', '0'], {}, 3000)).stderr).toMatch(listening);
      const { code, killed, stderr } = await run(program, [option]);
      expect(stderr).not.toMatch(listening);
      expect({ code: code !== 0, killed }).toEqual({ code: true, killed: false });
    },
  );

  test.skipIf(process.platform === 'win32')(
    'SIGUSR1 opens that of node, and not that of the binary',
    async () => {
      const waiting = `process.stdout.write('up'); setTimeout(() => {}, 5000);`;
      const plain = await signalled(node, ['--eval', waiting], node, (stdout) => stdout !== '');
      expect(plain).toMatch(listening);

      await using home = await makeHome();
      const name = path.join(home.path, 'active-response', 'bin', 'firewall-drop');
      // An agent's run: it has said that it starts and waits for its message.
      const stderr = await signalled(program, [], name, () => home.log() !== '');
      expect(home.log()).toMatch(/Starting/);
      expect(stderr).not.toMatch(listening);
    },
  );
});

/** Starts a program, sends SIGUSR1 once it is up, waits a little and gives its stderr. */
async function signalled(
  file: string,
  args: readonly string[],
  argv0: string,
  isUp: (stdout: string) => boolean,
): Promise<string> {
  const child = spawn(file, args, { argv0, env: {}, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    await expect.poll(() => isUp(stdout), { timeout: 5000, interval: 20 }).toBe(true);
    child.kill('SIGUSR1');
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1500))]);
    return stderr;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
