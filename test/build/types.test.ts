import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { root } from '../../build/paths.ts';
import { withWorkspace } from '../../build/workspace.ts';
import * as library from '../../src/lib/index.ts';

const types = path.join(root, 'dist', 'types');

const ACTION = `
import { type Circumstance, defineAction, must, run, srcip, yesNo } from './types/index.js';

const word = (circumstance: Circumstance): string => circumstance.holder;

export default defineAction({
  name: 'mine',
  summary: 'Mine.',
  states: { held: 'is held', lifted: 'is free' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  backends: ({ ip }, circumstance) => {
    const family: 4 | 6 = ip.family;
    const rule = run('tool', word(circumstance), String(family), ip.text);
    const effect = {
      what: ip.text,
      see: yesNo(rule),
      make: must(rule, 'made'),
      undo: must(rule, 'undone'),
    };
    return [{ name: 'mine', effects: [effect], longest: 0, record: true }];
  },
});
`;

/** What the compiler says of a file beside the delivered types, outside of the checkout's settings. */
async function compiled(text: string): Promise<string> {
  let said = '';
  await withWorkspace(path.join(root, '.cache'), async (work) => {
    await symlink(types, path.join(work, 'types'));
    await mkdir(path.join(work, 'none'));
    await writeFile(path.join(work, 'mine.ts'), text);
    const options = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext'];
    const words = ['--ignoreConfig', ...options, '--typeRoots', 'none', 'mine.ts'];
    const result = await execa('tsc', words, {
      cwd: work,
      localDir: root,
      preferLocal: true,
      reject: false,
    });
    said = result.stdout;
  });
  return said;
}

test('an action outside of the checkout compiles against the delivered types, without those of Node', async () => {
  expect(await compiled(ACTION)).toBe('');
});

test.each([
  [
    'a field that was not declared',
    ACTION.replace('[ip.text],', '[user.text],'),
    "Cannot find name 'user'",
  ],
  ['an answer that no step gives', ACTION.replace("'undone'", "'gone'"), '"gone"'],
  ['a member left out', ACTION.replace('longest: 0, ', ''), "Property 'longest' is missing"],
])('%s does not', async (_case, text, code) => {
  expect(await compiled(text)).toContain(code);
});

test('an editor has a sentence for every public name', async () => {
  const files = (await readdir(types, { recursive: true })).filter((name) =>
    name.endsWith('.d.ts'),
  );
  const texts = await Promise.all(files.map((name) => readFile(path.join(types, name), 'utf8')));
  const index = await readFile(path.join(types, 'index.d.ts'), 'utf8');
  const names = [...index.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
  expect(names).toEqual(expect.arrayContaining(Object.keys(library)));
  const bare = names.filter((name) => {
    const declared = new RegExp(
      `\\*/\\nexport (?:declare )?(?:const|function|class|interface|type) ${name}\\b`,
    );
    return !texts.some((text) => declared.test(text));
  });
  expect(bare).toEqual([]);
});
