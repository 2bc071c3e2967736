import { createFsFromVolume, Volume } from 'memfs';
import { describe, expect, test } from 'vitest';
import { firstLine, readBy } from '../../src/cli/install/bsd-platform.ts';
import type { Command } from '../../src/lib/effect.ts';
import { bsdGateways, bsdPeers } from '../../src/lib/lifelines/bsd-tables.ts';
import { bsdProcesses, type Sight } from '../../src/lib/node/bsd-processes.ts';
import { copyStatus } from '../../src/lib/node/bsd-status.ts';
import { connections } from '../../src/lib/node/bsd-surroundings.ts';
import { calledAs, programFile } from '../../src/lib/node/called.ts';
import { TOOLS } from '../../src/lib/node/tools.ts';

describe('what the program was called by', () => {
  const single = { argv: ['x', 'y'], argv0: 'active-response/bin/host-deny', execPath: '/h/bin/y' };
  const read = {
    argv: ['/usr/local/bin/node', '/var/ossec/active-response/bin/host-deny', 'add'],
    argv0: '/usr/local/bin/node',
    execPath: '/usr/local/bin/node',
  };

  test('is the word before the arguments of a single executable', () => {
    expect(calledAs(false, single)).toBe('active-response/bin/host-deny');
    expect(programFile(false, single)).toBe('/h/bin/y');
  });

  test('is the file that the runtime reads as a script', () => {
    expect(calledAs(true, read)).toBe('/var/ossec/active-response/bin/host-deny');
    expect(programFile(true, read)).toBe('/var/ossec/active-response/bin/host-deny');
  });

  test('is the runtime where there is no script', () => {
    expect(calledAs(true, { ...read, argv: ['/usr/local/bin/node'] })).toBe('/usr/local/bin/node');
  });
});

describe('processes of macOS and the BSDs', () => {
  const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
  const BOOTED = NOW - 3_600_000;

  /** A machine whose processes began at these moments; `ps` says so, or nothing. */
  function machine(began: Readonly<Record<number, number>>, more: Partial<Sight> = {}) {
    const asked: Command[] = [];
    const sight: Sight = {
      runner: {
        run: async (command) => {
          asked.push(command);
          const moment = began[Number(command.args.at(-1))];
          const text = new Date(moment ?? 0).toUTCString();
          const [day, date, month, year, time] = text.replace(',', '').split(' ');
          const stdout = `${day} ${month} ${date} ${time} ${year}  \n`;
          return { exitCode: moment === undefined ? 1 : 0, stdout, stderr: '' };
        },
      },
      hasProcess: (pid) => pid in began,
      now: () => NOW,
      sinceBoot: () => NOW - BOOTED,
      self: { pid: 7, age: 1_000 },
      ...more,
    };
    return { asked, processes: bsdProcesses(sight) };
  }

  const nameOf = (pid: number, began: number) =>
    bsdProcesses({ ...sightAt(began), self: { pid, age: 0 } }).self;
  const sightAt = (moment: number): Sight => ({
    runner: { run: async () => ({ exitCode: 1, stdout: '', stderr: '' }) },
    hasProcess: () => false,
    now: () => moment,
    sinceBoot: () => moment - BOOTED,
    self: { pid: 1, age: 0 },
  });

  test('have names that a lock takes for owners', () => {
    expect(nameOf(41, NOW)).toMatch(/^\d+(?:-\w+){3}$/);
  });

  test('are told apart by when they began, since numbers come again', async () => {
    const mine = nameOf(41, NOW - 20_000);
    expect(await machine({ 41: NOW - 20_400 }).processes.lives([mine])).toEqual(['alive']);
    expect(await machine({ 41: NOW - 9_000 }).processes.lives([mine])).toEqual(['gone']);
    expect(await machine({}).processes.lives([mine])).toEqual(['gone']);
  });

  test('that nobody tells of are not taken for dead', async () => {
    const failing = { run: async () => ({ exitCode: 1, stdout: '', stderr: 'ps: no' }) };
    const { processes } = machine({ 41: NOW }, { runner: failing });
    expect(await processes.lives([nameOf(41, NOW), 'x'])).toEqual(['unknown', 'unknown']);
  });

  test('stay who they are when the clock is set', async () => {
    const mine = nameOf(41, NOW - 20_000);
    const later = NOW + 86_400_000;
    // FreeBSD moves the moments of all processes with the clock, and others leave them.
    for (const began of [NOW - 20_000, later - 20_000]) {
      const { processes } = machine({ 41: began }, { now: () => later });
      expect(await processes.lives([mine])).toEqual(['alive']);
    }
  });

  test('are not asked for twice within a moment', async () => {
    const { asked, processes } = machine({ 41: NOW });
    const name = nameOf(41, NOW);
    await processes.lives([name, name]);
    await processes.lives([name]);
    expect(asked).toEqual([{ tool: 'ps', args: ['-o', 'lstart=', '-p', '41'] }]);
  });

  test('know themselves', async () => {
    const { processes, asked } = machine({});
    expect(await processes.lives([processes.self])).toEqual(['alive']);
    expect(asked).toEqual([]);
  });
});

describe('tables of netstat', () => {
  test.each([
    ['freebsd', '-nW'],
    ['macos', '-nl'],
    ['openbsd', '-n'],
    ['netbsd', '-n'],
  ] as const)('connections of %s are asked for with whole addresses: %s', (system, letters) => {
    expect(connections(system)).toEqual([letters, '-p', 'tcp']);
  });

  test.each([
    [
      'FreeBSD',
      'Routing tables\n\nInternet:\nDestination        Gateway            Flags   Nhop#    Mtu    Netif Expire\ndefault            192.0.2.1          UGS         3   1500      em0\n127.0.0.1          link#2             UH          1  16384      lo0\n192.0.2.0/24       link#1             U           2   1500      em0\n',
      ['192.0.2.1'],
    ],
    [
      'OpenBSD',
      'Routing tables\n\nInternet6:\nDestination  Gateway  Flags   Refs      Use   Mtu  Prio Iface\ndefault   fe80::1%em0  UGS  4  8  -  8 em0\n2001:db8::/64  2001:db8::5  UCn  0  0  -  4 em0\n',
      ['fe80::1'],
    ],
    [
      'macOS',
      'Routing tables\n\nInternet:\nDestination        Gateway            Flags               Netif Expire\ndefault            192.0.2.1          UGScg                 en0\n192.0.2.1/32       link#11            UCS                   en0      !\n203.0.113.7        127.0.0.1          UGHSB                 lo0\n',
      ['192.0.2.1', '127.0.0.1'],
    ],
    ['nobody', 'usage: netstat …\n', []],
  ])('of %s name the gateways', (_, text, gateways) => {
    expect(bsdGateways(text)).toEqual(gateways);
  });

  test('name the manager that the agent is connected to', () => {
    const text = [
      'Active Internet connections',
      'Proto Recv-Q Send-Q Local Address          Foreign Address        (state)',
      'tcp4       0      0 192.0.2.10.50234       198.51.100.5.1514      ESTABLISHED',
      'tcp4       0      0 192.0.2.10.50235       198.51.100.6.443       ESTABLISHED',
      'tcp6       0      0 2001:db8::10.50236     2001:db8::5.1514       ESTABLISHED',
      'tcp4       0      0 192.0.2.10.1514        198.51.100.7.1514      TIME_WAIT',
      'udp4       0      0 192.0.2.10.1514        198.51.100.8.1514      ESTABLISHED',
      '',
    ].join('\n');
    expect(bsdPeers(text, new Set([1514]))).toEqual(['198.51.100.5', '2001:db8::5']);
  });
});

test('a new file gets mode, owner and times of the one that it replaces', async () => {
  const volume = Volume.fromJSON({ '/etc/old': 'one', '/etc/new': 'two' });
  volume.chmodSync('/etc/old', 0o644);
  volume.chownSync('/etc/old', 5, 6);
  volume.utimesSync('/etc/old', 1_000, 2_000);
  const system = createFsFromVolume(volume) as unknown as typeof import('node:fs');
  await copyStatus('/etc/old', '/etc/new', 1_000, system);
  const { mode, uid, gid, mtimeMs } = volume.statSync('/etc/new');
  expect([Number(mode) & 0o7777, uid, gid, mtimeMs]).toEqual([0o644, 5, 6, 2_000_000]);
  expect(volume.readFileSync('/etc/new', 'utf8')).toBe('two');
});

test('tools come from the base system alone, whatever packages there are', () => {
  expect(TOOLS.folders).toEqual(['/usr/sbin', '/usr/bin', '/sbin', '/bin']);
});

describe('the first line of an installed script', () => {
  const runtime = (execPath: string, node = '22.23.2') =>
    ({ execPath, versions: { node } }) as Pick<NodeJS.Process, 'execPath' | 'versions'>;
  const fine = () => undefined;

  test('names the runtime by its whole path', () => {
    expect(firstLine(runtime('/usr/pkg/bin/node'), fine)).toBe('#!/usr/pkg/bin/node');
  });

  test.each([
    ['an old runtime', runtime('/usr/local/bin/node', '20.19.0'), fine, /needs? node 22/],
    ['a blank', runtime('/opt/my node/bin/node'), fine, /without blanks/],
    ['a relative path', runtime('node'), fine, /no first line can name node/],
    ['a long path', runtime(`/${'x'.repeat(130)}/node`), fine, /shorter path/],
    ['a runtime of another’s', runtime('/home/a/node'), () => 'it is a’s', /it is a’s/],
  ])('is refused for %s', (_, process, objection, why) => {
    expect(() => firstLine(process, objection)).toThrow(why);
  });

  test('takes the place of the former one, and of nothing else', () => {
    const read = (text: string) => readBy('#!/n', Buffer.from(text)).toString();
    expect(read('#!/usr/local/bin/node\n"use strict";\n#!x\n')).toBe('#!/n\n"use strict";\n#!x\n');
    expect(read('"use strict";\n')).toBe('#!/n\n"use strict";\n');
  });
});
