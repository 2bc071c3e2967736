import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromLinux } from '../support/windows/client.ts';
import { HANGING } from '../support/windows/doubles.ts';
import { launch } from '../support/windows/execd.ts';
import { Firewall, RULES } from '../support/windows/firewall.ts';
import { windowsLane } from '../support/windows/lane.ts';
import { POLICY, seed, textsIn } from '../support/windows/registry.ts';
import { startService } from '../support/windows/scm.ts';

const lane = windowsLane();
const SYSTEM32 = 'C:\\windows\\system32';
const home = { windows: 'C:\\windows' };

/** A command line that runs a script on node.exe. */
function script(text: string): string {
  const file = join(lane.windows.prefix.path, 'drive_c/doubles/script.cjs');
  writeFileSync(file, text);
  return `"${fromLinux(lane.node)}" "C:\\doubles\\script.cjs"`;
}

describe('a double', () => {
  const netsh = (...args: string[]) => ({ file: `${SYSTEM32}\\netsh.exe`, args });

  it('is what answers at the path of the tool', async () => {
    lane.doubles.answer('netsh', () => ({ exitCode: 1, stdout: 'Ok.\r\n', stderr: 'no' }));
    const ran = await lane.windows.run(netsh('a b', '"', ''));
    expect(ran).toMatchObject({ exitCode: 1, stdout: 'Ok.\r\n', stderr: 'no' });
    expect(lane.doubles.calls).toMatchObject([
      { tool: 'netsh', args: ['a b', '"', ''], words: ['a b', '"', ''], cwd: 'C:\\windows' },
    ]);
  });

  it('fails where nobody answers for it', async () => {
    expect(await lane.windows.run(netsh('x'))).toMatchObject({ exitCode: 250 });
  });

  it('hears what it is given on standard input', async () => {
    lane.doubles.answer('netsh', ({ input }) => ({ stdout: input ?? 'nothing' }));
    expect(await lane.windows.run(netsh(), 'a line\n')).toMatchObject({ stdout: 'a line\n' });
  });

  it('hangs until it is ended', async () => {
    lane.doubles.answer('netsh', HANGING);
    const run = lane.windows.run({ ...netsh(), deadline: 1000 });
    await expect(run).rejects.toThrow('did not end within 1000 ms');
  });

  it('can be gone, and wine has no other', async () => {
    lane.doubles.remove('netsh');
    await expect(lane.windows.run(netsh())).rejects.toThrow('ENOENT');
  });

  it('of netsh keeps its rules where reg.exe finds them', async () => {
    const firewall = new Firewall();
    lane.doubles.answer('netsh', firewall.tool);
    await seed(lane.windows, { [RULES]: {} });
    const rule = ['advfirewall', 'firewall', 'add', 'rule', 'name=a "b" \\'];
    await lane.windows.run(netsh(...rule, 'dir=in', 'action=block', 'remoteip=203.0.113.66/32'));
    expect(Object.values(await textsIn(lane.windows, RULES))).toEqual([
      'v2.30|Action=Block|Active=TRUE|Dir=In|RA4=203.0.113.66/255.255.255.255|Name=a "b" \\|',
    ]);
    rule.splice(2, 1, 'delete');
    expect(await lane.windows.run(netsh(...rule))).toMatchObject({ exitCode: 0 });
    expect(await lane.windows.run(netsh(...rule))).toMatchObject({ exitCode: 1 });
    expect(await textsIn(lane.windows, RULES)).toEqual({});
  });
});

it('the registry holds what it is seeded with, and nothing else below that', async () => {
  const key = `${POLICY}\\PublicProfile`;
  const query = { file: `${SYSTEM32}\\reg.exe`, args: ['query', `HKLM\\${key}`] };
  await seed(lane.windows, { [key]: { EnableFirewall: 1, Other: 'a "b" \\' } });
  expect((await lane.windows.run(query)).stdout).toContain(
    '    EnableFirewall    REG_DWORD    0x1',
  );
  expect(await textsIn(lane.windows, key)).toEqual({ Other: 'a "b" \\' });
  await seed(lane.windows, { [key]: undefined });
  expect(await lane.windows.run(query)).toMatchObject({ exitCode: 1 });
});

describe('words that somebody else wrote', () => {
  // What an agent may be sent in a field of a Windows event.
  const hostile = [
    ...[
      '',
      ' ',
      '"',
      '""',
      'a"b',
      '\\"',
      '\\\\"',
      'end\\',
      'a b\\',
      'a b\\\\',
      '\\\\server\\share',
    ],
    ...['%PATH%', '!x!', 'a^b&c|d<e>f', "it's", '*.exe', '(x)', '@file', '/c', '--', '-', 'a\tb'],
    ...['ünï 日本 😀', 'name="x y"', 'a,b;c=d', '\u202Eexe.txt'],
  ];

  it('reach a tool as they were when node passes them as separate items', async () => {
    lane.doubles.answer('route', () => ({ exitCode: 7 }));
    const line = script(`const { spawnSync } = require('node:child_process');
      process.exit(spawnSync('C:/windows/System32/route.exe', ${JSON.stringify(hostile)}, {
        cwd: 'C:/windows/System32', env: { SystemRoot: 'C:/windows' }, windowsHide: true,
        stdio: ['ignore', 'pipe', 'pipe'] }).status);`);
    const ran = launch({ lane, home }, 'add', line);
    ran.end();
    expect(await ran.ended).toMatchObject({ exitCode: 7 });
    expect(lane.doubles.calls).toMatchObject([{ args: hostile, words: hostile, input: undefined }]);
  });
});

describe('a program that an agent starts', () => {
  it('has pipes, no standard error, and ends by itself', async () => {
    const line = script(`const fs = require('node:fs');
      fs.writeSync(2, 'for nobody');
      const first = Buffer.alloc(100);
      const size = fs.readSync(0, first);
      fs.writeSync(1, JSON.stringify([first.toString('utf8', 0, size), fs.fstatSync(2).isFIFO()]) + '\\n');
      const second = Buffer.alloc(100);
      fs.writeSync(1, second.toString('utf8', 0, fs.readSync(0, second)));
      process.exit(11);`);
    const program = launch({ lane, home }, 'listen', line);
    program.write('one\n');
    expect(JSON.parse(await program.until((text) => text.includes('\n')))).toEqual([
      'one\n',
      false,
    ]);
    program.write('two\n');
    program.end();
    const { exitCode, stdout, stderr } = await program.ended;
    expect([exitCode, stdout.split('\n')[1], stderr]).toEqual([11, 'two', '']);
  });

  it.each([
    ['delete', 'one\n'],
    ['legacy', ''],
  ] as const)('for %s, has nothing to print to', async (manners, heard) => {
    const seen = join(lane.windows.prefix.path, 'drive_c/doubles/seen');
    rmSync(seen, { force: true });
    const line = script(`const fs = require('node:fs');
      const tried = (work) => { try { return work(); } catch (thrown) { return thrown.code; } };
      const input = Buffer.alloc(100);
      const size = tried(() => fs.readSync(0, input));
      fs.writeFileSync('C:/doubles/seen', JSON.stringify([input.toString('utf8', 0, size || 0),
        tried(() => fs.fstatSync(1).isFIFO()), process.cwd()]));`);
    const program = launch({ lane, home }, manners, line);
    program.write('one\n');
    program.end();
    expect(await program.ended).toMatchObject({ exitCode: 0, stdout: '' });
    expect(JSON.parse(lane.read('C:\\doubles\\seen'))).toEqual([
      heard,
      expect.not.stringMatching(/true/),
      'C:\\windows',
    ]);
  });

  it('and that does not end is ended, and that is an error', async () => {
    const program = launch(
      { lane, home, deadline: 1500 },
      'add',
      script('setInterval(() => {}, 9)'),
    );
    program.end();
    expect((await program.ended).stderr).toContain('did not end in time');
  });
});

it('another program can keep a file from being replaced', async () => {
  const [from, to] = ['C:\\doubles\\new', 'C:\\doubles\\old'];
  for (const file of [from, to]) writeFileSync(lane.windows.linux(file), file);
  const holder = lane.windows.spawn({
    file: fromLinux(join(lane.programs, 'hold.exe')),
    args: [to, 'r'],
  });
  expect(await holder.until((text) => text.includes('\n'))).toMatch(/^held/);
  const line = script(`try { require('node:fs').renameSync('C:/doubles/new', 'C:/doubles/old') }
    catch (thrown) { console.log(thrown.code) }`);
  const replace = () =>
    lane.windows.run({ file: fromLinux(lane.node), args: ['C:\\doubles\\script.cjs'] });
  expect(line).not.toBe('');
  expect(await replace()).toMatchObject({ stdout: expect.stringMatching(/EPERM|EACCES|EBUSY/) });
  holder.end();
  await holder.ended;
  expect(await replace()).toMatchObject({ stdout: '' });
});

it('a service starts a program, and outlives it', async () => {
  await using service = await startService(lane);
  expect(await service.state()).toBe(4);
  const line = script(`const fs = require('node:fs');
    const input = Buffer.alloc(100);
    fs.writeFileSync('C:/doubles/seen', input.toString('utf8', 0, fs.readSync(0, input)));
    process.exit(3);`);
  service.respond(line, 'a message', 'C:\\windows');
  await service.until((log) => log.some(([word]) => word === 'ended'));
  expect(service.log().map(([word, number]) => (word === 'ended' ? number : word))).toEqual([
    'started',
    'program',
    'printed',
    3,
  ]);
  expect(lane.read('C:\\doubles\\seen')).toBe('a message\n');
});
