import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { alerts } from './support/decoders.ts';
import { it, NAMES, PROGRAM } from './support/stage.ts';

const IP = '203.0.113.7';

describe('help', () => {
  it.concurrent.for([['--help'], ['-h'], ['add', '--help'], ['delete', '-h']])(
    '%s: on stdout, nothing else happens',
    async (words, { stage }) => {
      const run = await stage.hand(...words);
      expect(run).toMatchObject({ exitCode: 0, stderr: '' });
      expect(run.stdout).toMatch(/^Usage: firewall-drop/);
      expect(stage.home.log()).toBe('');
    },
  );

  it.concurrent.for(NAMES)('%s --help names itself', async (name, { stage }) => {
    const { stdout } = await stage.shell('"active-response/bin/$1" --help', name);
    expect(stdout).toContain(`Usage: ${name} `);
  });

  it.concurrent.for([['--version'], ['-V']])('%s', async (words, { stage }) => {
    const run = await stage.hand(...words);
    expect(run).toMatchObject({ exitCode: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  it.concurrent('on a terminal without arguments, instead of waiting', async ({ stage }) => {
    const terminal = 'script -qec "$1" /dev/null < <(exec sleep 1 >/dev/null 2>&1)';
    const run = await stage.shell(terminal, `${PROGRAM}; echo "ended with $?"`);
    expect(run.stdout).toMatch(/^Usage: firewall-drop/);
    expect(run.stdout).toContain('ended with 0');
    expect(stage.home.log()).toBe('');
  });
});

describe('add and delete', () => {
  it.concurrent('hold for the holder called manual, until undone', async ({ stage }) => {
    const add = await stage.hand('add', '--srcip', IP);
    expect(add).toMatchObject({ exitCode: 0, stderr: '' });
    expect(add.stdout).toContain(`${IP} is blocked`);
    expect(add.stdout).toContain(`firewall-drop delete --srcip ${IP}`);
    expect(await stage.blocked('manual')).toEqual([IP]);
    expect(await stage.blocked('firewall-drop')).toEqual([]);
    const undo = await stage.hand('delete', '--srcip', IP);
    expect(undo).toMatchObject({ exitCode: 0, stderr: '' });
    expect(undo.stdout).toContain('no longer blocked');
    expect(await stage.blocked('manual')).toEqual([]);
    expect(await stage.hand('delete', '--srcip', IP)).toMatchObject({ exitCode: 0 });
    expect(stage.home.outcomes()).toMatchObject([
      { outcome: 'applied', holder: 'manual' },
      { outcome: 'removed', holder: 'manual' },
      { outcome: 'absent', holder: 'manual' },
    ]);
    expect(alerts(stage.home.log())).toEqual([]);
  });

  it.concurrent.for([
    { time: '90s', seconds: 90 },
    { time: '1h', seconds: 3600 },
    { time: '2d', seconds: 172_800 },
  ])('--for $time ends by itself', async ({ time, seconds }, { stage }) => {
    const run = await stage.hand('add', `--srcip=${IP}`, '--for', time);
    expect(run.exitCode).toBe(0);
    const listing = await stage.shell('nft -j list set inet riposte manual4');
    expect(listing.stdout).toContain(`"timeout": ${seconds}`);
    const [outcome] = stage.home.outcomes();
    const left = (Date.parse(outcome?.until ?? '') - Date.now()) / 1000;
    expect(left).toBeGreaterThan(seconds - 30);
    expect(left).toBeLessThanOrEqual(seconds);
  });

  it.concurrent('--reason is in the journal', async ({ stage }) => {
    await stage.hand('add', '--srcip', IP, '--reason', 'scans "us"\nall day');
    const journal = readFileSync(
      join(stage.home.path, 'active-response/riposte/journal.jsonl'),
      'utf8',
    );
    expect(JSON.parse(journal)).toMatchObject({ reason: 'scans "us"\nall day', holder: 'manual' });
    alerts(stage.home.log());
  });

  it.concurrent('--backend is obeyed', async ({ stage }) => {
    expect(await stage.hand('add', '--srcip', IP, '--backend', 'iptables')).toMatchObject({
      exitCode: 0,
    });
    expect((await stage.shell('iptables -S')).stdout).toContain(`-s ${IP}/32`);
    expect(await stage.hand('delete', '--srcip', IP)).toMatchObject({ exitCode: 0 });
    expect((await stage.shell('iptables -S')).stdout).not.toContain(IP);
  });

  it.concurrent('IPv6, in whatever spelling', async ({ stage }) => {
    await stage.hand('add', '--srcip', '2001:DB8:0::7');
    expect(await stage.blocked('manual')).toEqual(['2001:db8::7']);
    expect(await stage.hand('delete', '--srcip', '2001:db8::0:7')).toMatchObject({ exitCode: 0 });
    expect(await stage.blocked('manual')).toEqual([]);
  });
});

describe('a mistake is one sentence and exit code 2', () => {
  const mistakes: readonly (readonly string[])[] = [
    ['add'],
    ['delete'],
    ['block', '--srcip', IP],
    [''],
    ['add', '--srcip'],
    ['add', '--srcip', IP, '--for'],
    ['add', '--srcip', IP, '--for', 'ever'],
    ['add', '--srcip', IP, '--for', '0s'],
    ['add', '--srcip', IP, '--for', '-1h'],
    ['add', '--srcip', IP, '--for', '10'],
    ['add', '--srcip', IP, '--for', '200y'],
    ['add', '--srcip', IP, '--backend', 'pf'],
    ['add', '--srcip', IP, '--backend', 'iptables', '--for', '1h'],
    ['add', '--srcip', IP, '--frobnicate'],
    ['add', '--srcip', IP, '198.51.100.1'],
    ['add', IP],
    ['add', '-', IP],
    ['delete', '--srcip', IP, '--for', '1h'],
    ['--srcip', IP],
    ['--nonsense'],
  ];

  it.concurrent.for(mistakes.map((words) => ({ words })))(
    '$words',
    async ({ words }, { stage }) => {
      const run = await stage.hand(...words);
      expect(run).toMatchObject({ exitCode: 2, stdout: '' });
      expect(run.stderr).toMatch(/^[^\n]+\n$/);
      expect(await stage.blocked('manual')).toEqual([]);
    },
  );
});

describe('a bad target is said so', () => {
  it.concurrent.for([
    { ip: '1.2.3', exit: 4 },
    { ip: '203.0.113.0/24', exit: 4 },
    { ip: 'example.org', exit: 4 },
    { ip: '127.0.0.1', exit: 5 },
  ])('$ip', async ({ ip, exit }, { stage }) => {
    const run = await stage.hand('add', '--srcip', ip);
    expect(run).toMatchObject({ exitCode: exit, stdout: '' });
    expect(run.stderr).toContain(ip);
    expect(await stage.blocked('manual')).toEqual([]);
  });
});
