import { readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Alert, brief, react, stampede } from '../support/alert.ts';
import { type Home, makeHome } from '../support/home.ts';
import { type Private, privateRoot, rootObstacle } from '../support/private.ts';

const why = rootObstacle([]);
if (why !== undefined) console.warn(`Every test here is skipped: ${why}`);

describe.skipIf(why)('below a root of its own', () => {
  let root: Private;
  let home: Home;
  beforeAll(async () => {
    root = await privateRoot();
    home = await makeHome();
  });
  afterAll(async () => {
    await root[Symbol.asyncDispose]();
    await home.remove();
  });

  const folder = () => join(root.folder, 'ipblock');
  const at = (name: string) => join(folder(), name);
  const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);
  afterEach(() => rm(folder(), { recursive: true, force: true }));

  const told = (verb: Alert['verb'], ip: string, more: Partial<Alert> = {}) =>
    react(root.at, home, { verb, ip, program: 'ip-customblock', ...more });

  test.each(['10.0.0.5', '2001:db8::5'])(
    'C1, A4: %s is marked and no longer, twice',
    async (ip) => {
      const added = await told('add', ip);
      expect([brief(added), added.keys]).toEqual(['0 applied', [ip]]);
      expect([mode(folder()), mode(at(ip)), readFileSync(at(ip), 'utf8')]).toEqual([
        '755',
        '644',
        '',
      ]);
      expect(brief(await told('add', ip))).toBe('0 already');
      expect(readdirSync(folder())).toEqual([ip]);
      expect(brief(await told('delete', ip))).toBe('0 removed');
      expect(readdirSync(folder())).toEqual([]);
      expect(brief(await told('delete', ip))).toBe('0 absent');
    },
  );

  test('C1: a path is no address', async () => {
    for (const verb of ['add', 'delete'] as const) {
      expect(brief(await told(verb, '../etc/hosts'))).toBe('4 bad-field');
    }
    expect(readdirSync(root.folder)).not.toContain('ipblock');
  });

  test('a file that was there before stays, and the last of several holders removes ours', async () => {
    await mkdir(folder(), { mode: 0o755 });
    await writeFile(at('10.0.0.5'), '', { mode: 0o644 });
    expect(brief(await told('add', '10.0.0.5'))).toBe('0 already');
    expect(brief(await told('delete', '10.0.0.5'))).toBe('11 not-ours');
    const other = { program: 'ip-customblock.sh' };
    for (const more of [{}, other]) {
      expect(brief(await told('add', '10.0.0.6', more))).toBe('0 applied');
    }
    expect(brief(await told('delete', '10.0.0.6'))).toBe('0 removed');
    expect(readdirSync(folder()).toSorted()).toEqual(['10.0.0.5', '10.0.0.6']);
    expect(brief(await told('delete', '10.0.0.6', other))).toBe('0 removed');
    expect(readdirSync(folder())).toEqual(['10.0.0.5']);
  });

  test('L7: 40 at once lose nothing, neither coming nor going', async () => {
    const addresses = Array.from({ length: 40 }, (_, index) => `10.1.0.${index + 1}`);
    const alerts = addresses.map((ip) => ({ ip }));
    for (const [verb, word, left] of [
      ['add', '0 applied', addresses],
      ['delete', '0 removed', []],
    ] as const) {
      const ended = await stampede(root.at, home, alerts, { program: 'ip-customblock', verb });
      expect(new Set(ended.map(brief))).toEqual(new Set([word]));
      expect(readdirSync(folder()).toSorted()).toEqual(left.toSorted());
    }
  });

  test.each<[string, () => unknown]>([
    ['is a link', () => symlink('tmp', folder())],
    [
      'all may write',
      async () => {
        await mkdir(folder());
        await chmod(folder(), 0o777);
      },
    ],
    [
      'is another’s',
      async () => {
        await mkdir(folder());
        await chown(folder(), 65_534, 65_534);
      },
    ],
  ])('a folder that %s is refused', async (_what, spoil) => {
    await spoil();
    const { exitCode, keys } = await told('add', '10.0.0.5');
    expect([exitCode, keys]).toEqual([14, undefined]);
  });
});
