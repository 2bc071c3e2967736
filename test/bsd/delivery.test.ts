import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hand } from '../support/bsd/agent.ts';
import { bsdLane, SYSTEMS } from '../support/bsd/lane.ts';

const lane = bsdLane();
const BIN = 'active-response/bin';
const SCRIPTS = ['freebsd', 'openbsd', 'netbsd'] as const;

it.each([
  ['freebsd', '#!/usr/local/bin/node\n'],
  ['openbsd', '#!/usr/local/bin/node\n'],
  ['netbsd', '#!/usr/pkg/bin/node\n'],
] as const)('%s: the script is read by the runtime of its packages', (system, line) => {
  const root = lane.root(system);
  expect(root.read(`${root.home}/${BIN}/riposte`).startsWith(line)).toBe(true);
});

it.each(SYSTEMS)('%s: the program knows each of its names, and no other', async (system) => {
  const root = lane.root(system);
  for (const name of ['riposte', 'firewall-drop', 'restart-ossec.sh']) {
    const run = await hand(root, name, '--version');
    expect(run).toEqual({ exitCode: 0, stdout: `${lane.shared.version}\n`, stderr: '' });
  }
  symlinkSync('riposte', join(root.outside, BIN, 'nobody'));
  const run = await hand(root, 'nobody', 'add');
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toContain('"nobody" is no action of this program');
});

it.each(SCRIPTS)(
  '%s: the name is that of a link, a path, or a word of the shell',
  async (system) => {
    const root = lane.root(system);
    symlinkSync(`${root.home}/${BIN}/riposte`, join(root.folder, 'tmp/route-null'));
    for (const path of [
      '/tmp/route-null',
      `./${BIN}/route-null`,
      `${root.home}/${BIN}/route-null`,
    ]) {
      const run = await root.run([path, '--help']);
      expect(run.stdout).toMatch(/^Usage: route-null /m);
    }
    const script = `PATH=${root.home}/${BIN}:/usr/bin; route-null --help`;
    const run = await root.run(['/.double/bash', '--norc', '-c', script]);
    expect(run.stdout).toMatch(/^Usage: route-null /m);
  },
);

it.each(SYSTEMS)(
  '%s: the home is found around the program, and where agents live',
  async (system) => {
    const root = lane.root(system);
    writeFileSync(join(root.outside, BIN, '../../etc/ossec.conf'), '<ossec_config/>\n');
    const run = await root.run([
      '/.double/bash',
      '--norc',
      '-c',
      `cd /; ${root.home}/${BIN}/riposte list`,
    ]);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const bare = lane.root(system, { bare: true });
    expect(await bare.run(['/tmp/riposte', 'list'])).toMatchObject({ exitCode: 0, stderr: '' });
  },
);

it.each(['commonjs', 'module', undefined])(
  'the script is read alike below a package.json of type %s',
  async (type) => {
    const root = lane.root('freebsd');
    writeFileSync(join(root.folder, 'package.json'), JSON.stringify({ type }));
    const run = await hand(root, 'route-null', 'add', '--srcip', '203.0.113.7');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(root.tools().drops('203.0.113.7')).toBe(true);
  },
);
