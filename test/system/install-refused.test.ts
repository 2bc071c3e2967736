import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { platformHere } from '../../src/cli/install/platform.ts';
import { siteAt } from '../../src/cli/install/site.ts';
import { tryOut } from '../../src/cli/install/verify.ts';
import { asActionError } from '../../src/lib/outcome.ts';
import { agentTree } from '../support/agent-tree.ts';
import { BUILT, unbuilt } from '../support/home.ts';
import { apart, differences, FEW, PROGRAM, subjects } from '../support/installing.ts';
import { installed } from '../support/net.ts';
import { rootObstacle } from '../support/private.ts';
import { mounted, readOnly } from '../support/tools.ts';

const why = unbuilt() ?? rootObstacle([]);
if (why !== undefined) console.warn(`Every test here is skipped: ${why}`);

describe.skipIf(why)('nothing is installed, and nothing changes,', () => {
  const subject = subjects();

  /** Installs at a place of its own, and sees that the tree is as it was. */
  async function refused(at: (bin: string) => typeof apart, ...words: string[]): Promise<string> {
    const { tree, before, print } = subject();
    const argv = [PROGRAM, 'install', '--home', tree.path, ...FEW, ...words];
    const { exitCode, stderr } = await at(tree.bin).run(argv);
    expect(exitCode).not.toBe(0);
    expect(differences(before, print())).toEqual([]);
    return `${exitCode} ${stderr}`;
  }

  const remounted = (folder: string, how: string) =>
    mounted(apart, `mount --bind ${folder} ${folder} && mount -o remount,bind,${how} ${folder}`);

  test('where programs must not run', async () => {
    const said = await refused((bin) => remounted(bin, 'noexec'));
    expect(said).toMatch(/^5 refused: it was not installed: .*noexec/);
  });

  test('where nothing can be written', async () => {
    const said = await refused((bin) => readOnly(apart, join(bin, '../..')));
    expect(said).toMatch(/read-only/);
  });

  test('where only the folder of programs cannot be written', async () => {
    expect(await refused((bin) => readOnly(apart, bin))).toMatch(/^5 refused: .*read-only/);
  });

  test('where one of the names is a folder', async () => {
    const { tree, print, install } = subject();
    mkdirSync(join(tree.bin, 'throttle'));
    const before = print();
    const { exitCode, stderr } = await install(...FEW);
    expect([exitCode, stderr]).toEqual([
      5,
      expect.stringMatching(/throttle is neither a file nor a link/),
    ]);
    expect(differences(before, print())).toEqual([]);
  });

  test('where there is no home, or none of an agent', async () => {
    const missing = await apart.run([PROGRAM, 'install', '--home', '/nowhere']);
    expect([missing.exitCode, missing.stderr]).toEqual([
      2,
      'usage: --home /nowhere: there is no such directory',
    ]);
    const folder = await mkdtemp(join(tmpdir(), 'riposte-none-'));
    const none = await apart.run([PROGRAM, 'install', '--home', folder]);
    expect([none.exitCode, none.stderr]).toEqual([
      2,
      expect.stringMatching(/no agent's home; say/),
    ]);
    await rm(folder, { recursive: true });
    if (existsSync('/var/ossec')) return;
    const nobody = await apart.run([PROGRAM, 'install']);
    expect([nobody.exitCode, nobody.stderr]).toEqual([
      2,
      expect.stringMatching(/say --home DIREC/),
    ]);
  });

  test.runIf(installed('setpriv'))('by anybody but root', async () => {
    const { tree, before, print } = subject();
    const copy = await mkdtemp(join(tmpdir(), 'riposte-program-'));
    await chmod(copy, 0o755);
    copyFileSync(PROGRAM, join(copy, 'riposte'));
    await chmod(join(copy, 'riposte'), 0o755);
    const as = ['setpriv', '--reuid', '65534', '--regid', '64123', '--clear-groups'];
    const home = ['--home', tree.path];
    for (const verb of ['install', 'uninstall']) {
      const ran = await apart.run([...as, join(copy, 'riposte'), verb, ...home]);
      expect([ran.exitCode, ran.stderr]).toEqual([5, 'refused: it needs root: run it with sudo']);
    }
    await rm(copy, { recursive: true });
    expect(differences(before, print())).toEqual([]);
  });

  test('where the agent’s account could put a program', async () => {
    const { tree, install } = subject();
    await chown(tree.bin, 64_122, 64_123);
    const { exitCode, stderr } = await install(...FEW);
    expect([exitCode, stderr]).toEqual([14, expect.stringMatching(/belongs to uid 64122/)]);
    await chown(tree.bin, 0, 64_123);
    await chmod(tree.bin, 0o770);
    expect((await install(...FEW)).stderr).toMatch(/written by others/);
    expect(readdirSync(join(tree.path, 'active-response'))).toEqual(['bin']);
  });

  test('where the folder of programs is a link to somewhere else', async () => {
    const { tree, install } = subject();
    await execa('mv', [tree.bin, join(tree.path, 'queue/bin')]);
    await symlink('../queue/bin', tree.bin);
    const { exitCode, stderr } = await install(...FEW);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/is no directory/)]);
    expect(readdirSync(join(tree.path, 'queue/bin'))).not.toContain('riposte');
  });

  test('where there is no room', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'riposte-small-'));
    const script = [
      `mount -t tmpfs -o size=20m,mode=755 none ${folder}`,
      `cp -a "$1" ${folder}/home`,
      `"$2" install --home ${folder}/home`,
    ].join(' && ');
    const { tree } = subject();
    const at = mounted(apart, ':');
    const after = `find ${folder}/home/active-response | sort`;
    const argv = ['sh', '-c', `${script}; echo "$?"; ${after}`, 'sh', tree.path, PROGRAM];
    const { stdout, stderr } = await at.run(argv);
    expect(stderr).toMatch(
      /^refused: .* has \d+ MB left and the program needs 1\d\d MB; make room/,
    );
    expect(stdout).toMatch(/^5\n/);
    expect(stdout).not.toMatch(/riposte$|\.riposte/m);
    await rm(folder, { recursive: true });
  });
});

describe.skipIf(why)('a program is not installed', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'riposte-wrong-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const script = (text: string) => {
    const path = join(folder, 'program');
    writeFileSync(path, text, { mode: 0o755 });
    return path;
  };

  async function trial(path: string, version = '0.1.0', patience = 500): Promise<string> {
    using tree = agentTree('wazuh5');
    try {
      await tryOut({ path, version, patience }, siteAt(tree.path), platformHere());
      return 'good';
    } catch (thrown) {
      const { kind, message } = asActionError(thrown);
      return `${kind}: ${message}`;
    }
  }

  test.each([
    ['that is a text', 'These are words.\n', /^refused: .* answered 127: .*These/],
    ['that says no', '#!/bin/sh\necho "no such luck" >&2\nexit 3\n', /answered 3: no such luck$/],
    ['that hangs', '#!/bin/sh\nexec sleep 60\n', /did not end within 0\.5 s$/],
    ['that is killed', '#!/bin/sh\nkill -ILL $$\n', /died of SIGILL$/],
    ['of another version', '#!/bin/sh\necho 0.0.9\n', /says that it is 0\.0\.9, and not 0\.1\.0$/],
    ['whose loader is not here', '#!/lib/ld-musl-none.so\n', /could not be started: .*glibc/],
  ])('%s', async (_, text, told) => {
    expect(await trial(script(text))).toMatch(told);
  });

  test('that only knows its version', async () => {
    const path = script('#!/bin/sh\n[ "$1" = --version ] && echo 0.1.0\n');
    expect(await trial(path)).toMatch(/^refused: .* run as firewall-drop add .* answered 1/);
  });

  test('that is for another system or processor', async () => {
    const foreign = process.arch === 'x64' ? 0xb7 : 0x3e;
    const head = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...Array(9).fill(0), 2, 0, foreign]);
    const path = join(folder, 'foreign');
    writeFileSync(path, Buffer.concat([head, Buffer.alloc(4096)]), { mode: 0o755 });
    expect(await trial(path)).toMatch(/^refused: /);
    const windows = join(BUILT, '../../../win-x64/active-response/bin/riposte.exe');
    if (existsSync(windows)) expect(await trial(windows)).toMatch(/^refused: /);
  });

  test('unless it is good', async () => {
    const version = (await apart.must([PROGRAM, '--version'])).trim();
    expect(await trial(PROGRAM, version, 10_000)).toBe('good');
  });
});
