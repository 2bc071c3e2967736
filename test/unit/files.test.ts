import { spawnSync } from 'node:child_process';
import fs, { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFsFromVolume, Volume } from 'memfs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { filesBelow } from '../../src/lib/node/files.ts';
import type { FileSystem } from '../../src/lib/node/system-calls.ts';
import { type Files, LIMIT, STATE } from '../../src/lib/ports.ts';

const uid = process.getuid?.() ?? 0;
const root = uid === 0;

/** A file system with an agent's home on it, and what the table needs to spoil it. */
interface Stage {
  readonly home: string;
  readonly system: FileSystem &
    Pick<typeof fs, 'symlinkSync' | 'linkSync' | 'chmodSync' | 'chownSync' | 'writeFileSync'>;
  readonly close: () => void;
}

const STAGES: Readonly<Record<string, () => Stage>> = {
  'in memory': () => {
    const volume = new Volume();
    volume.mkdirSync('/home/active-response', { recursive: true });
    const system = createFsFromVolume(volume) as unknown as Stage['system'];
    return { home: '/home', system, close: () => {} };
  },
  'on disk': () => {
    const home = mkdtempSync(join(tmpdir(), 'riposte-files-'));
    fs.mkdirSync(`${home}/active-response`);
    return { home, system: fs, close: () => rmSync(home, { recursive: true }) };
  },
};

describe.each(Object.keys(STAGES))('%s', (name) => {
  let stage: Stage;
  let files: Files;
  const path = (below: string) => `${stage.home}/${below}`;
  const write = (below: string, text = 'text') => stage.system.writeFileSync(path(below), text);
  const mode = (below: string) => Number(stage.system.lstatSync(path(below)).mode) & 0o7777;

  beforeEach(() => {
    stage = STAGES[name]?.() as Stage;
    files = filesBelow(stage.home, uid, stage.system);
  });
  afterEach(() => stage.close());

  describe('read', () => {
    test('gives the text of a file, up to the limit and no further', async () => {
      write('file', 'Grüße');
      expect(await files.read('file', 7)).toBe('Grüße');
      expect(await files.read('file', 6)).toBeUndefined();
    });

    test.each([
      ['nothing', () => {}],
      ['a directory', () => stage.system.mkdirSync(path('file'))],
      [
        'a link',
        () => {
          write('other');
          stage.system.symlinkSync(path('other'), path('file'));
        },
      ],
      [
        'a file with two names',
        () => {
          write('other');
          stage.system.linkSync(path('other'), path('file'));
        },
      ],
      ['a dangling link', () => stage.system.symlinkSync(path('nowhere'), path('file'))],
    ] as const)('passes over %s', async (_what, spoil) => {
      spoil();
      expect(await files.read('file', 100)).toBeUndefined();
    });
  });

  describe('append', () => {
    test('creates with the mode, then adds', async () => {
      await files.append('file', 'one\n', 0o600);
      await files.append('file', 'two\n', 0o644);
      expect(await files.read('file', 100)).toBe('one\ntwo\n');
      expect(mode('file')).toBe(0o600);
    });

    test('never through a link, nor to a file with two names', async () => {
      write('other', '');
      stage.system.symlinkSync(path('other'), path('link'));
      stage.system.linkSync(path('other'), path('twin'));
      await expect(files.append('link', 'x', 0o600)).rejects.toThrow();
      await expect(files.append('twin', 'x', 0o600)).rejects.toMatchObject({ kind: 'bad-state' });
      expect(stage.system.readFileSync(path('other'), 'utf8')).toBe('');
    });

    test.each([1, 2])('again where the file was replaced %i time(s) meanwhile', async (times) => {
      await files.append('file', 'old\n', 0o600);
      let left = times;
      const replacing = {
        ...stage.system,
        constants: stage.system.constants,
        writeSync: ((fd: number, text: string) => {
          const length = stage.system.writeSync(fd, text);
          if (left > 0) {
            left -= 1;
            write('fresh', `compacted ${left}\n`);
            stage.system.renameSync(path('fresh'), path('file'));
          }
          return length;
        }) as FileSystem['writeSync'],
      };
      await filesBelow(stage.home, uid, bound(replacing, stage)).append('file', 'new\n', 0o600);
      expect(await files.read('file', 100)).toBe('compacted 0\nnew\n');
    });
  });

  describe('on a full disk', () => {
    test.each([
      [
        'nothing',
        () => {
          throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
        },
      ],
      ['a part', () => 1],
    ])('of what it can take %s nothing is left, and what was there stays', async (_what, part) => {
      await files.ensurePrivate(`${STATE}/held`);
      await files.create(`${STATE}/held/old`, 'old');
      const full = filesBelow(stage.home, uid, { ...stage.system, writeSync: part as never });
      for (const attempt of [
        full.create(`${STATE}/held/new`, 'new'),
        full.replace(`${STATE}/held/old`, 'new'),
      ]) {
        await expect(attempt).rejects.toMatchObject({ kind: 'bad-state' });
      }
      expect(await files.list(`${STATE}/held`)).toEqual(['old']);
      expect(await files.list(STATE)).toEqual(['held']);
      expect(await files.readOwn(`${STATE}/held/old`, 100)).toBe('old');
    });
  });

  describe('create', () => {
    test('makes a private file once', async () => {
      expect(await files.create('file', 'one')).toBe(true);
      expect(await files.create('file', 'two')).toBe(false);
      expect(await files.read('file', 100)).toBe('one');
      expect(mode('file')).toBe(0o600);
    });

    test('never through a link', async () => {
      stage.system.symlinkSync(path('target'), path('link'));
      expect(await files.create('link', 'x')).toBe(false);
      expect(stage.system.statSync(path('target'), { throwIfNoEntry: false })).toBeUndefined();
    });

    test('says which path failed, where there is no folder', async () => {
      await expect(files.create('no/file', 'x')).rejects.toMatchObject({
        kind: 'bad-state',
        message: expect.stringContaining(`${stage.home}/no/file`) as string,
      });
    });
  });

  describe('replace', () => {
    beforeEach(() => files.ensurePrivate(STATE));

    test('puts the whole text in place and leaves nothing beside it', async () => {
      await files.create(`${STATE}/file`, 'old');
      await files.replace(`${STATE}/file`, 'new');
      expect(await files.read(`${STATE}/file`, 100)).toBe('new');
      expect(await files.list(STATE)).toEqual(['file']);
      expect(mode(`${STATE}/file`)).toBe(0o600);
    });

    test('over what a run that died left', async () => {
      write(`${STATE}/new.${process.pid}`, 'half');
      await files.replace(`${STATE}/file`, 'new');
      expect(await files.read(`${STATE}/file`, 100)).toBe('new');
      expect(await files.list(STATE)).toEqual(['file']);
    });
  });

  describe('rewrite', () => {
    beforeEach(() => files.ensurePrivate(STATE));

    test('writes over what is there, and never makes it', async () => {
      expect(await files.rewrite(`${STATE}/file`, 'text')).toBe(false);
      expect(await files.list(STATE)).toEqual([]);
      await files.create(`${STATE}/file`, '{"a":"longer"}\n');
      expect(await files.rewrite(`${STATE}/file`, '{"a":"b"}\n', { at: 1_000 })).toBe(true);
      const text = await files.read(`${STATE}/file`, 100);
      expect([text?.length, JSON.parse(text ?? '')]).toEqual([15, { a: 'b' }]);
      expect(await files.written(`${STATE}/file`)).toBe(1_000);
    });

    test('follows no link', async () => {
      write('other', 'precious');
      stage.system.symlinkSync(path('other'), path(`${STATE}/file`));
      await expect(files.rewrite(`${STATE}/file`, 'text')).rejects.toMatchObject({
        kind: 'bad-state',
      });
      expect(await files.read('other', 100)).toBe('precious');
    });
  });

  test('tidy takes away what no run can be at any more, whatever time it says', async () => {
    await files.ensurePrivate(STATE);
    await files.create(`${STATE}/new.12`, 'half', { at: Date.UTC(2100, 0, 1) });
    await files.create(`${STATE}/newer`, 'whole', { at: 0 });
    await files.tidy();
    expect(await files.list(STATE)).toHaveLength(2);
    vi.useFakeTimers({ now: Date.now() + LIMIT.run + 1_000, toFake: ['Date'] });
    try {
      await files.tidy();
    } finally {
      vi.useRealTimers();
    }
    expect(await files.list(STATE)).toEqual(['newer']);
  });

  test('remove and list', async () => {
    expect(await files.list('none')).toEqual([]);
    await files.ensurePrivate(`${STATE}/held/x`);
    await files.create(`${STATE}/held/x/one`, '');
    expect(await files.list(`${STATE}/held/x`)).toEqual(['one']);
    expect(await files.remove(`${STATE}/held/x/one`)).toBe(true);
    expect(await files.remove(`${STATE}/held/x/one`)).toBe(false);
    await expect(files.remove(`${STATE}/held`)).rejects.toMatchObject({ kind: 'bad-state' });
    write('file');
    await expect(files.list('file')).rejects.toMatchObject({ kind: 'bad-state' });
  });

  describe('ensurePrivate', () => {
    test('makes every folder from the state folder on, for its owner alone', async () => {
      await files.ensurePrivate(`${STATE}/held/firewall-drop`);
      for (const below of [STATE, `${STATE}/held`, `${STATE}/held/firewall-drop`]) {
        expect(mode(below)).toBe(0o700);
      }
      await files.ensurePrivate(`${STATE}/held/firewall-drop`);
    });

    test.each([0o770, 0o720, 0o702, 0o777])('refuses a folder of mode %o', async (bits) => {
      await files.ensurePrivate(`${STATE}/held`);
      stage.system.chmodSync(path(STATE), bits);
      await expect(files.ensurePrivate(`${STATE}/held`)).rejects.toMatchObject({
        kind: 'bad-state',
        message: expect.stringContaining('0700') as string,
      });
    });

    test.each([
      ['a file', () => write(STATE)],
      ['a link', () => stage.system.symlinkSync(path('active-response'), path(STATE))],
      ['a dangling link', () => stage.system.symlinkSync(path('nowhere'), path(STATE))],
    ] as const)('refuses %s in its place', async (_what, spoil) => {
      spoil();
      await expect(files.ensurePrivate(STATE)).rejects.toMatchObject({ kind: 'bad-state' });
    });

    // Only root can give a folder away.
    test('refuses a folder of somebody else', async ({ skip }) => {
      if (!root) skip('it needs root');
      await files.ensurePrivate(STATE);
      stage.system.chownSync(path(STATE), 1_234, 1_234);
      await expect(files.ensurePrivate(STATE)).rejects.toMatchObject({
        kind: 'bad-state',
        message: expect.stringContaining('1234') as string,
      });
    });

    test('says so where the agent has no home', async () => {
      const nowhere = filesBelow('/nonexistent', uid, stage.system);
      await expect(nowhere.ensurePrivate(STATE)).rejects.toMatchObject({
        kind: 'bad-state',
        message: expect.stringContaining('/nonexistent') as string,
      });
    });
  });
});

/** The stage's functions with some replaced; in memory they need their own `this`. */
function bound(replaced: Partial<FileSystem>, { system }: Stage): FileSystem {
  return new Proxy(system, {
    get(target, name) {
      if (name === 'writeSync') return replaced.writeSync;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('a FIFO on disk', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'riposte-fifo-'));
    expect(spawnSync('mkfifo', [`${home}/fifo`]).status).toBe(0);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  test('neither hangs a reader nor a writer', async () => {
    const files = filesBelow(home, uid, fs);
    expect(await files.read('fifo', 100)).toBeUndefined();
    await expect(files.append('fifo', 'x', 0o600)).rejects.toThrow();
    expect(await files.create('fifo', 'x')).toBe(false);
  });
});

test('a record is on the disk, and so is its name, before anything is done', async () => {
  const volume = new Volume();
  volume.mkdirSync('/home/active-response', { recursive: true });
  const memory = createFsFromVolume(volume) as unknown as FileSystem;
  const opened = new Map<number, string>();
  const synced: string[] = [];
  const system: FileSystem = {
    ...memory,
    openSync: ((path: string, ...rest: [string]) => {
      const fd = memory.openSync(path, ...rest);
      opened.set(fd, path);
      return fd;
    }) as FileSystem['openSync'],
    fsyncSync: (fd) => {
      synced.push(opened.get(fd) ?? '');
      memory.fsyncSync(fd);
    },
  };
  const files = filesBelow('/home', uid, system);
  await files.ensurePrivate(`${STATE}/held`);
  await files.create(`${STATE}/held/x`, 'text');
  expect(synced).toEqual([`/home/${STATE}/held/x`, `/home/${STATE}/held`]);
});

test('what lies in a folder that others can write is not listed', async () => {
  const volume = new Volume();
  volume.mkdirSync(`/home/${STATE}/held/x`, { recursive: true, mode: 0o700 });
  const files = filesBelow('/home', uid, createFsFromVolume(volume) as unknown as FileSystem);
  expect(await files.list(`${STATE}/held/x`)).toEqual([]);
  volume.chmodSync(`/home/${STATE}/held`, 0o777);
  await expect(files.list(`${STATE}/held/x`)).rejects.toMatchObject({ kind: 'bad-state' });
});
