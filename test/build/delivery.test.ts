import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { discover, namesOf } from '../../build/actions.ts';
import { type Inventory, packagesOf } from '../../build/bundle.ts';
import { filesIn } from '../../build/hash.ts';
import { bundleFolder, root } from '../../build/paths.ts';
import { SCRIPTS } from '../../build/targets.ts';
import { bin, delivered, host } from './built.ts';

const { system, suffix } = host();

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

const inventory = async (): Promise<Inventory> =>
  JSON.parse(await readFile(path.join(bundleFolder, `${system}.meta.json`), 'utf8'));

describe('the executables', () => {
  test('have the names and aliases of all actions', async () => {
    const names = namesOf(await discover(SCRIPTS[system])).map((name) => `${name}${suffix}`);
    expect((await readdir(bin)).toSorted()).toEqual(names.toSorted());
  });

  test('are one file, which the owner may write and nobody else may run unless in the group', async () => {
    const stats = await Promise.all((await readdir(bin)).map((name) => stat(path.join(bin, name))));
    expect(new Set(stats.map(({ dev, ino }) => `${dev}:${ino}`)).size).toBe(1);
    expect(new Set(stats.map(({ mode }) => (mode & 0o7777).toString(8)))).toEqual(new Set(['750']));
  });

  test('take the disk space of one', async () => {
    const seen = new Map<number, number>();
    for (const name of await readdir(bin)) {
      const { ino, blocks } = await stat(path.join(bin, name));
      seen.set(ino, blocks * 512);
    }
    const total = [...seen.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(total / 1e6).toBeGreaterThan(50);
    expect(total / 1e6).toBeLessThan(160);
  });
});

describe('what comes with them', () => {
  test('SHA256SUMS lists every file and is right', async () => {
    const sums = await readFile(path.join(delivered, 'SHA256SUMS'), 'utf8');
    const lines = sums.trimEnd().split('\n');
    const listed = lines.map((line) => line.slice(66));
    const files = (await filesIn(delivered)).filter((file) => file !== 'SHA256SUMS');
    expect(listed).toEqual(files);
    const known = new Map<number, string>();
    for (const line of lines) {
      const file = path.join(delivered, line.slice(66));
      const { ino } = await stat(file);
      const actual = known.get(ino) ?? (await digest(file));
      known.set(ino, actual);
      expect(line.slice(0, 64), line.slice(66)).toBe(actual);
    }
  });

  test('the decoder and the rules for the manager, as they stand here', async () => {
    const files = await filesIn(path.join(root, 'ruleset'));
    expect(files).toHaveLength(2);
    expect(await filesIn(path.join(delivered, 'ruleset'))).toEqual(files);
    for (const file of files) {
      const [here, there] = [root, delivered].map((folder) => path.join(folder, 'ruleset', file));
      expect(await readFile(there ?? '', 'utf8'), file).toBe(await readFile(here ?? '', 'utf8'));
    }
  });

  test('the licences of Riposte, the runtime and everything bundled', async () => {
    expect(await readFile(path.join(delivered, 'LICENSE'), 'utf8')).toBe(
      await readFile(path.join(root, 'LICENSE'), 'utf8'),
    );
    const there = await readdir(path.join(delivered, 'licenses'));
    const { always, onDemand } = await inventory();
    const bundled = packagesOf([...always, ...Object.values(onDemand).flat()]).map((folder) =>
      folder.replace(/^.*node_modules[/\\]/, '').replaceAll('/', '__'),
    );
    expect(bundled).toContain('commander');
    for (const name of ['node', ...bundled]) {
      const file = there.find((each) => each.startsWith(`${name}-`));
      expect(file, `a licence of ${name}`).toBeDefined();
      const text = await readFile(path.join(delivered, 'licenses', file ?? ''), 'utf8');
      expect(text).toMatch(/Copyright|Permission|LICENSE/i);
    }
    expect(there.length).toBe(bundled.length + 1);
  });
});

test('what every run evaluates holds nothing that only some need', async () => {
  const { always, onDemand } = await inventory();
  const lazy = ['commander', 'execa', 'which', 'ms'];
  const packages = packagesOf(always).map((folder) => path.basename(folder));
  expect(packages.filter((name) => lazy.includes(name))).toEqual([]);
  expect(always.filter((input) => /^(?:src\/cli|scripts)\//.test(input))).toEqual([]);
  // And no chunk has a second copy of what the program holds already.
  for (const [chunk, inputs] of Object.entries(onDemand)) {
    const twice = inputs.filter((input) => always.includes(input) && input.startsWith('src/'));
    expect(twice, chunk).toEqual([]);
  }
});

test('no class of errors is in two places, where one would not know the other’s', async () => {
  const { always, onDemand } = await inventory();
  const chunks = Object.values(onDemand).flat();
  expect(always).toContain('src/lib/outcome.ts');
  for (const file of chunks.filter((input) => input.startsWith('src/'))) {
    const text = await readFile(path.join(root, file), 'utf8');
    expect(text, file).not.toMatch(/class \w+ extends/);
  }
});
