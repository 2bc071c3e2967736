import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromLinux } from '../support/windows/client.ts';
import { HANGING } from '../support/windows/doubles.ts';
import { windowsLane } from '../support/windows/lane.ts';

const lane = windowsLane();
const SYSTEM32 = 'C:\\windows\\system32';

describe('a double', () => {
  it('is what answers at the absolute path of the tool', async () => {
    lane.doubles.answer('netsh', () => ({ exitCode: 1, stdout: 'Ok.\r\n', stderr: 'no' }));
    const ran = await lane.windows.run({ file: `${SYSTEM32}\\netsh.exe`, args: ['a b', '"', ''] });
    expect(ran).toMatchObject({ exitCode: 1, stdout: 'Ok.\r\n', stderr: 'no' });
    expect(lane.doubles.calls).toMatchObject([
      { tool: 'netsh', args: ['a b', '"', ''], words: ['a b', '"', ''], cwd: 'C:\\windows' },
    ]);
  });

  it('writes into the registry that reg.exe reads', async () => {
    const key = 'SOFTWARE\\Riposte tests';
    lane.doubles.answer('netsh', ({ args }) => ({
      registry: [{ key, name: 'one', value: args[0] }],
    }));
    const netsh = { file: `${SYSTEM32}\\netsh.exe` };
    const query = { file: `${SYSTEM32}\\reg.exe`, args: ['query', `HKLM\\${key}`, '/v', 'one'] };
    await lane.windows.run({ ...netsh, args: ['v2.30|Name=ü|'] });
    const seen = await lane.windows.run(query);
    expect(seen).toMatchObject({ exitCode: 0 });
    expect(seen.stdout).toContain('v2.30|Name=');
    await lane.windows.run(netsh);
    expect(await lane.windows.run(query)).toMatchObject({ exitCode: 1 });
  });

  it('hangs', async () => {
    lane.doubles.answer('route', HANGING);
    const start = { file: `${SYSTEM32}\\route.exe`, deadline: 1000 };
    await expect(lane.windows.run(start)).rejects.toThrow('did not end within 1000 ms');
  });

  it('can be gone', async () => {
    lane.doubles.remove('netsh');
    await expect(lane.windows.run({ file: `${SYSTEM32}\\netsh.exe` })).rejects.toThrow('ENOENT');
  });
});

const HOSTILE = [
  '',
  ' ',
  '"',
  'a"b',
  'a b',
  'end\\',
  'a b\\',
  '\\\\"',
  '%PATH%',
  'a^b&c|d<e>f',
  '*.exe',
  "it's",
  'ünï 日本 😀',
  '(x)',
  '@file',
  '/c',
  '--',
  'a\tb',
  '!x!',
];

describe('words that somebody else wrote', () => {
  it('arrive as they were, whatever is in them', async () => {
    const script = join(lane.windows.prefix.path, 'drive_c/doubles/spawn.cjs');
    writeFileSync(
      script,
      `const { spawnSync } = require('node:child_process');
       const r = spawnSync('C:/windows/System32/route.exe', ${JSON.stringify(HOSTILE)}, {
         cwd: 'C:/windows/System32', env: { SystemRoot: 'C:\\\\windows' }, windowsHide: true,
         stdio: ['ignore', 'pipe', 'pipe'] });
       process.exit(r.status)`,
    );
    lane.doubles.answer('route', () => ({ exitCode: 7 }));
    const node = lane.node;
    expect(
      await lane.windows.run({ file: fromLinux(node), args: [fromLinux(script)] }),
    ).toMatchObject({ exitCode: 7 });
    expect(lane.doubles.calls).toMatchObject([{ args: HOSTILE, words: HOSTILE }]);
  });
});
