import { mkdir, mkdtemp, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { atLeast, fits, linkNode, stateOf } from '../../build/setup/npm.mjs';
import {
  consequences,
  hindranceFor,
  missingPackages,
  sparingBoots,
  systemPackages,
} from '../../build/setup/system.mjs';

const lock = (packages: Record<string, object>) => JSON.stringify({ packages });
const a = { version: '1.0.0', integrity: 'sha512-a' };
const b = { version: '2.0.0', integrity: 'sha512-b' };
const wanted = lock({
  '': {},
  'node_modules/a': a,
  'node_modules/b': b,
  'node_modules/c': { optional: true },
});

describe('an install fits the lock file', () => {
  test.each([
    ['with everything', { 'node_modules/a': a, 'node_modules/b': b }, true],
    ['without a needed package', { 'node_modules/a': a }, false],
    ['with another version', { 'node_modules/a': a, 'node_modules/b': a }, false],
    [
      'with other contents',
      { 'node_modules/a': a, 'node_modules/b': { ...b, integrity: 'sha512-x' } },
      false,
    ],
    [
      'with a package too many',
      { 'node_modules/a': a, 'node_modules/b': b, 'node_modules/z': a },
      false,
    ],
  ])('%s', (_, installed, expected) => {
    expect(fits(wanted, lock(installed))).toBe(expected);
  });

  test.each(['', 'no JSON', '{}', 'null'])('not when its record is "%s"', (text) => {
    expect(fits(wanted, text)).toBe(false);
  });
});

describe('node_modules', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'riposte-setup-'));
    await mkdir(path.join(root, 'node_modules'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const put = (name: string, text: string) =>
    writeFile(path.join(root, 'node_modules', name), text);

  test('is missing when nothing tells what is in it', () => {
    expect(stateOf(root, wanted, 'digest')).toBe('missing');
  });

  test('of a developer is kept when it fits', async () => {
    await put('.package-lock.json', lock({ 'node_modules/a': a, 'node_modules/b': b }));
    expect(stateOf(root, wanted, 'digest')).toBe('matching');
  });

  test('is replaced when the lock file has moved on', async () => {
    await put('.riposte-lock.sha256', 'former digest\n');
    await put('.package-lock.json', lock({ 'node_modules/a': a }));
    expect(stateOf(root, wanted, 'digest')).toBe('missing');
  });

  test('is not looked into when it was installed from this lock file', async () => {
    await put('.riposte-lock.sha256', 'digest\n');
    expect(stateOf(root, wanted, 'digest')).toBe('stamped');
  });
});

test.each([
  ['22.18.0', true],
  ['22.18.1', true],
  ['22.23.2', true],
  ['24.0.0', true],
  ['22.9.0', false],
  ['20.20.2', false],
])('Node %s is new enough: %s', (version, expected) => {
  expect(atLeast(version, '22.18.0')).toBe(expected);
});

describe('the pinned node is linked where npm left that out', () => {
  const base = `node-${process.platform}-${process.arch}`;
  const link = () => path.join(root, 'node_modules/.bin/node');
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'riposte-link-'));
    await mkdir(path.join(root, 'node_modules/.bin'), { recursive: true });
    await mkdir(path.join(root, 'node_modules', base, 'bin'), { recursive: true });
    await writeFile(path.join(root, 'node_modules', base, 'bin/node'), '');
  });
  afterEach(() => rm(root, { recursive: true }));

  test('to the package of this platform', async () => {
    linkNode(root);
    linkNode(root);
    expect(await readlink(link())).toBe(`../${base}/bin/node`);
  });

  test('also in place of a link that leads nowhere', async () => {
    await symlink('../node-other/bin/node', link());
    linkNode(root);
    expect(await readlink(link())).toBe(`../${base}/bin/node`);
  });

  test('but not over one that works, nor where there is no package', async () => {
    await writeFile(link(), '');
    linkNode(root);
    await expect(readlink(link())).rejects.toThrow();
    await rm(path.join(root, 'node_modules'), { recursive: true });
    linkNode(root);
  });
});

describe('Debian packages', () => {
  test('each say how they are recognised, what for, and what is lost', () => {
    for (const { tools, purpose, without } of systemPackages) {
      expect(tools.length).toBeGreaterThan(0);
      expect(purpose).not.toBe('');
      expect(without).not.toBe('');
    }
  });

  test('are missing when one of their tools is', () => {
    expect(missingPackages(systemPackages, () => true)).toEqual([]);
    const found = missingPackages(systemPackages, (tool) => tool !== 'ip6tables' && tool !== 'nc');
    expect(found.map(({ name }) => name)).toEqual(['iptables', 'netcat-openbsd']);
  });

  test('no service is installed that the machine itself would start', () => {
    const services = ['openssh-server', 'firewalld'];
    const names = (booted: boolean) =>
      sparingBoots(systemPackages, booted).missing.map(({ name }) => name);
    expect(names(false)).toEqual(expect.arrayContaining(services));
    for (const name of services) expect(names(true)).not.toContain(name);
    expect(sparingBoots(systemPackages, true).kept.map(({ name }) => name)).toEqual(services);
  });

  test.each([
    [{ uid: 0, debian: true, apt: true }, undefined],
    [{ uid: 1000, debian: true, apt: true }, 'only root can install packages'],
    [{ uid: 0, debian: false, apt: true }, 'this is not a Debian system'],
    [{ uid: 0, debian: true, apt: false }, 'this is not a Debian system'],
    [{ uid: undefined, debian: false, apt: false }, 'this is not a Debian system'],
  ])('on %o: %s', (machine, expected) => {
    expect(hindranceFor(machine)).toBe(expected);
  });

  test('what is left out is said once', () => {
    const missing = missingPackages(systemPackages, (tool) => !['nft', 'ipset'].includes(tool));
    expect(consequences(missing, 'only root can install packages')).toEqual([
      'setup: not installed, because only root can install packages: nftables ipset',
      'setup: left out without them: the tests that run real tools in private network namespaces',
    ]);
  });
});
