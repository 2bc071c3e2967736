import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LOG_FILE, logFile } from '../../src/lib/node/log-file.ts';

let home: string;
const complaints: string[] = [];
const complain = (text: string) => {
  complaints.push(text);
};
const path = () => `${home}/${LOG_FILE}`;

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
