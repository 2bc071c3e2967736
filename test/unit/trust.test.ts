import { createFsFromVolume, Volume } from 'memfs';
import { beforeEach, describe, expect, test } from 'vitest';
import { distrust } from '../../src/lib/node/trust.ts';

const ROOT = 0;
const ME = 1000;
const OTHER = 1001;

type System = NonNullable<Parameters<typeof distrust>[2]>;

describe('who could change where a path leads', () => {
  let volume: Volume;
  const found = (path: string) =>
    distrust([path], ME, createFsFromVolume(volume) as unknown as System);
  const owned = (path: string, uid: number) => volume.lchownSync(path, uid, uid);

  beforeEach(() => {
    volume = Volume.fromJSON({ '/opt/block.sh': '', '/srv/real/block.sh': '', '/home/x/y': '' });
    for (const path of ['/', '/opt', '/opt/block.sh', '/srv', '/srv/real', '/srv/real/block.sh']) {
      owned(path, ROOT);
      volume.chmodSync(path, 0o755);
    }
    owned('/home', ROOT);
    volume.chmodSync('/home', 0o755);
    owned('/home/x', OTHER);
  });

  test('nobody but root and ourselves', () => {
    expect(found('/opt/block.sh')).toBeUndefined();
    owned('/opt/block.sh', ME);
    expect(found('/opt/block.sh')).toBeUndefined();
    expect(found('/opt/nothing/there')).toBeUndefined();
  });

  test.each(['/opt/block.sh', '/opt', '/'])('the owner of %s, and its group', (path) => {
    volume.chmodSync(path, 0o775);
    expect(found('/opt/block.sh')).toMatchObject({ what: path, why: /can be written/ });
    volume.chmodSync(path, 0o755);
    owned(path, OTHER);
    expect(found('/opt/block.sh')).toMatchObject({
      what: path,
      why: `belongs to uid ${OTHER}, not to root`,
    });
  });

  test('not who may only add to a folder', () => {
    volume.chmodSync('/opt', 0o1777);
    expect(found('/opt/block.sh')).toBeUndefined();
  });

  test('whoever owns a link', () => {
    volume.symlinkSync('/srv/real/block.sh', '/opt/link.sh');
    owned('/opt/link.sh', ROOT);
    expect(found('/opt/link.sh')).toBeUndefined();
    owned('/opt/link.sh', OTHER);
    expect(found('/opt/link.sh')?.what).toBe('/opt/link.sh');
  });

  test.each([
    ['absolute', '/home/x/current', '/srv/real'],
    ['relative', '../home/./x/current', '../../srv/real'],
  ])('whoever owns a folder that a link between goes through: %s', (_what, first, second) => {
    volume.symlinkSync(first, '/opt/scripts');
    volume.symlinkSync(second, '/home/x/current');
    owned('/opt/scripts', ROOT);
    owned('/home/x/current', ROOT);
    expect(found('/opt/scripts/block.sh')?.what).toBe('/home/x');
  });

  test('a circle of links has an end', () => {
    volume.symlinkSync('/opt/two', '/opt/one');
    volume.symlinkSync('/opt/one', '/opt/two');
    for (const path of ['/opt/one', '/opt/two']) owned(path, ROOT);
    expect(found('/opt/one')).toBeUndefined();
  });
});
