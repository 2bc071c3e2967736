import type { Command, Completed } from '../../../src/lib/effect.ts';
import { Directory, type DirectoryState } from '../model/bsd/directory.ts';
import { Ipfw, type IpfwState } from '../model/bsd/ipfw.ts';
import { Launchd, type LaunchdState } from '../model/bsd/launchd.ts';
import { Npf, type NpfState } from '../model/bsd/npf.ts';
import { Passwd, type Store } from '../model/bsd/passwd.ts';
import { Pf, type PfState } from '../model/bsd/pf.ts';
import { type RouteState, RouteTable } from '../model/bsd/route.ts';
import type { Settings } from './settings.ts';

/** The state of all tools of a host, as plain data. */
export interface State {
  pf?: PfState;
  ipfw?: IpfwState;
  npf?: NpfState;
  routes?: RouteState;
  directory?: DirectoryState;
  launchd?: LaunchdState;
}

/** The tools of one host over one state, which they change. */
export interface Tools {
  readonly run: (command: Pick<Command, 'tool' | 'args' | 'stdin'>) => Completed;
  /** Whether nothing comes from the address, or nothing goes to it. */
  readonly drops: (target: string) => boolean;
  readonly locked: (name: string) => boolean;
  /** All that stands in it but for accounts, one thing a line. */
  readonly listing: () => string;
  readonly state: State;
}

/** The very models that the laws are tried on. */
export function toolsOf({ system, ipfw: kind }: Settings, state: State, accounts: Store): Tools {
  const pf = new Pf(system === 'netbsd' ? 'freebsd' : system, state.pf);
  const ipfw = new Ipfw(kind, state.ipfw);
  const npf = new Npf(state.npf);
  const routes = new RouteTable(system, state.routes);
  const directory = new Directory(state.directory);
  const launchd = new Launchd(state.launchd);
  const passwd = new Passwd(accounts);
  const known: Readonly<Record<string, (command: Pick<Command, 'args' | 'stdin'>) => Completed>> = {
    pfctl: (command) => pf.run(command),
    ipfw: (command) => ipfw.run(command),
    sysctl: (command) => ipfw.sysctl(command),
    npfctl: (command) => npf.run(command),
    route: (command) => routes.run(command),
    netstat: (command) => routes.netstat(command),
    dscl: (command) => directory.dscl(command),
    pwpolicy: (command) => directory.pwpolicy(command),
    launchctl: (command) => launchd.run(command),
    pw: (command) => passwd.pw(command),
    usermod: (command) =>
      system === 'openbsd' ? passwd.usermodZ(command) : passwd.usermodC(command),
  };
  return {
    run: ({ tool, ...command }) =>
      known[tool]?.(command) ?? { exitCode: 127, stdout: '', stderr: `${tool}: not found\n` },
    drops: (target) => [pf, ipfw, npf, routes].some((one) => one.drops(target)),
    locked: (name) => (system === 'macos' ? directory.disabled(name) : passwd.locked(name)),
    listing: () => [pf, ipfw, npf, routes].map((one) => one.listing()).join(''),
    get state() {
      return {
        pf: pf.state,
        ipfw: ipfw.state,
        npf: npf.state,
        routes: routes.state,
        directory: directory.state,
        launchd: launchd.state,
      };
    },
  };
}

/** Where each system has the tools. */
export const PLACES: Readonly<Record<Settings['system'], Readonly<Record<string, string>>>> = {
  macos: {
    ...{ pfctl: '/sbin', ipfw: '/sbin', route: '/sbin', launchctl: '/bin', ps: '/bin' },
    ...{ netstat: '/usr/sbin', sysctl: '/usr/sbin', dscl: '/usr/bin', pwpolicy: '/usr/bin' },
  },
  freebsd: {
    ...{ pfctl: '/sbin', ipfw: '/sbin', route: '/sbin', sysctl: '/sbin', ps: '/bin' },
    ...{ netstat: '/usr/bin', pw: '/usr/sbin' },
  },
  openbsd: {
    ...{ pfctl: '/sbin', route: '/sbin', sysctl: '/sbin', ps: '/bin' },
    ...{ netstat: '/usr/bin', usermod: '/usr/sbin' },
  },
  netbsd: {
    ...{ npfctl: '/sbin', route: '/sbin', sysctl: '/sbin', ps: '/bin' },
    ...{ netstat: '/usr/bin', usermod: '/usr/sbin' },
  },
};
