import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readObject } from '../../build/json.ts';
import { cache, root } from '../../build/paths.ts';
import { host, program, type Ran, run } from './built.ts';

const main = path.join(root, 'build', 'main.ts');
const environment = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  ),
);
const build = (...args: string[]): Promise<Ran> =>
  run(process.execPath, [main, ...args], environment, 300_000);

let out: string;
beforeAll(async () => {
  out = await mkdtemp(path.join(cache, 'test-out-'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

describe('the second engine', () => {
  test('makes a binary that answers and is as closed as the first', async () => {
    const { code, stderr } = await build('--engine', 'postject', '--out', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const other = path.join(
      out,
      host().id,
      path.relative(path.join(root, 'dist', host().id), program),
    );
    const { version } = await readObject(path.join(root, 'package.json'));
    const env = { NODE_OPTIONS: '--require /nonexistent/file.cjs' };
    const answer = await run(other, ['--version'], env);
    expect({ code: answer.code, version: answer.stdout.trim() }).toEqual({ code: 0, version });
  });
});

describe('a build', () => {
  test('does not inject again when nothing has changed', async () => {
    const { code, stdout } = await build('--engine', 'postject', '--out', out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/nothing has changed/);
  });

  test.each([
    [['--target', 'plan9-x64'], /^build: "plan9-x64" is not a target; choose from linux-x64/],
    [['--engine', 'glue'], /^build: "glue" is not an engine; choose from pkg, postject/],
    [['--fast'], /^build: Unknown option '--fast'/],
  ])('with %j fails in a sentence', async (args, sentence) => {
    const { code, stderr } = await build(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
