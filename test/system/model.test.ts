import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { release } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { STORIES, wordsOf } from '../support/model/facts.ts';
import { SURVEYS } from '../support/model/survey-facts.ts';

const TOOLS = ['unshare', 'nsenter', 'nft', 'ipset', 'iptables', 'ip6tables', 'ip', 'route'];

/** Why the real tools cannot be asked here, or nothing. */
function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root';
  const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).error);
  return missing.length > 0 ? `missing: ${missing.join(', ')}` : undefined;
}

const why = obstacle();
if (why !== undefined) console.warn(`Every test here is skipped: ${why}`);
const [major = 0, minor = 0] = release().split(/\D/).map(Number);
const young = ([first, second]: readonly [number, number]) =>
  major > first || (major === first && minor >= second);

// The laws rest on the model host: here the tools it pretends to be are asked the same.
describe.skipIf(why)(`the real tools answer as the model says${why ? ` (${why})` : ''}`, () => {
  let holder: ChildProcess;

  beforeEach(async () => {
    holder = spawn('unshare', ['-n', 'sh', '-c', 'ip link set lo up; echo ready; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => holder.stdout?.once('data', resolve));
  });
  afterEach(() => {
    holder.kill('SIGKILL');
  });

  for (const { title, since, facts } of [...STORIES, ...SURVEYS]) {
    test.skipIf(since && !young(since))(title, () => {
      for (const [place, { line, stdin, exitCode, stdout, like, stderr }] of facts.entries()) {
        const words = wordsOf(line);
        const answer = spawnSync('nsenter', [`--net=/proc/${holder.pid}/ns/net`, ...words], {
          input: stdin ?? '',
          encoding: 'utf8',
          env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
        });
        const where = `${place}: ${line}: ${answer.stderr}`;
        expect(answer.status, where).toBe(exitCode);
        if (stdout !== undefined) expect(answer.stdout, where).toBe(stdout);
        if (like) expect(answer.stdout, where).toMatch(like);
        if (stderr !== undefined) expect(answer.stderr.split('\n')[0], where).toBe(stderr);
      }
    });
  }
});
