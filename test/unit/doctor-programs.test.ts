import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { contentsOf } from '../../src/cli/doctor/contents.ts';
import { judgePrograms, type Program, type ProgramsFacts } from '../../src/cli/doctor/programs.ts';
import { OUTCOMES } from '../../src/lib/outcome.ts';

const FOLDER = '/h/active-response/bin';
const OURS = { ours: true, digest: 'a' };

const program = (name: string, change: Partial<Program> = {}): Program => ({
  name,
  kind: 'file',
  mode: 0o750,
  uid: 0,
  gid: 110,
  inode: '1:1',
  links: 3,
  size: 100e6,
  contents: OURS,
  ...change,
});

const facts = (...programs: Program[]): ProgramsFacts => ({
  folder: FOLDER,
  gid: 110,
  programs,
  distrusted: undefined,
  uid: 0,
  running: OURS,
});

const troubles = (given: ProgramsFacts) =>
  judgePrograms(given).filter(({ status }) => status !== 'good');

test('links of one file, root’s and closed to others, are well', () => {
  expect(troubles(facts(program('riposte'), program('host-deny')))).toEqual([]);
});

describe('one name is not as it should be', () => {
  test.each([
    ['another’s', { uid: 7 }, 'bad', /belongs to user 7/, /chown 0:110 .*chmod 0750/],
    ['open to the group', { mode: 0o770 }, 'bad', /written by others \(mode 0770\)/, /chmod 0750/],
    ['open to all', { mode: 0o752 }, 'bad', /written by others/, /chmod 0750/],
    ['not to be run', { mode: 0o640 }, 'bad', /cannot be run/, /chmod 0750/],
    ['readable by all', { mode: 0o755 }, 'warning', /has mode 0755/, /chmod 0750/],
    ['setuid', { mode: 0o4750 }, 'warning', /has mode 4750/, /chmod 0750/],
    ['of another group', { gid: 0 }, 'warning', /is of group 0, not of 110/, /chown 0:110/],
    [
      'upstream’s',
      { contents: { ours: false, digest: 'x' }, inode: '1:9' },
      'bad',
      /is not Riposte’s/,
      /ln -f .*riposte .*host-deny/,
    ],
    ['a FIFO', { kind: 'other', contents: undefined }, 'bad', /is not Riposte’s/, /ln -f/],
    ['closed to us', { contents: undefined }, 'warning', /host-deny cannot be read/, /sudo/],
    ['a copy', { inode: '1:2' }, 'warning', /2 copies of the program.*\(100 MB\)/, /ln -f riposte/],
    [
      'another build',
      { inode: '1:2', contents: { ours: true, digest: 'b' } },
      'bad',
      /^host-deny are of another build than riposte$/,
      /in host-deny;/,
    ],
  ] as const)('%s', (_what, change, status, says, fix) => {
    const found = troubles(facts(program('riposte'), program('host-deny', change)));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      status,
      what: expect.stringMatching(says),
      fix: expect.stringMatching(fix),
    });
  });
});

test('none at all', () => {
  expect(troubles(facts())).toMatchObject([
    { status: 'bad', what: `no program of Riposte is in ${FOLDER}` },
  ]);
});

test('a way that others can change', () => {
  const distrusted = { what: '/h', why: 'can be written by others' };
  const found = troubles({ ...facts(program('riposte')), distrusted });
  expect(found).toMatchObject([
    { status: 'bad', what: expect.stringContaining('/h can be written') },
  ]);
});

test('another build than the one that asks', () => {
  const running = { ours: true, digest: 'new' };
  const found = troubles({ ...facts(program('riposte')), running });
  expect(found).toMatchObject([
    { status: 'warning', what: expect.stringContaining('another build') },
  ]);
});

describe('what is in a program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'riposte-contents-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, data: string | Buffer) => {
    writeFileSync(join(folder, name), data);
    return join(folder, name);
  };
  const mark = OUTCOMES.internal.meaning;

  test('the mark is found wherever it is, also where two blocks meet', () => {
    for (const before of [0, 10, (4 << 20) - 20, (4 << 20) - 1, 4 << 20, (8 << 20) - 3]) {
      const data = Buffer.concat([
        Buffer.alloc(before, 'x'),
        Buffer.from(mark),
        Buffer.alloc(99, 'y'),
      ]);
      expect(contentsOf(write('some', data))?.ours, `${before}`).toBe(true);
    }
    expect(contentsOf(write('some', Buffer.alloc(9 << 20, 'x')))?.ours).toBe(false);
    expect(contentsOf(write('some', mark.slice(1)))?.ours).toBe(false);
  });

  test('the same content has the same digest, and another one another', () => {
    const [one, other] = [write('one', 'abc'), write('other', 'abd')];
    linkSync(one, join(folder, 'link'));
    expect(contentsOf(one)?.digest).toBe(contentsOf(join(folder, 'link'))?.digest);
    expect(contentsOf(one)?.digest).not.toBe(contentsOf(other)?.digest);
  });

  test('neither a link nor a folder is read', () => {
    symlinkSync(write('target', mark), join(folder, 'symbolic'));
    mkdirSync(join(folder, 'inner'));
    for (const name of ['symbolic', 'inner', 'nothing']) {
      expect(contentsOf(join(folder, name))).toBeUndefined();
    }
  });
});
