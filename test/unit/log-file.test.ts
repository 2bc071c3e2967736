import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UNIX } from '../../src/lib/layout.ts';
import { ASIDE, logFile } from '../../src/lib/node/log-file.ts';

let home: string;
const complaints: string[] = [];
const complain = (text: string) => {
  complaints.push(text);
};
const path = () => `${home}/${UNIX.log}`;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'riposte-log-'));
  mkdirSync(`${home}/logs`);
  complaints.length = 0;
});
afterEach(() => rmSync(home, { recursive: true }));

test('adds to the log that is there and leaves its mode', async () => {
  writeFileSync(path(), 'before\n');
  chmodSync(path(), 0o640);
  const sink = logFile(home, complain);
  await sink.write('one\n');
  await sink.write('two\n');
  expect(readFileSync(path(), 'utf8')).toBe('before\none\ntwo\n');
  expect(statSync(path()).mode & 0o777).toBe(0o640);
});

test('makes the log as the agent’s package would: 0660, whatever the umask', async () => {
  // Only root can hand a file to somebody else.
  const owner = process.getuid?.() === 0 ? 12_345 : (process.getuid?.() ?? 0);
  chownSync(`${home}/logs`, owner, statSync(`${home}/logs`).gid);
  await logFile(home, complain).write('one\n');
  expect(statSync(path()).mode & 0o777).toBe(0o660);
  expect(statSync(path()).uid).toBe(owner);
});

describe('rotation by others', () => {
  test('copytruncate: the next line is the first of the file, without a hole', async () => {
    const sink = logFile(home, complain);
    await sink.write('one\n');
    truncateSync(path(), 0);
    await sink.write('two\n');
    expect(readFileSync(path(), 'utf8')).toBe('two\n');
  });

  test('renamed, with a new one made: the next line is in the new one', async () => {
    const sink = logFile(home, complain);
    await sink.write('one\n');
    renameSync(path(), `${path()}.1`);
    writeFileSync(path(), '');
    await sink.write('two\n');
    expect(readFileSync(`${path()}.1`, 'utf8')).toBe('one\n');
    expect(readFileSync(path(), 'utf8')).toBe('two\n');
  });

  test('renamed, with a new one still to be made: that is not forestalled', async () => {
    const sink = logFile(home, complain);
    await sink.write('one\n');
    renameSync(path(), `${path()}.1`);
    await sink.write('two\n');
    expect(existsSync(path())).toBe(false);
    expect(readFileSync(`${path()}.1`, 'utf8')).toBe('one\ntwo\n');
  });

  test('removed: the next line makes a new one', async () => {
    const sink = logFile(home, complain);
    await sink.write('one\n');
    rmSync(path());
    await sink.write('two\n');
    expect(readFileSync(path(), 'utf8')).toBe('two\n');
    expect(statSync(path()).mode & 0o777).toBe(0o660);
  });

  test('what took its place and is no log gets no line', async () => {
    const sink = logFile(home, complain);
    await sink.write('one\n');
    renameSync(path(), `${home}/target`);
    symlinkSync(`${home}/target`, path());
    await sink.write('two\n');
    expect(readFileSync(`${home}/target`, 'utf8')).toBe('one\n');
    expect(complaints).toHaveLength(1);
  });
});

describe('putting it aside', () => {
  const aside = () => `${path()}${ASIDE}`;
  const long = `${'x'.repeat(99)}\n`;

  test('where it is too large: a new one of the same mode and owner', async () => {
    const owner = process.getuid?.() === 0 ? 12_345 : (process.getuid?.() ?? 0);
    writeFileSync(path(), '');
    chmodSync(path(), 0o640);
    chownSync(path(), owner, statSync(path()).gid);
    const sink = logFile(home, complain);
    await sink.write(long);
    expect(sink.size()).toBe(100);
    await sink.putAside(100);
    expect(existsSync(aside())).toBe(false);
    await sink.putAside(99);
    expect(readFileSync(aside(), 'utf8')).toBe(long);
    expect(readFileSync(path(), 'utf8')).toBe('');
    for (const file of [path(), aside()]) {
      expect(statSync(file).mode & 0o777).toBe(0o640);
      expect(statSync(file).uid).toBe(owner);
    }
    await sink.write('next\n');
    expect(readFileSync(path(), 'utf8')).toBe('next\n');
    expect(sink.size()).toBe(5);
  });

  test('rights to run it are not handed on', async () => {
    writeFileSync(path(), '');
    chmodSync(path(), 0o6777);
    const sink = logFile(home, complain);
    await sink.write(long);
    await sink.putAside(1);
    expect(statSync(path()).mode & 0o7777).toBe(0o666);
  });

  test('one generation: what was put aside before is gone', async () => {
    const sink = logFile(home, complain);
    for (const line of ['one\n', 'two\n', 'three\n']) {
      await sink.write(line);
      await sink.putAside(1);
    }
    expect(readFileSync(aside(), 'utf8')).toBe('three\n');
    expect(readdirSync(`${home}/logs`).sort()).toEqual([
      'active-responses.log',
      'active-responses.log.1',
    ]);
  });

  test('of two runs that found it too large the second leaves it alone', async () => {
    const [one, other] = [logFile(home, complain), logFile(home, complain)];
    await one.write(long);
    await other.write(long);
    await one.putAside(99);
    await other.putAside(99);
    expect(readFileSync(aside(), 'utf8')).toBe(long + long);
    await other.write('after\n');
    expect(readFileSync(path(), 'utf8')).toBe('after\n');
  });

  test('a link in the place of the former one is replaced, and never followed', async () => {
    writeFileSync(`${home}/target`, 'precious');
    symlinkSync(`${home}/target`, aside());
    const sink = logFile(home, complain);
    await sink.write(long);
    await sink.putAside(1);
    expect(readFileSync(`${home}/target`, 'utf8')).toBe('precious');
    expect(lstatSync(aside()).isFile()).toBe(true);
  });

  test('a directory there makes it fail, and the log goes on', async () => {
    mkdirSync(aside());
    const sink = logFile(home, complain);
    await sink.write(long);
    await expect(sink.putAside(1)).rejects.toThrow(/active-responses\.log: .*\(rename\)/);
    await sink.write('next\n');
    expect(readFileSync(path(), 'utf8')).toBe(`${long}next\n`);
  });

  test('what took the place of the log is not put aside', async () => {
    const sink = logFile(home, complain);
    await sink.write(long);
    renameSync(path(), `${home}/target`);
    mkdirSync(path());
    await sink.putAside(1);
    expect(existsSync(aside())).toBe(false);
  });

  test('without a log there is nothing to do', async () => {
    const sink = logFile(home, complain);
    await expect(sink.putAside(1)).resolves.toBeUndefined();
    expect(sink.size()).toBe(0);
  });
});

describe('what lies in its place and is no log is passed over, with one word', () => {
  test.each([
    ['a link', () => symlinkSync(`${home}/target`, path())],
    ['a FIFO', () => spawnSync('mkfifo', [path()])],
    ['a directory', () => mkdirSync(path())],
    [
      'a file with two names',
      () => {
        writeFileSync(`${home}/target`, '');
        linkSync(`${home}/target`, path());
      },
    ],
    ['no folder', () => rmSync(`${home}/logs`, { recursive: true })],
  ] as const)('%s', async (_what, spoil) => {
    spoil();
    const sink = logFile(home, complain);
    await sink.write('one\n');
    await sink.write('two\n');
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(/^nothing is logged: /);
    if (existsSync(`${home}/target`)) expect(readFileSync(`${home}/target`, 'utf8')).toBe('');
  });

  test('no home', async () => {
    await logFile(undefined, complain).write('one\n');
    expect(complaints).toEqual(['nothing is logged: no agent home was found']);
  });
});
