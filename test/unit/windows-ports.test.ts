import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFsFromVolume, Volume } from 'memfs';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Command, Completed } from '../../src/lib/effect.ts';
import { filesBelow } from '../../src/lib/node/files.ts';
import type { FileSystem } from '../../src/lib/node/system-calls.ts';
import { windowsTools } from '../../src/lib/node/tools.ts';
import { makePrivate, restricting } from '../../src/lib/node/windows-access.ts';
import { windowsFiles } from '../../src/lib/node/windows-files.ts';
import { windowsNetwork } from '../../src/lib/node/windows-surroundings.ts';
import { STATE } from '../../src/lib/ports.ts';
import { nextHosts, tableIn } from '../../src/lib/routing/windows-table.ts';

describe('the tools of Windows', () => {
  test('are called by their whole paths in the system’s own folders', () => {
    const { folders, pathOf } = windowsTools('D:\\Win dows');
    expect(folders.map((folder) => pathOf(folder, 'netsh'))).toEqual([
      'D:\\Win dows\\System32\\netsh.exe',
      'D:\\Win dows\\System32\\WindowsPowerShell\\v1.0\\netsh.exe',
    ]);
  });

  test.each([
    [undefined],
    [''],
    ['relative'],
    ['\\\\server\\share'],
    ['C:\\a;C:\\b'],
    ['C:/Windows'],
    ['C:\\'],
  ])('are the usual ones for SystemRoot=%s', (root) => {
    expect(windowsTools(root).directory).toBe('C:\\Windows\\System32');
  });

  test('get an environment that takes nothing from the current folder', () => {
    expect(windowsTools('C:\\Windows').environment).toMatchObject({
      SystemRoot: 'C:\\Windows',
      NoDefaultCurrentDirectoryInExePath: '1',
      PATH: 'C:\\Windows\\System32;C:\\Windows\\System32\\WindowsPowerShell\\v1.0',
    });
  });
});

describe('files of Windows', () => {
  let volume: Volume;
  let system: FileSystem;
  beforeEach(() => {
    volume = Volume.fromJSON({ '/home/file': 'old', '/home/active-response/x': '' });
    system = createFsFromVolume(volume) as unknown as FileSystem;
  });

  const failing = (code: string, times: number): (() => void) => {
    let left = times;
    return () => {
      if (left === 0) return;
      left -= 1;
      throw Object.assign(new Error(`${code}: no`), { code });
    };
  };

  test.each(['EPERM', 'EACCES', 'EBUSY'])('wait for who holds one (%s)', async (code) => {
    const [renaming, removing, opening] = [0, 1, 2].map(() => failing(code, 3));
    const held: FileSystem = {
      ...system,
      openSync: ((...words: Parameters<typeof system.openSync>) => {
        opening?.();
        return system.openSync(...words);
      }) as typeof system.openSync,
      renameSync: (from, to) => {
        renaming?.();
        system.renameSync(from, to);
      },
      unlinkSync: (path) => {
        removing?.();
        system.unlinkSync(path);
      },
    };
    const files = filesBelow('/home', undefined, windowsFiles<FileSystem>(held));
    await files.ensurePrivate(STATE);
    await files.replace(`${STATE}/one`, 'new');
    expect(await files.readOwn(`${STATE}/one`, 100)).toBe('new');
    expect(await files.remove(`${STATE}/one`)).toBe(true);
  });

  test('do not wait for ever, nor for what has another reason', () => {
    const patient = (code: string, times: number) => {
      const fail = failing(code, times);
      return windowsFiles<FileSystem>({ ...system, renameSync: () => fail() }, 20);
    };
    expect(() => patient('EPERM', 1000).renameSync('/home/file', '/home/other')).toThrow('EPERM');
    expect(() => patient('ENOENT', 1).renameSync('/home/file', '/home/other')).toThrow('ENOENT');
  });

  test('have no folder that could be synced', () => {
    let synced = 0;
    const counting = windowsFiles<FileSystem>({
      ...system,
      fsyncSync: () => {
        synced += 1;
      },
    });
    const folder = counting.openSync('/home', 'r');
    counting.fsyncSync(folder);
    expect(synced).toBe(0);
    counting.fsyncSync(counting.openSync('/home/file', 'r'));
    expect(synced).toBe(1);
  });

  test('begin with a folder that was made private, once', async () => {
    const made: string[] = [];
    const files = filesBelow('/home', undefined, system, async (path) => {
      made.push(path);
      system.mkdirSync(path, { recursive: true });
    });
    await files.ensurePrivate(`${STATE}/held`);
    await files.ensurePrivate(`${STATE}/held`);
    expect(made).toEqual([`/home/${STATE}`]);
  });

  test('are not kept where it could not be made private', async () => {
    const files = filesBelow('/home', undefined, system, async () => {
      throw new Error('icacls answered 5');
    });
    await expect(files.ensurePrivate(STATE)).rejects.toMatchObject({
      kind: 'bad-state',
      message: expect.stringContaining('icacls answered 5'),
    });
    expect(volume.existsSync(`/home/${STATE}`)).toBe(false);
  });

  test('are private to SYSTEM and Administrators, by number and not by name', () => {
    expect(restricting('C:/Program Files (x86)/ossec-agent/active-response/riposte')).toEqual({
      tool: 'icacls',
      args: [
        'C:\\Program Files (x86)\\ossec-agent\\active-response\\riposte',
        '/inheritance:r',
        '/grant:r',
        '*S-1-5-18:(OI)(CI)F',
        '*S-1-5-32-544:(OI)(CI)F',
        '/q',
      ],
    });
  });
});

// As Windows of two languages prints it, with a row of IPv6 that is folded.
const ENGLISH = `===========================================================================
Interface List
 12...00 15 5d 01 02 03 ......Microsoft Hyper-V Network Adapter
  1...........................Software Loopback Interface 1
===========================================================================

IPv4 Route Table
===========================================================================
Active Routes:
Network Destination        Netmask          Gateway       Interface  Metric
          0.0.0.0          0.0.0.0       192.0.2.1      192.0.2.10     25
        127.0.0.0        255.0.0.0         On-link         127.0.0.1    331
      192.0.2.255  255.255.255.255         On-link      192.0.2.10    281
     198.51.100.0    255.255.255.0     192.0.2.254      192.0.2.10     26
     198.51.100.9  255.255.255.255       192.0.2.8       127.0.0.1     76
===========================================================================
Persistent Routes:
  Network Address          Netmask  Gateway Address  Metric
      203.0.113.0    255.255.255.0        192.0.2.9       1
===========================================================================

IPv6 Route Table
===========================================================================
Active Routes:
 If Metric Network Destination      Gateway
 12    281 ::/0                     fe80::1
  1    331 ::1/128                  On-link
 12    281 2001:db8:aaaa:bbbb:cccc:dddd:eeee:0/112
                                    2001:db8::fe
===========================================================================
Persistent Routes:
  None
`;
const GERMAN = ENGLISH.replaceAll('On-link', 'Auf Verbindung')
  .replace('Active Routes:', 'Aktive Routen:')
  .replace(
    'Network Destination        Netmask          Gateway',
    'Netzwerkziel    Netzwerkmaske    Gateway',
  );

describe('gateways of Windows', () => {
  test.each([
    ['English', ENGLISH],
    ['German', GERMAN],
  ])('are read from a table of routes in %s', (_, text) => {
    expect(nextHosts(tableIn(text))).toEqual([
      '192.0.2.1',
      '192.0.2.254',
      'fe80::1',
      '2001:db8::fe',
    ]);
  });

  test('are none where the tool fails, says nothing or something else', async () => {
    const answering = (stdout: string) => ({
      run: async (): Promise<Completed> => ({ exitCode: 0, stdout, stderr: '' }),
    });
    const said: string[] = [];
    const gateways = async (runner: { run: (command: Command) => Promise<Completed> }) =>
      (await windowsNetwork(runner, { say: async (text) => void said.push(text) })).filter(
        ({ why }) => why.includes('gateway'),
      );
    const failing = {
      run: async (): Promise<Completed> => {
        throw new Error('no route.exe');
      },
    };
    expect(await gateways(failing)).toEqual([]);
    expect(said).toEqual([
      expect.stringMatching(/^This host’s gateways are not known: .*no route\.exe/),
    ]);
    expect(await gateways(answering(''))).toEqual([]);
    expect(await gateways(answering('1 2 x/y\n0.0.0.0 0.0.0.0\n'))).toEqual([]);
    expect(await gateways(answering(ENGLISH))).toHaveLength(4);
  });
});

describe('the folder that is made private', () => {
  let home: string;
  let state: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'riposte-private-'));
    state = join(home, 'riposte');
    onTestFinished(() => rmSync(home, { recursive: true }));
  });
  const asked: Command[] = [];
  const icacls = (exitCode = 0) => ({
    run: async (command: Command): Promise<Completed> => {
      asked.push(command);
      return { exitCode, stdout: '', stderr: 'no' };
    },
  });
  const fresh = () => `${state}.${process.pid}`;

  test('takes the place of what a run of the same number left', async () => {
    mkdirSync(fresh());
    await makePrivate(state, icacls());
    expect(readdirSync(home)).toEqual(['riposte']);
  });

  test.each([
    ['a link to a folder of the system', () => symlinkSync(tmpdir(), fresh())],
    [
      'a folder with something in it',
      () => {
        mkdirSync(fresh());
        writeFileSync(join(fresh(), 'planted'), '');
      },
    ],
  ])('is never %s that lay there', async (_, plant) => {
    plant();
    asked.length = 0;
    await expect(makePrivate(state, icacls())).rejects.toThrow(/ENOTDIR|ENOTEMPTY/);
    expect(asked).toEqual([]);
    expect(existsSync(state)).toBe(false);
  });

  test('is not there where no rights could be set', async () => {
    await expect(makePrivate(state, icacls(5))).rejects.toThrow('icacls');
    expect(readdirSync(home)).toEqual([]);
  });
});
