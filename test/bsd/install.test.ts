import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hand } from '../support/bsd/agent.ts';
import { bsdLane, SYSTEMS } from '../support/bsd/lane.ts';
import type { Root } from '../support/bsd/root.ts';

const lane = bsdLane();
const BIN = 'active-response/bin';

/** A home with two programs of upstream's, and ours unpacked elsewhere. */
function stocked(system: Root['system']): Root {
  const root = lane.root(system, { bare: true });
  for (const name of ['firewall-drop', 'restart.sh']) {
    writeFileSync(join(root.outside, BIN, name), `#!/bin/sh\n# ${name} of upstream\n`);
    chmodSync(join(root.outside, BIN, name), 0o750);
  }
  return root;
}

const install = (root: Root, ...words: string[]) => root.run(['/tmp/riposte', 'install', ...words]);
const names = (root: Root) => readdirSync(join(root.outside, BIN)).toSorted();

// The program of macOS is one with its runtime, which what stands for it here is not: its installing
// is that of Linux, but for what the last tests of this file see.
describe.for(['freebsd', 'openbsd', 'netbsd'] as const)('on %s', (system) => {
  it('installing gives every name to the one program, and uninstalling gives them back', async () => {
    const root = stocked(system);
    const before = names(root);
    const run = await install(root);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(names(root)).toEqual([...lane.shared.names].toSorted());
    const inodes = names(root).map((name) => statSync(join(root.outside, BIN, name)).ino);
    expect(new Set(inodes).size).toBe(1);
    expect(statSync(join(root.outside, BIN, 'riposte')).mode & 0o7777).toBe(0o750);
    // Nobody's table is edited: the line for it is told.
    expect(run.stdout).toContain(
      `*/5 * * * * ${root.home}/${BIN}/riposte sweep --quiet --home ${root.home}`,
    );

    await hand(root, 'route-null', 'add', '--srcip', '203.0.113.7');
    expect(root.tools().drops('203.0.113.7')).toBe(true);
    const gone = await hand(root, 'riposte', 'uninstall');
    expect(gone).toMatchObject({ exitCode: 0, stderr: '' });
    expect(root.tools().drops('203.0.113.7')).toBe(false);
    expect(names(root)).toEqual(before);
    expect(root.read(`${root.home}/${BIN}/restart.sh`)).toContain('of upstream');
    expect(existsSync(join(root.outside, 'active-response/riposte'))).toBe(false);
  });
});

describe.for(SYSTEMS)('on %s', (system) => {
  it('a dry run changes nothing', async () => {
    const root = stocked(system);
    const before = names(root);
    expect(await install(root, '--dry-run')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(names(root)).toEqual(before);
  });

  it('the doctor asks about this system and about no other', async () => {
    const root = lane.root(system);
    const { stdout, stderr } = await hand(root, 'riposte', 'doctor', '--json');
    expect(stderr).toBe('');
    const { findings } = JSON.parse(stdout) as {
      findings: { check: string; status: string; what: string }[];
    };
    const checks = new Set(findings.map(({ check }) => check));
    for (const other of ['firewall', 'confinement', 'wrappers', 'service']) {
      expect(checks).not.toContain(other);
    }
    expect(checks.has('runtime')).toBe(system !== 'macos');
    expect(findings.map(({ what }) => what).join('\n')).not.toMatch(
      /nft|iptables|systemd|kernel|could not be looked at/,
    );
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'actions', about: 'route-null', status: 'good' }),
    );
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'home',
        status: 'good',
        what: expect.stringContaining(root.home),
      }),
    );
  });

  it('what is for Linux alone is not offered', async () => {
    const root = lane.root(system);
    const { stdout } = await hand(root, 'riposte', 'install', '--help');
    expect(stdout).not.toMatch(/--timer|--adopt|systemd/);
  });
});

describe('the first line of what is installed', () => {
  it('is the runtime that runs the installer, wherever that is', async () => {
    const root = stocked('freebsd');
    const run = await root.run(['/.double/node', '/tmp/riposte', 'install']);
    expect(run).toMatchObject({ exitCode: 0 });
    const text = readFileSync(join(root.outside, BIN, 'riposte'), 'utf8');
    expect(text.slice(0, text.indexOf('\n'))).toBe('#!/.double/node');
    const unpacked = root.read('/tmp/riposte');
    expect(text.slice(text.indexOf('\n'))).toBe(unpacked.slice(unpacked.indexOf('\n')));
    // Nor is that another build.
    const { stdout } = await root.run(['/tmp/riposte', 'doctor', '--json']);
    expect(stdout).not.toContain('another build');
  });

  it('never names a runtime that others could replace', async () => {
    const root = stocked('openbsd');
    chmodSync(join(root.folder, 'usr/local/bin'), 0o777);
    const run = await install(root);
    expect(run.exitCode).not.toBe(0);
    expect(run.stderr).toContain('/usr/local/bin can be written by others');
    expect(names(root)).toEqual(['firewall-drop', 'restart.sh']);
    const doctor = await hand(root, '../../../../tmp/riposte', 'doctor');
    expect(doctor.stdout).toContain('whoever can, can become root');
  });

  it('installing again keeps what upstream’s was', async () => {
    const root = stocked('netbsd');
    await install(root);
    expect(await install(root)).toMatchObject({ exitCode: 0 });
    await hand(root, 'riposte', 'uninstall');
    expect(root.read(`${root.home}/${BIN}/firewall-drop`)).toContain('of upstream');
  });
});

it('a run that died while it tried the program out leaves nothing for the next', async () => {
  const root = stocked('freebsd');
  mkdirSync(join(root.outside, BIN, '.riposte.try'));
  writeFileSync(join(root.outside, BIN, '.riposte.try/riposte'), '');
  expect(await install(root)).toMatchObject({ exitCode: 0 });
  expect(names(root)).not.toContain('.riposte.try');
});

it('riposte shim says why it is not there', async () => {
  const root = lane.root('openbsd');
  const run = await hand(root, 'riposte', 'shim', '--as', 'argv');
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toContain('riposte shim is for Linux and macOS');
});
