import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_SIZE } from '../../src/lib/node/quarantine.ts';
import type { VaultSystem } from '../../src/lib/node/vault.ts';
import { makeQuarry, OCCASION, type Quarry, SECRET } from '../support/quarry.ts';

const root = process.getuid?.() === 0;
let quarry: Quarry;

// The home on one file system and the attacker on another, which is the longer way.
beforeEach(() => {
  quarry = makeQuarry('/dev/shm', '/tmp');
});
afterEach(() => quarry[Symbol.dispose]());

const take = (path = quarry.file) => quarry.vault.quarantine(path, OCCASION);
const at = (...names: string[]) => join(quarry.base, ...names);
const run = (...words: [string, ...string[]]) =>
  expect(spawnSync(words[0], words.slice(1), { encoding: 'utf8' }).stderr).toBe('');

/** A failure of that kind, with nothing taken and nothing left behind beside the file. */
async function fails(kind: string, why: RegExp, path = quarry.file): Promise<void> {
  const before = fs.readdirSync(dirname(quarry.file));
  await expect(take(path)).rejects.toMatchObject({
    kind,
    message: expect.stringMatching(why) as string,
  });
  expect([quarry.kept(), await quarry.vault.list()]).toEqual([[], []]);
  expect(fs.readdirSync(dirname(quarry.file))).toEqual(before);
}

/** Node's file system with some functions done differently. */
const changed = (functions: Partial<VaultSystem>): VaultSystem => ({ ...fs, ...functions });

describe('is refused', () => {
  test.each<[string, () => void]>([
    ['a link to the canary', () => fs.symlinkSync(join(quarry.canary, 'shadow'), quarry.file)],
    ['a dangling link', () => fs.symlinkSync('/nowhere', quarry.file)],
    ['a directory', () => fs.mkdirSync(quarry.file)],
    ['a FIFO', () => run('mkfifo', quarry.file)],
  ])('%s', async (_what, make) => {
    fs.unlinkSync(quarry.file);
    make();
    await fails('refused', /only regular files/);
    await expect(quarry.vault.check(quarry.file, OCCASION)).rejects.toMatchObject({
      kind: 'refused',
    });
  });

  test('a device, which does not hear of it', async ({ skip }) => {
    if (!root) skip('it needs root');
    fs.unlinkSync(quarry.file);
    run('mknod', quarry.file, 'c', '1', '3');
    const opened: string[] = [];
    const openSync = ((path: string, flags: number, ...rest: never[]) => {
      if (flags === fs.constants.O_RDONLY) opened.push(path);
      return fs.openSync(path, flags, ...rest);
    }) as VaultSystem['openSync'];
    const vault = quarry.vaultOn(changed({ openSync }));
    await expect(vault.quarantine(quarry.file, OCCASION)).rejects.toThrow('only regular files');
    expect(opened).toEqual([]);
  });

  test.each<[string, () => string]>([
    [
      'its folder',
      () => {
        fs.symlinkSync(quarry.canary, at('link'));
        return at('link', 'evil');
      },
    ],
    [
      'a folder further up',
      () => {
        fs.symlinkSync(at('a'), at('link'));
        return at('link', 'b', 'evil');
      },
    ],
  ])('a path on which %s is a link', async (_what, make) => {
    const before = quarry.portrait();
    await fails('refused', /is a link, and none is followed/, make());
    expect(quarry.portrait()).toBe(before);
  });

  test.each(['a/b/evil', 'a/b', 'a'])(
    'what the settings spare through a link: %s',
    async (what) => {
      fs.symlinkSync(at(what), at('link'));
      const occasion = { ...OCCASION, never: [at('link')] };
      await expect(quarry.vault.quarantine(quarry.file, occasion)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(/under another name/) as string,
      });
      expect(quarry.left()).toEqual(['evil']);
    },
  );

  test('a path through a file', async () => {
    await fails('refused', /is no directory/, join(quarry.file, 'x'));
  });

  test('a directory of the system or the agent’s under another name', async ({ skip }) => {
    if (!root) skip('it needs root');
    const script = new URL('../support/alias.ts', import.meta.url).pathname;
    const words = ['-m', '--propagation', 'private', process.execPath, '--no-warnings', script];
    const { stdout, stderr } = spawnSync('unshare', [...words, quarry.base, quarry.home], {
      encoding: 'utf8',
    });
    expect(stdout.trim().split('\n'), stderr).toEqual([
      expect.stringMatching(/^refused: .* is \/etc under another name$/),
      expect.stringMatching(/^refused: .* is \/ under another name$/),
      expect.stringMatching(/^refused: .*riposte-home.* under another name$/),
      expect.stringMatching(/^refused: .* is mounted there by itself$/),
      expect.stringMatching(/^refused: .* is on proc, which another machine or process answers$/),
    ]);
  });
});

describe('fails, and leaves all as it was', () => {
  test('what is immutable', async ({ skip }) => {
    if (!root || spawnSync('chattr', ['+i', quarry.file]).status !== 0) skip('no chattr here');
    try {
      await fails('tool-failed', /immutable/);
      expect(quarry.left()).toEqual(['evil']);
    } finally {
      run('chattr', '-i', quarry.file);
    }
  });

  test('what is larger than can be kept, though it takes no room', async () => {
    fs.truncateSync(quarry.file, MAX_SIZE + 1);
    await fails('tool-failed', /more than the .* that can be kept/);
  });

  test('what would fill more than half of the disk', async () => {
    const statfsSync = (() => ({ bavail: 7, bsize: 1 })) as unknown as VaultSystem['statfsSync'];
    const vault = quarry.vaultOn(changed({ statfsSync }));
    await expect(vault.quarantine(quarry.file, OCCASION)).rejects.toThrow('half of what is free');
    expect([quarry.left(), quarry.kept()]).toEqual([['evil'], []]);
  });

  test('what cannot be copied in time', async () => {
    const late = { ...OCCASION, timeout: 0 };
    await expect(quarry.vault.quarantine(quarry.file, late)).rejects.toMatchObject({
      kind: 'timed-out',
    });
    expect([quarry.left(), quarry.kept()]).toEqual([['evil'], []]);
  });

  test('what another process holds a lease on, without waiting for it', async ({ skip }) => {
    // F_SETLEASE, F_WRLCK.
    const code = `open(F,"+<",$ARGV[0]); fcntl(F,1024,1) or exit 3; $SIG{IO}=sub{}; $|=1; print "up\\n"; sleep 60`;
    const holder = spawn('perl', ['-e', code, quarry.file], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const up = await Promise.race([
      once(holder.stdout, 'data').then(() => true),
      once(holder, 'exit').then(() => false),
      once(holder, 'error').then(() => false),
    ]);
    try {
      if (!up) skip('no leases here');
      await fails('tool-failed', /holds a lease/);
    } finally {
      holder.kill('SIGKILL');
    }
  });

  test.each<[string, (path: string) => void]>([
    ['a link', (path) => fs.symlinkSync(quarry.canary, path)],
    [
      'a public folder',
      (path) => {
        fs.mkdirSync(path);
        fs.chmodSync(path, 0o777);
      },
    ],
  ])('where somebody swaps our private folder for %s', async (_what, make) => {
    const before = quarry.portrait();
    let swapped = '';
    const mkdirSync = ((path: string, options: fs.MakeDirectoryOptions) => {
      fs.mkdirSync(path, options);
      fs.renameSync(path, at('moved'));
      make(path);
      swapped = fs.realpathSync(path);
    }) as VaultSystem['mkdirSync'];
    const vault = quarry.vaultOn(changed({ mkdirSync }));
    const listing = () => fs.readdirSync(swapped);
    await expect(vault.quarantine(quarry.file, OCCASION)).rejects.toThrow('somebody replaced');
    expect(listing()).toEqual(swapped === quarry.canary ? ['evil', 'shadow'] : []);
    expect([quarry.left(), quarry.kept()]).toEqual([['evil'], []]);
    expect(quarry.portrait()).toBe(before);
  });

  test('where the state folder is not ours alone', async () => {
    fs.mkdirSync(join(quarry.home, 'active-response/riposte'), { mode: 0o700 });
    fs.chmodSync(join(quarry.home, 'active-response/riposte'), 0o777);
    await expect(take()).rejects.toMatchObject({ kind: 'bad-state' });
    expect(quarry.left()).toEqual(['evil']);
  });
});

describe('what is taken', () => {
  test('is on record with all that it was, and nobody else’s to read', async () => {
    fs.chmodSync(quarry.file, 0o4755);
    if (root) fs.chownSync(quarry.file, 1_234, 1_235);
    fs.chmodSync(quarry.file, 0o4755);
    fs.utimesSync(quarry.file, 1, 1_770_113_472);
    const { ino, dev } = fs.statSync(quarry.file);
    const kept = await quarry.vault.quarantine(quarry.file, { ...OCCASION, alert: '17.4' });
    expect(kept).toMatchObject({
      path: quarry.file,
      mode: 0o4755,
      size: 4,
      sha256: createHash('sha256').update('evil').digest('hex'),
      modified: '2026-02-03T10:11:12.000Z',
      device: `${dev}`,
      inode: `${ino}`,
      otherNames: 0,
      alert: '17.4',
      ...(root && { uid: 1_234, gid: 1_235 }),
    });
    const folder = join(quarry.home, 'active-response/riposte/quarantine');
    expect(fs.statSync(folder).mode & 0o7777).toBe(0o700);
    for (const name of fs.readdirSync(folder)) {
      expect(fs.statSync(join(folder, name)).mode & 0o7777, name).toBe(0o600);
    }
  });

  test('is on record in nothing that a terminal would obey', async () => {
    const path = at('a', 'b', '\u009b31m\u202egpj');
    fs.renameSync(quarry.file, path);
    const { id = '' } = (await take(path)) ?? {};
    const record = join(quarry.home, `active-response/riposte/quarantine/${id}.json`);
    expect(fs.readFileSync(record, 'utf8')).not.toMatch(/[\u009b\u202e]/);
    expect(await quarry.vault.restore(id)).toMatchObject({ path });
  });

  test('says so where it has other names, which stay', async () => {
    fs.linkSync(quarry.file, at('twin'));
    expect(await take()).toMatchObject({ otherNames: 1 });
    expect(quarry.left()).toEqual(['evil']);
  });

  test('a second name of the canary goes, and the canary stays', async () => {
    const before = quarry.portrait();
    fs.unlinkSync(quarry.file);
    fs.linkSync(join(quarry.canary, 'shadow'), quarry.file);
    expect(await take()).toMatchObject({ size: SECRET.length, otherNames: 1 });
    expect(quarry.portrait()).toBe(before);
  });

  test('is a failure where something puts another one there', async () => {
    let writes = 0;
    const unlinkSync = ((path: string) => {
      fs.unlinkSync(path);
      writes += 1;
      fs.writeFileSync(quarry.file, 'again');
    }) as VaultSystem['unlinkSync'];
    const vault = quarry.vaultOn(changed({ unlinkSync }));
    await expect(vault.quarantine(quarry.file, OCCASION)).rejects.toThrow('there is another one');
    expect([writes, quarry.kept(), quarry.left()]).toEqual([1, ['evil'], ['again']]);
  });
});

describe('restore', () => {
  test('puts the file back as it was, without its owner’s rights, and keeps it no longer', async () => {
    fs.chmodSync(quarry.file, 0o750);
    if (root) fs.chownSync(quarry.file, 1_234, 1_235);
    fs.chmodSync(quarry.file, 0o4750);
    fs.utimesSync(quarry.file, 1, 1_770_113_472);
    const { id = '' } = (await take()) ?? {};
    expect(await quarry.vault.restore(id)).toMatchObject({
      path: quarry.file,
      caveat: expect.stringContaining('4750') as string,
    });
    const { mode, uid, mtimeMs } = fs.statSync(quarry.file);
    expect([mode & 0o7777, mtimeMs]).toEqual([0o750, 1_770_113_472_000]);
    if (root) expect(uid).toBe(1_234);
    expect(fs.readFileSync(quarry.file, 'utf8')).toBe('evil');
    expect([quarry.kept(), await quarry.vault.list()]).toEqual([[], []]);
    await expect(quarry.vault.restore(id)).rejects.toMatchObject({ kind: 'usage' });
  });

  test.each<[string, () => void]>([
    ['another file', () => fs.writeFileSync(quarry.file, 'other')],
    ['a link to the canary', () => fs.symlinkSync(join(quarry.canary, 'shadow'), quarry.file)],
    ['a dangling link', () => fs.symlinkSync(at('nowhere'), quarry.file)],
    [
      'a link in the place of its folder',
      () => {
        fs.renameSync(dirname(quarry.file), at('moved'));
        fs.symlinkSync(quarry.canary, dirname(quarry.file));
      },
    ],
    ['nothing in the place of its folder', () => fs.rmdirSync(dirname(quarry.file))],
  ])('never over or through %s', async (_what, make) => {
    const { id = '' } = (await take()) ?? {};
    make();
    const before = [quarry.portrait(), quarry.left()];
    await expect(quarry.vault.restore(id)).rejects.toMatchObject({ kind: 'refused' });
    expect([quarry.portrait(), quarry.left()]).toEqual(before);
    expect(quarry.kept()).toEqual(['evil']);
    expect(fs.existsSync(at('nowhere'))).toBe(false);
  });

  test('does not take for its own what somebody puts there meanwhile', async () => {
    const { id = '' } = (await take()) ?? {};
    const fchmodSync: VaultSystem['fchmodSync'] = (fd, mode) => {
      fs.fchmodSync(fd, mode);
      fs.unlinkSync(quarry.file);
      fs.writeFileSync(quarry.file, 'other');
    };
    await expect(quarry.vaultOn(changed({ fchmodSync })).restore(id)).rejects.toMatchObject({
      kind: 'tool-failed',
      message: expect.stringMatching(/was swapped/) as string,
    });
    expect([quarry.left(), quarry.kept()]).toEqual([['other'], ['evil']]);
  });

  test('leaves no half of a file where the disk is full, so that it can be tried again', async () => {
    const { id = '' } = (await take()) ?? {};
    const vault = quarry.vaultOn(
      changed({
        fsyncSync: () => {
          throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
        },
      }),
    );
    await expect(vault.restore(id)).rejects.toMatchObject({ kind: 'tool-failed' });
    expect(quarry.left()).toEqual([]);
    expect(await quarry.vault.restore(id)).toMatchObject({ path: quarry.file });
    expect(quarry.left()).toEqual(['evil']);
  });

  test('gives back nothing that was changed in quarantine', async () => {
    const { id = '' } = (await take()) ?? {};
    const data = join(quarry.home, `active-response/riposte/quarantine/${id}.file`);
    fs.appendFileSync(data, 'x');
    await expect(quarry.vault.restore(id)).rejects.toMatchObject({ kind: 'bad-state' });
    expect(quarry.left()).toEqual([]);
  });
});
