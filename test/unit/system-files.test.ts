import fs, { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { filesBelow } from '../../src/lib/node/files.ts';
import { spawningRunner } from '../../src/lib/node/runner.ts';
import {
  copyAttributesBy,
  type SystemFileSystem,
  systemFilesOf,
} from '../../src/lib/node/system-files.ts';
import { STATE } from '../../src/lib/ports.ts';
import { changeText } from '../../src/lib/system-files.ts';

const uid = process.getuid?.() ?? 0;
const root = uid === 0;
const SECOND = 1_000;

let base: string;
let path: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'riposte-system-files-'));
  fs.mkdirSync(join(base, 'home/active-response'), { recursive: true, mode: 0o755 });
  fs.mkdirSync(join(base, 'etc'), { mode: 0o755 });
  path = join(base, 'etc/hosts.deny');
});
afterEach(() => rmSync(base, { recursive: true }));

/** The port on this disk, with some of the system's calls replaced. */
function port(broken: Partial<SystemFileSystem> = {}) {
  const home = join(base, 'home');
  const files = filesBelow(home, uid, fs);
  const copyAttributes = copyAttributesBy(spawningRunner());
  return systemFilesOf({ home, files, uid, copyAttributes }, { ...fs, ...broken });
}

const write = (text: string, mode = 0o644) => {
  fs.writeFileSync(path, text);
  fs.chmodSync(path, mode);
};
const text = () => fs.readFileSync(path, 'latin1');
const mode = (of = path) => (fs.statSync(of).mode & 0o7777).toString(8);
const replace = (before: string | undefined, after: string | undefined, by = port()) =>
  by.replace(path, before, after, SECOND);
const fails = (call: string, code: string) => ({
  [call]: () => {
    throw Object.assign(new Error(`${code}: as the test says, ${call}`), { code, syscall: call });
  },
});
const backup = () => join(base, 'home', STATE, 'former/hosts.deny');

describe('replace', () => {
  test('gives back every byte, of whatever encoding', async () => {
    const bytes = Buffer.from([...Array(256).keys()]);
    fs.writeFileSync(path, bytes);
    const before = await port().read(path);
    expect(await replace(before, `#\n${before}`)).toBe(true);
    expect(fs.readFileSync(path)).toEqual(Buffer.concat([Buffer.from('#\n'), bytes]));
  });

  test('H4: mode, owner and times of the file before are those of the new one', async () => {
    write('one\n', 0o604);
    if (root) fs.chownSync(path, 0, 12_345);
    const before = fs.statSync(path);
    expect(await replace('one\n', 'two\n')).toBe(true);
    const now = fs.statSync(path);
    expect([now.mode, now.uid, now.gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(now.ino).not.toBe(before.ino);
    expect(fs.readdirSync(join(base, 'etc'))).toEqual(['hosts.deny']);
  });

  test('H4: a link stays a link, and what it leads to changes', async () => {
    write('one\n');
    const real = join(base, 'etc/real');
    fs.renameSync(path, real);
    fs.symlinkSync('real', path);
    expect(await replace('one\n', 'two\n')).toBe(true);
    expect(fs.lstatSync(path).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(real, 'utf8')).toBe('two\n');
  });

  test('H4: other names of the file change with it', async () => {
    write('one\n');
    const other = join(base, 'etc/other');
    fs.linkSync(path, other);
    expect(await replace('one\n', 'twice as long\n')).toBe(true);
    expect(fs.readFileSync(other, 'utf8')).toBe('twice as long\n');
    expect(await replace('twice as long\n', 'x\n')).toBe(true);
    expect(fs.readFileSync(other, 'utf8')).toBe('x\n');
    expect(fs.existsSync(backup())).toBe(false);
  });

  test('H7: what is not there is created, readable whatever the mask', async () => {
    const mask = process.umask(0o077);
    expect(await replace(undefined, 'one\n').finally(() => process.umask(mask))).toBe(true);
    expect([text(), mode()]).toEqual(['one\n', '644']);
    expect(await replace(undefined, 'two\n')).toBe(false);
    expect(text()).toBe('one\n');
  });

  test('does nothing where somebody else was faster', async () => {
    write('theirs\n');
    expect(await replace('one\n', 'two\n')).toBe(false);
    expect(await replace('one\n', undefined)).toBe(false);
    expect(text()).toBe('theirs\n');
    rmSync(path);
    expect(await replace('one\n', 'two\n')).toBe(false);
    expect(fs.existsSync(path)).toBe(false);
  });

  test('does nothing where an editor came between the look and the rename', async () => {
    write('one\n');
    let looks = 0;
    const realpathSync = ((of: string) => {
      looks += 1;
      if (looks === 2) write('one\ntheirs\n');
      return fs.realpathSync(of);
    }) as typeof fs.realpathSync;
    expect(await replace('one\n', 'two\n', port({ realpathSync }))).toBe(false);
    expect(text()).toBe('one\ntheirs\n');
    expect(fs.readdirSync(join(base, 'etc'))).toEqual(['hosts.deny']);
  });

  test('what a run left that died on the way is in nobody’s way', async () => {
    write('one\n');
    // One that had our number, and one that has a number no process gets.
    for (const pid of [process.pid, 2 ** 31]) {
      fs.writeFileSync(join(base, `etc/.hosts.deny.riposte.${pid}`), 'half');
    }
    expect(await replace('one\n', 'two\n')).toBe(true);
    expect(fs.readdirSync(join(base, 'etc'))).toEqual(['hosts.deny']);
  });

  test('removes what holds just that, and no link', async () => {
    write('');
    expect(await replace('', undefined)).toBe(true);
    expect(fs.existsSync(path)).toBe(false);
    fs.writeFileSync(join(base, 'etc/real'), '');
    fs.symlinkSync('real', path);
    await expect(replace('', undefined)).rejects.toMatchObject({ kind: 'bad-state' });
  });

  test.each([
    ['an immutable file', 'renameSync', 'EPERM', 'immutable'],
    ['a full disk', 'writeSync', 'ENOSPC', 'ENOSPC'],
    ['a broken disk', 'fsyncSync', 'EIO', 'EIO'],
  ])('%s fails with a reason, and leaves all as it was', async (_what, call, code, said) => {
    write('one\n');
    await expect(replace('one\n', 'two\n', port(fails(call, code)))).rejects.toMatchObject({
      kind: 'tool-failed',
      message: expect.stringMatching(new RegExp(`${path}: .*${said}`)),
    });
    expect(text()).toBe('one\n');
    expect(fs.readdirSync(join(base, 'etc'))).toEqual(['hosts.deny']);
  });
});

describe.each(['EBUSY', 'EXDEV'])('a file that cannot be renamed over (%s)', (code) => {
  const mounted = (broken: Partial<SystemFileSystem> = {}) =>
    port({ ...fails('renameSync', code), ...broken });

  test('is written in place, and keeps its inode', async () => {
    write('one\n', 0o640);
    const { ino } = fs.statSync(path);
    expect(await replace('one\n', 'two and three\n', mounted())).toBe(true);
    expect([text(), mode(), fs.statSync(path).ino]).toEqual(['two and three\n', '640', ino]);
    expect(await replace('two and three\n', '4\n', mounted())).toBe(true);
    expect(text()).toBe('4\n');
    expect(fs.existsSync(backup())).toBe(false);
    expect(fs.readdirSync(join(base, 'etc'))).toEqual(['hosts.deny']);
  });

  test('gets its content back where it cannot be written whole', async () => {
    write('one\n');
    let writes = 0;
    const writeSync = ((fd: number, bytes: Uint8Array, ...rest: number[]) => {
      writes += 1;
      if (writes === 3) {
        fs.writeSync(fd, bytes, 0, 5, 0);
        return 5;
      }
      return fs.writeSync(fd, bytes, ...(rest as [number]));
    }) as typeof fs.writeSync;
    await expect(replace('one\n', 'two and three\n', mounted({ writeSync }))).rejects.toMatchObject(
      { kind: 'tool-failed' },
    );
    expect(text()).toBe('one\n');
    expect(fs.existsSync(backup())).toBe(false);
  });

  const OLD = '# ours\nALL: 10.0.0.1\n# theirs\nsshd: 10.0.0.10\n';
  const NEW = '# theirs\nsshd: 10.0.0.10\n';
  test.each<[string, string, string, boolean]>([
    ['before it wrote', OLD, OLD, true],
    ['after it wrote more', `# one\n${OLD}`, OLD, true],
    ['after it wrote less', NEW, OLD, true],
    // Whoever asked for the change has to look anew.
    ['before it cut off the old end', NEW + OLD.slice(NEW.length), OLD, false],
  ])('is put right where a run died %s', async (_when, now, former, done) => {
    write(now);
    fs.mkdirSync(join(base, 'home', STATE, 'former'), { recursive: true, mode: 0o700 });
    fs.writeFileSync(backup(), former);
    expect(await replace(now, 'after\n', mounted())).toBe(done);
    expect(text()).toBe(done ? 'after\n' : former);
    expect(fs.existsSync(backup())).toBe(false);
    if (!done) expect(await replace(former, 'after\n', mounted())).toBe(true);
  });

  test.each([
    ['of the same length', '# theirs\nsshd: 10.0.0.10\n'.padEnd(OLD.length, '\n')],
    ['of two changes', OLD.replace('ours', 'own').replace('10.0.0.10', '10.0.0.9')],
  ])('is left to a person where it holds something else, %s', async (_what, now) => {
    write(now);
    fs.mkdirSync(join(base, 'home', STATE, 'former'), { recursive: true, mode: 0o700 });
    fs.writeFileSync(backup(), OLD);
    await expect(replace(now, 'after\n', mounted())).rejects.toMatchObject({ kind: 'bad-state' });
    expect([text(), fs.readFileSync(backup(), 'utf8')]).toEqual([now, OLD]);
  });

  test('is left alone once a run died over it, until somebody saw to it', async () => {
    write('one\n');
    fs.mkdirSync(join(base, 'home', STATE, 'former'), { recursive: true, mode: 0o700 });
    fs.writeFileSync(backup(), 'zero\n');
    await expect(replace('one\n', 'two\n', mounted())).rejects.toMatchObject({
      kind: 'bad-state',
      message: expect.stringContaining(backup()),
    });
    expect([text(), fs.readFileSync(backup(), 'utf8')]).toEqual(['one\n', 'zero\n']);
  });
});

describe('what anybody could have put there is not touched', () => {
  test.each<[string, () => unknown]>([
    ['a file that others may write', () => write('', 0o646)],
    ['a folder that others may write', () => fs.chmodSync(join(base, 'etc'), 0o777)],
    ['a link to nothing', () => fs.symlinkSync('nothing', path)],
    ['a folder in its place', () => fs.mkdirSync(path)],
    [
      'a link into a folder that others may write',
      () => {
        fs.mkdirSync(join(base, 'open'));
        fs.chmodSync(join(base, 'open'), 0o777);
        fs.writeFileSync(join(base, 'open/file'), '');
        fs.symlinkSync('../open/file', path);
      },
    ],
  ])('%s', async (_what, spoil) => {
    spoil();
    for (const call of [port().read(path), replace('', 'two\n'), replace(undefined, 'two\n')]) {
      await expect(call).rejects.toMatchObject({ kind: 'bad-state' });
    }
  });

  test.runIf(root)('a file or a link of another user', async () => {
    write('one\n');
    fs.chownSync(path, 65_534, 65_534);
    await expect(port().read(path)).rejects.toThrow(/belongs to uid 65534/);
    fs.renameSync(path, join(base, 'etc/real'));
    fs.chownSync(join(base, 'etc/real'), 0, 0);
    fs.symlinkSync('real', path);
    fs.lchownSync(path, 65_534, 65_534);
    await expect(port().read(path)).rejects.toThrow(/belongs to uid 65534/);
  });

  test('a file too large to be meant', async () => {
    fs.closeSync(fs.openSync(path, 'w'));
    fs.truncateSync(path, (16 << 20) + 1);
    await expect(port().read(path)).rejects.toMatchObject({ kind: 'tool-failed' });
  });
});

describe('ensureFolder', () => {
  const folder = () => join(base, 'ipblock');

  test('makes one that all may read and nobody else may write, once', async () => {
    const mask = process.umask(0o077);
    await port()
      .ensureFolder(folder())
      .finally(() => process.umask(mask));
    expect(mode(folder())).toBe('755');
    fs.chmodSync(folder(), 0o750);
    await port().ensureFolder(folder());
    expect(mode(folder())).toBe('750');
  });

  test.each<[string, () => unknown]>([
    ['a link', () => fs.symlinkSync('etc', folder())],
    ['a file', () => fs.writeFileSync(folder(), '')],
    ['one that a group may write', () => fs.mkdirSync(folder()) ?? fs.chmodSync(folder(), 0o770)],
  ])('refuses %s', async (_what, spoil) => {
    spoil();
    await expect(port().ensureFolder(folder())).rejects.toMatchObject({ kind: 'bad-state' });
  });
});

describe('hasLibrary', () => {
  const listing = (tree: Readonly<Record<string, readonly string[]>>) => ({
    readdirSync: ((folder: string) => {
      const names = tree[folder];
      if (!names) throw new Error('ENOENT');
      return names;
    }) as unknown as typeof fs.readdirSync,
  });
  test.each([
    [true, { '/usr/lib64': ['libwrap.so.0'] }],
    [true, { '/lib': ['arm-linux-gnueabihf'], '/lib/arm-linux-gnueabihf': ['libwrap.so.0.7.6'] }],
    [false, { '/lib': ['libwrapper.so.0', 'x-linux-gnu', 'libwrap.a'], '/usr/lib': [] }],
    [false, {}],
  ])('%s: %j', async (there, tree) => {
    expect(await port(listing(tree)).hasLibrary('libwrap.so')).toBe(there);
  });
});

describe('changeText', () => {
  const add = (now: string) => (now.includes('ours\n') ? now : `ours\n${now}`);

  test('loses nothing of who writes in between', async () => {
    write('one\n');
    const files = port();
    let rounds = 0;
    const disturbed: typeof files = {
      ...files,
      replace: async (...all) => {
        rounds += 1;
        if (rounds < 4) fs.appendFileSync(path, `theirs ${rounds}\n`);
        return files.replace(...all);
      },
    };
    expect(await changeText(disturbed, path, add, SECOND)).toBe(true);
    expect(text()).toBe('ours\none\ntheirs 1\ntheirs 2\ntheirs 3\n');
  });

  test('says so where what it wrote does not stay', async () => {
    write('one\n');
    const files = port();
    const reverted: typeof files = {
      ...files,
      replace: async (...all) => {
        const done = await files.replace(...all);
        write('one\n');
        return done;
      },
    };
    await expect(changeText(reverted, path, add, SECOND)).rejects.toMatchObject({
      kind: 'tool-failed',
    });
  });

  test('writes nothing where there is nothing to do, and creates nothing', async () => {
    expect(await changeText(port(), path, (now) => now, SECOND)).toBe(false);
    expect(fs.existsSync(path)).toBe(false);
  });
});
