import { isIP } from 'node:net';
import type { Command } from '../../../../src/lib/effect.ts';
import type { Model, Neighbour } from '../../model-host.ts';
import type { Daemons } from '../daemons.ts';
import type { SharedFiles } from '../shared-files.ts';
import { Directory } from './directory.ts';
import type { BsdSystem } from './host.ts';
import { Launchd } from './launchd.ts';
import { Passwd } from './passwd.ts';
import { RouteTable } from './route.ts';

/** What the tools of a host share with the rest of it. */
export interface Given {
  readonly shared: SharedFiles;
  readonly daemons: Daemons;
}

const MASTER = '/etc/master.passwd';

/** Every tool of a system that is no packet filter. */
export function otherModels(system: BsdSystem, { shared, daemons }: Given): readonly Model[] {
  const routes = new RouteTable(system);
  return [
    {
      tools: ['route'],
      run: (command) => routes.run(command),
      listing: () => routes.listing(),
      holds: (target) => isIP(target) !== 0 && routes.drops(target),
    },
    silent('netstat', (command) => routes.netstat(command)),
    {
      tools: ['rm'],
      run: (command) => shared.run(command),
      listing: () => shared.listing(),
      holds: (target) => shared.holds(target),
    },
    ...(system === 'macos' ? ofMac(daemons) : [accounts(system, shared)]),
    {
      // The agent, as far as it runs.
      tools: ['wazuh-control'],
      run: () => ({ exitCode: 127, stdout: '', stderr: '' }),
      listing: () => daemons.listing(),
      holds: () => false,
    },
  ];
}

/** A tool over a state that another one lists. */
const silent = (tool: string, run: Model['run']): Model => ({
  tools: [tool],
  run,
  listing: () => '',
  holds: () => false,
});

function ofMac(daemons: Daemons): readonly Model[] {
  const directory = new Directory();
  const launchd = new Launchd();
  return [
    {
      tools: ['dscl'],
      run: (command) => directory.dscl(command),
      listing: () => directory.listing(),
      holds: (target) => directory.disabled(target),
    },
    silent('pwpolicy', (command) => directory.pwpolicy(command)),
    {
      tools: ['launchctl'],
      run: (command) => launchd.run(command, () => daemons.start()),
      listing: () => launchd.listing(),
      holds: () => false,
    },
  ];
}

function accounts(system: Exclude<BsdSystem, 'macos'>, shared: SharedFiles): Model {
  const passwd = new Passwd({
    read: () => shared.text(MASTER) ?? '',
    write: (text) => shared.write(MASTER, text),
  });
  const run = {
    freebsd: (command: Command) => passwd.pw(command),
    openbsd: (command: Command) => passwd.usermodZ(command),
    netbsd: (command: Command) => passwd.usermodC(command),
  }[system];
  return {
    tools: [system === 'freebsd' ? 'pw' : 'usermod'],
    run,
    listing: () => passwd.listing(),
    holds: (target) => passwd.locked(target),
  };
}

/** Routes of an administrator's: one like those of ours, to another address, and some that lead somewhere. */
export const ROUTE_NEIGHBOURS: readonly Neighbour[] = [
  ['route', ['-q', 'add', '-host', '203.0.113.73', '127.0.0.1', '-blackhole']],
  ['route', ['-q', 'add', '-host', '203.0.113.72', '192.0.2.1']],
  ['route', ['-q', 'add', '-net', '203.0.113.0/24', '192.0.2.1']],
  ['route', ['-q', 'add', '-inet6', '-host', '2001:db8::73', '::1', '-blackhole']],
];

const UIDS: Readonly<Record<string, number>> = {
  root: 0,
  toor: 0,
  daemon: 1,
  _wazuh: 601,
  wazuh: 1000,
  alice: 1501,
  bob: 1502,
  mallory: 41_001,
  mallory2: 41_002,
  trudy: 41_003,
  nobody: 65_534,
};

/** The files that make a host one of these systems. */
export const filesOf = (system: BsdSystem): Readonly<Record<string, string>> => ({
  '/etc/group': 'wheel:*:0:root,alice\nstaff:*:20:bob\nnobody:*:65534:\n',
  ...(system !== 'macos' && {
    [MASTER]: Object.entries(UIDS)
      .map(([name, uid]) => {
        const password = uid < 1000 ? '*' : `$2b$${name}`;
        const gid = name === 'bob' ? 0 : uid;
        return `${name}:${password}:${uid}:${gid}::0:0:${name}:/home/${name}:/bin/sh\n`;
      })
      .join(''),
  }),
});

/** The file of FreeBSD, as it comes, with a line of an administrator's and one that only looks alike. */
export const hostsOf = (system: BsdSystem): Readonly<Record<string, string>> =>
  system === 'freebsd'
    ? {
        '/etc/hosts.allow':
          '# hosts.allow: kept by hand, 203.0.113.7\nin.ftpd : 203.0.113.70 : deny\nALL : PARANOID : RFC931 20 : deny\nALL : ALL : allow\n',
      }
    : {};
