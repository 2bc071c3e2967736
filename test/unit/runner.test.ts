import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Command, run } from '../../src/lib/effect.ts';
import { spawningRunner } from '../../src/lib/node/runner.ts';
import { TOOLS } from '../../src/lib/node/tools.ts';
import type { Failure } from '../../src/lib/outcome.ts';
import type { Runner } from '../../src/lib/runner.ts';
import { RecordingRunner, type Tools } from '../support/recording-runner.ts';

/** Tools as tiny scripts, and what the pretended ones do instead. */
const SCRIPTS: Readonly<
  Record<string, { readonly script: string; readonly pretended: Tools[string] }>
> = {
  fine: { script: 'echo out; echo err >&2', pretended: { stdout: 'out\n', stderr: 'err\n' } },
  refuses: { script: 'echo no >&2; exit 3', pretended: { exitCode: 3, stderr: 'no\n' } },
  echoes: {
    script: 'for word in "$@"; do printf "[%s]" "$word"; done; cat',
    pretended: ({ args, stdin = '' }) => ({
      stdout: `${args.map((word) => `[${word}]`).join('')}${stdin}`,
    }),
  },
  ignores: { script: 'exit 1', pretended: { exitCode: 1 } },
  talks: {
    script: 'head -c 300000 /dev/zero | tr "\\0" e >&2; head -c 300000 /dev/zero | tr "\\0" o',
    pretended: { stdout: 'o'.repeat(300_000), stderr: 'e'.repeat(300_000) },
  },
  hangs: { script: 'exec sleep 60', pretended: 'hangs' },
  stubborn: { script: 'trap "" TERM INT HUP; while :; do sleep 0.05; done', pretended: 'hangs' },
  dies: { script: 'kill -9 $$', pretended: 'dies' },
  garbage: { script: '\u0000\u0001 no program', pretended: 'cannot start' },
};

interface Row {
  readonly title: string;
  readonly command: Command;
  readonly timeout?: number;
  readonly expected:
    | { readonly exitCode: number; readonly stdout?: string; readonly stderr?: string }
    | Failure;
}

const BIG = 'x'.repeat(4 << 20);

const ROWS: readonly Row[] = [
  {
    title: 'a tool that succeeds',
    command: run('fine'),
    expected: { exitCode: 0, stdout: 'out\n', stderr: 'err\n' },
  },
  {
    title: 'a tool that refuses',
    command: run('refuses'),
    expected: { exitCode: 3, stdout: '', stderr: 'no\n' },
  },
  {
    title: 'words that a shell would change',
    command: run('echoes', 'a b', '$(id)', '*', '', "it's", '--', 'ä\nb'),
    expected: { exitCode: 0, stdout: "[a b][$(id)][*][][it's][--][ä\nb]" },
  },
  {
    title: 'text for standard input',
    command: { ...run('echoes'), stdin: 'one\ntwo\n' },
    expected: { exitCode: 0, stdout: 'one\ntwo\n' },
  },
  {
    title: 'standard input that is empty',
    command: run('echoes', 'x'),
    expected: { exitCode: 0, stdout: '[x]' },
  },
  {
    title: 'a tool that ends without reading its input',
    command: { ...run('ignores'), stdin: BIG },
    expected: { exitCode: 1 },
  },
  {
    title: 'much on both outputs',
    command: run('talks'),
    expected: { exitCode: 0, stdout: 'o'.repeat(300_000), stderr: 'e'.repeat(300_000) },
  },
  { title: 'a tool that is missing', command: run('missing'), expected: 'missing-tool' },
  { title: 'a tool that hangs', command: run('hangs'), timeout: 150, expected: 'timed-out' },
  {
    title: 'a tool that will not be told',
    command: run('stubborn'),
    timeout: 150,
    expected: 'timed-out',
  },
  { title: 'a tool that dies of a signal', command: run('dies'), expected: 'tool-failed' },
];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'riposte-tools-'));
  for (const name of ['first', 'second', 'third/subfolder']) {
    mkdirSync(`${folder}/${name}`, { recursive: true });
  }
  for (const [name, { script }] of Object.entries(SCRIPTS)) {
    const head = name === 'garbage' ? '' : '#!/bin/sh\n';
    writeFileSync(`${folder}/first/${name}`, `${head}${script}\n`, { mode: 0o755 });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const pretended: Tools = Object.fromEntries(
  Object.entries(SCRIPTS).map(([name, entry]) => [name, entry.pretended]),
);

// The fake is held to the same table as the real one, so that tests on it mean something.
const RUNNERS: Readonly<Record<string, () => Runner>> = {
  'the real runner': () => spawningRunner({ ...TOOLS, folders: [`${folder}/first`] }),
  'the pretended runner': () => new RecordingRunner(pretended),
};

describe.each(Object.keys(RUNNERS))('%s', (name) => {
  test.each(ROWS)('$title', async ({ command, timeout = 10_000, expected }) => {
    const runner = RUNNERS[name]?.() as Runner;
    const began = performance.now();
    const answer = runner.run(command, timeout);
    if (typeof expected === 'string')
      await expect(answer).rejects.toMatchObject({ kind: expected });
    else expect(await answer).toMatchObject(expected);
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  test('says which tool it was', async () => {
    const runner = RUNNERS[name]?.() as Runner;
    await expect(runner.run(run('missing'), 100)).rejects.toThrow(/missing is not installed/);
    await expect(runner.run(run('hangs'), 100)).rejects.toThrow(/hangs did not end/);
  });

  test('locates what it would run', async () => {
    const runner = RUNNERS[name]?.() as Runner;
    expect(await runner.locate('fine')).toMatch(/\/fine$/);
    expect(await runner.locate('missing')).toBeUndefined();
    expect(await runner.locate('constructor')).toBeUndefined();
  });
});

describe('the real runner', () => {
  const script = (path: string, text: string, mode = 0o755) => {
    writeFileSync(`${folder}/${path}`, `#!/bin/sh\n${text}\n`);
    chmodSync(`${folder}/${path}`, mode);
  };

  test('children get a fixed environment and nothing of ours', async () => {
    script('first/environment', 'exec /usr/bin/env');
    process.env['RIPOSTE_TEST_SECRET'] = 'x';
    process.env['LD_PRELOAD_TEST'] = 'x';
    const { stdout } = await spawningRunner({ ...TOOLS, folders: [`${folder}/first`] }).run(
      run('environment'),
      5_000,
    );
    const lines = stdout
      .split('\n')
      .filter((line) => line !== '' && !/^(?:PWD|SHLVL|_|OLDPWD)=/.test(line));
    expect(lines.sort()).toEqual(['LC_ALL=C', `PATH=${TOOLS.folders.join(':')}`]);
    delete process.env['RIPOSTE_TEST_SECRET'];
    delete process.env['LD_PRELOAD_TEST'];
  });

  test('children are in the root of the file system', async () => {
    script('first/where', 'exec /bin/pwd');
    expect(
      await spawningRunner({ ...TOOLS, folders: [`${folder}/first`] }).run(run('where'), 5_000),
    ).toMatchObject({
      stdout: '/\n',
    });
  });

  test('the first directory that has it wins, and what cannot be run is no tool', async () => {
    script('first/both', 'echo first');
    script('second/both', 'echo second');
    script('first/plain', 'echo plain', 0o644);
    script('second/plain', 'echo executable');
    mkdirSync(`${folder}/first/directory`, { recursive: true });
    const runner = spawningRunner({
      ...TOOLS,
      folders: [`${folder}/first`, `${folder}/second`, '/nonexistent'],
    });
    expect(await runner.run(run('both'), 5_000)).toMatchObject({ stdout: 'first\n' });
    expect(await runner.run(run('plain'), 5_000)).toMatchObject({ stdout: 'executable\n' });
    await expect(runner.run(run('directory'), 5_000)).rejects.toMatchObject({
      kind: 'missing-tool',
    });
  });

  test('the caller’s PATH and working directory count for nothing', async () => {
    script('third/elsewhere', 'echo elsewhere');
    const path = process.env['PATH'];
    process.env['PATH'] = `${folder}/third:${path}`;
    try {
      const runner = spawningRunner({ ...TOOLS, folders: [`${folder}/first`] });
      await expect(runner.run(run('elsewhere'), 5_000)).rejects.toMatchObject({
        kind: 'missing-tool',
      });
    } finally {
      process.env['PATH'] = path;
    }
  });

  test('a file that is no program is a tool that failed', async () => {
    writeFileSync(`${folder}/first/nothing`, '#!/nonexistent/interpreter\n', { mode: 0o755 });
    await expect(
      spawningRunner({ ...TOOLS, folders: [`${folder}/first`] }).run(run('nothing'), 5_000),
    ).rejects.toMatchObject({ kind: 'tool-failed' });
  });

  test('looks where only root can write', () => {
    for (const directory of TOOLS.folders)
      expect(directory).toMatch(/^\/(?:usr\/(?:local\/)?)?s?bin$/);
  });
});

test('the pretended runner remembers what it ran, spelled as at a shell', async () => {
  const runner = new RecordingRunner({ nft: {} });
  await runner.run({ ...run('nft', '-f', '-'), stdin: 'x\n' }, 100);
  await runner.run(run('nft', 'a b'), 100);
  expect(runner.commands).toEqual(["nft -f - <<'END'\nx\nEND", "nft 'a b'"]);
});
