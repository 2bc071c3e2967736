import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../build/paths.ts';
import { SCRIPTS } from '../../build/targets.ts';
import { BUILT } from '../support/home.ts';
import { host, run } from './built.ts';

// What a user does after a clone, on a copy of the tree: one command writes a file, and without
// another line all that is asked of Riposte's own actions is asked of it.

const NAME = 'block-mail';
const SKIPPED = new Set(['node_modules', '.git', '.cache', 'dist']);

let tree = '';

beforeAll(async () => {
  tree = await mkdtemp(path.join(tmpdir(), 'riposte-tree-'));
  await cp(root, tree, {
    recursive: true,
    filter: (source) => !SKIPPED.has(path.relative(root, source)),
  });
  await symlink(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
  await execa('git', ['init', '--quiet', tree]);
});

afterAll(() => rm(tree, { recursive: true, force: true }));

const riposte = (...words: readonly string[]) =>
  execa(path.join(BUILT, `riposte${host().suffix}`), words, { cwd: tree, reject: false });

const tool = (name: string, ...words: readonly string[]) =>
  execa(name, words, { cwd: tree, localDir: root, preferLocal: true, reject: false, all: true });

const file = (name: string) => path.join(tree, 'scripts', SCRIPTS[host().system], `${name}.ts`);

test('riposte new writes one file of some twenty lines', async () => {
  const { exitCode, stdout } = await riposte('new', NAME);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`${NAME}.ts is written`);
  const text = await readFile(file(NAME), 'utf8');
  expect(text.split('\n').length).toBeLessThan(30);
  expect(text).toContain(`name: '${NAME}'`);
});

test('it never overwrites', async () => {
  const before = await readFile(file(NAME), 'utf8');
  const { exitCode, stderr } = await riposte('new', NAME);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is there already')]);
  expect(await readFile(file(NAME), 'utf8')).toBe(before);
});

test.each([
  [['Block'], 'up to 22 of a-z 0-9 . _ -'],
  [['../x'], 'up to 22 of a-z 0-9 . _ -'],
  [['x'.repeat(23)], 'up to 22 of a-z 0-9 . _ -'],
  [['a', 'b'], 'say one name'],
  [['a', '--force'], 'is not understood'],
  [['a', '--dir', 'docs'], 'no folder of scripts'],
  [['a', '--dir', 'nowhere'], 'no folder of scripts'],
])('riposte new %s says why not', async (words, why) => {
  const { exitCode, stdout, stderr } = await riposte('new', ...words);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(why);
});

test('as it is, it keeps to the types and the style of the house', async () => {
  // What the copy shares with the checkout is checked there.
  const types = await tool('tsc', '-p', tree);
  expect(types.all.split('\n').filter((line) => line.includes(NAME))).toEqual([]);
  const style = await tool('biome', 'check', '--error-on-warnings', file(NAME));
  expect([style.exitCode, style.all]).toEqual([0, expect.stringContaining('No fixes applied')]);
});

test('it needs no line in any table', async () => {
  const { exitCode, all } = await tool('vitest', 'run', '--project', 'unit', 'test/unit/readme');
  expect(exitCode, all.slice(-2_000)).toBe(0);
});

test('the laws hold for it without a line of test code', async () => {
  const report = path.join(tree, 'laws.json');
  const words = ['--project', 'laws', '-t', NAME, '--reporter=json', `--outputFile=${report}`];
  const { exitCode, all } = await tool('vitest', 'run', ...words);
  expect(exitCode, all.slice(-2_000)).toBe(0);
  const { numPassedTests, numFailedTests } = JSON.parse(await readFile(report, 'utf8'));
  expect(numFailedTests).toBe(0);
  expect(numPassedTests).toBeGreaterThan(300);
});

// Each of these is a mistake that a user may make, and a law that tells of it.
test.each([
  [
    'an undo that is another holder’s too',
    `\${holder}`,
    'anybody',
    'holders',
    'hold one block apart',
  ],
  [
    'an undo that cannot say that there is nothing',
    "undoes(rule('-D'))",
    "must(rule('-D'), 'undone')",
    'faults',
    'broken',
  ],
  [
    'a question that takes no for yes',
    "yesNo(rule('-C'))",
    "must(rule('-C'), 'present')",
    'effects',
    'apply changes',
  ],
  ['a rule about everybody', "'-s', ip.text, ", '', 'effects', 'reverting the neighbour'],
])('the laws find %s', async (_case, right, wrong, chapter, law) => {
  const good = await readFile(file(NAME), 'utf8');
  expect(good).toContain(right);
  await writeFile(file(NAME), good.replace(right, wrong));
  try {
    const { exitCode, all } = await tool(
      'vitest',
      'run',
      `test/laws/${chapter}.test.ts`,
      '-t',
      NAME,
    );
    expect(exitCode).not.toBe(0);
    expect(all).toContain(law);
  } finally {
    await writeFile(file(NAME), good);
  }
});

test('npm run build makes a program of it, which answers to its name', async () => {
  const out = path.join(tree, 'dist');
  const built = await execa(process.execPath, ['build/main.ts', '--out', out], { cwd: tree });
  expect(built.exitCode).toBe(0);
  const program = path.join(out, host().id, 'active-response', 'bin', `${NAME}${host().suffix}`);
  const words = ['add', '--srcip', '2001:db8::7', '--dry-run'];
  const { code, stdout } = await run(program, words);
  expect(code).toBe(0);
  expect(stdout).toContain('ip6tables -w 5 -I INPUT -s 2001:db8::7 -p tcp --dport 25');
  expect(stdout).toContain("--comment 'block-mail manual' -j REJECT");
});
