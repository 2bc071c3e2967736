import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discover, namesOf } from '../../build/actions.ts';
import { verifyTarball } from '../../build/bases.ts';
import { packagesOf } from '../../build/bundle.ts';
import { withWorkspace } from '../../build/workspace.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'riposte-build-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a fetched tarball', () => {
  const digest = (text: string) => `sha512-${createHash('sha512').update(text).digest('base64')}`;
  let file: string;
  beforeEach(async () => {
    file = path.join(folder, 'base.tgz');
    await writeFile(file, 'contents');
  });

  test('is taken when it is what the lock file names', async () => {
    await verifyTarball(file, digest('contents'));
    await access(file);
  });

  test('is removed when it is anything else', async () => {
    await expect(verifyTarball(file, digest('other'))).rejects.toThrow(/its sha512 differs/);
    await expect(access(file)).rejects.toThrow('ENOENT');
  });

  test('is not taken on a weaker digest', async () => {
    await expect(verifyTarball(file, 'sha1-abc')).rejects.toThrow(/no sha512/);
  });
});

describe('entry points', () => {
  const put = async (name: string, text: string) => {
    await mkdir(path.join(folder, 'linux'), { recursive: true });
    await writeFile(path.join(folder, 'linux', name), text);
  };

  test('name themselves', async () => {
    await put('b.ts', `export default { name: 'b' };`);
    await put('a.ts', `export default { name: 'a', aliases: ['a.sh'] };`);
    await put('notes.txt', 'not an entry point');
    const entries = await discover('linux', folder);
    expect(entries).toEqual([
      { file: 'scripts/linux/a.ts', name: 'a', aliases: ['a.sh'] },
      { file: 'scripts/linux/b.ts', name: 'b', aliases: [] },
    ]);
    expect(namesOf(entries)).toEqual(['riposte', 'a', 'a.sh', 'b']);
  });

  test.each([
    ['no action', 'export const name = 1;', /must export an action by default/],
    ['another name', `export default { name: 'b' };`, /file and action must agree/],
    ['a path', `export default { name: 'a', aliases: ['../x'] };`, /cannot be the name/],
    ['no list', `export default { name: 'a', aliases: 'b' };`, /must be a list of names/],
    ['its own name', `export default { name: 'a', aliases: ['A'] };`, /already taken by/],
    ['an error', `throw new Error('boom');`, /cannot be loaded: .*boom/],
  ])('with %s are refused', async (_, text, reason) => {
    await put('a.ts', text);
    await expect(discover('linux', folder)).rejects.toThrow(reason);
  });

  test('need not be there: then the program has only its own name', async () => {
    expect(namesOf(await discover('macos', folder))).toEqual(['riposte']);
  });
});

test('the packages of a bundle are told by the folders of its inputs', () => {
  const inputs = [
    'src/lib/main.ts',
    'node_modules/a/index.js',
    'node_modules/a/lib/b.js',
    'node_modules/@scope/c/d.js',
    '../elsewhere/node_modules/e/node_modules/f/g.js',
  ];
  const found = packagesOf(inputs).map((each) => each.replace(/^.*?node_modules/, ''));
  expect(found.toSorted()).toEqual(['/@scope/c', '/a', '/e/node_modules/f']);
});

describe('a workspace', () => {
  test('is gone afterwards, also after a failure', async () => {
    await expect(
      withWorkspace(folder, async (work) => {
        await writeFile(path.join(work, 'half-made'), '');
        throw new Error('stop');
      }),
    ).rejects.toThrow('stop');
    expect(await readdir(folder)).toEqual([]);
  });

  test('clears away what a killed build left, and leaves a running one alone', async () => {
    const old = path.join(folder, '.work-old');
    await mkdir(old);
    await mkdir(path.join(folder, '.work-running'));
    const twoHoursAgo = Date.now() / 1000 - 7200;
    await utimes(old, twoHoursAgo, twoHoursAgo);
    await withWorkspace(folder, async () => {});
    expect(await readdir(folder)).toEqual(['.work-running']);
  });
});
