import { isIP } from 'node:net';
import type { System } from '../../../../src/lib/system.ts';
import type { Model, Neighbour } from '../../model-host.ts';
import type { SystemText } from '../shared-files.ts';
import { Ipfw } from './ipfw.ts';
import { Npf } from './npf.ts';
import { filesOf, type Given, hostsOf, otherModels, ROUTE_NEIGHBOURS } from './others.ts';
import { Pf, type PfKind } from './pf.ts';

/** The systems whose tools are modelled here. */
export type BsdSystem = Exclude<System, 'linux' | 'windows'>;

/** What a model host with one of these systems consists of. */
export interface BsdHost {
  /** As `uname -r` begins. */
  readonly version: readonly [major: number, minor: number];
  /** The tools. A new one is a row in one of the lists below. */
  readonly models: (given: Given) => readonly Model[];
  /** Its files, where they are not those of Linux. */
  readonly text?: SystemText;
  /** What is set up on it, so that a block can be made; also where there is no administrator's own. */
  readonly setUp?: readonly Neighbour[];
  readonly neighbours: readonly Neighbour[];
}

const onAddresses =
  (drops: (target: string) => boolean) =>
  (target: string): boolean =>
    isIP(target) !== 0 && drops(target);

function pf(kind: PfKind): Model {
  const one = new Pf(kind);
  return {
    tools: ['pfctl'],
    run: (command) => one.run(command),
    listing: () => one.listing(),
    holds: onAddresses((target) => one.drops(target)),
  };
}

function ipfw(kind: 12 | 'macos'): readonly Model[] {
  const one = new Ipfw(kind);
  return [
    {
      tools: ['ipfw'],
      run: (command) => one.run(command),
      listing: () => one.listing(),
      holds: onAddresses((target) => one.drops(target)),
    },
    {
      tools: ['sysctl'],
      run: (command) => one.sysctl(command),
      // The same switch.
      listing: () => '',
      holds: () => false,
    },
  ];
}

function npf(): Model {
  const one = new Npf({
    active: true,
    tables: { wazuh_blacklist: ['203.0.113.72', '2001:db8::72'], admin: ['203.0.113.70'] },
    config: [
      'table <wazuh_blacklist> type ipset',
      'table <admin> type ipset',
      'group default {',
      '\tblock in final from <wazuh_blacklist>',
      '\tblock out final to <wazuh_blacklist>',
      '\tpass final from <admin>',
      '\tpass final all',
      '}',
    ],
  });
  return {
    tools: ['npfctl'],
    run: (command) => one.run(command),
    listing: () => one.listing(),
    holds: onAddresses((target) => one.drops(target)),
  };
}

const words = (line: string, stdin?: string): Neighbour => {
  const [tool = '', ...args] = line.split(' ');
  return stdin === undefined ? [tool, args] : [tool, args, stdin];
};

/** Tables and anchors of an administrator's, with the target and its neighbour in them. */
const ADMIN_PF: readonly Neighbour[] = [
  words(
    'pfctl -a admin -f -',
    'table <riposte> persist\npass in quick from <riposte> to any\npass out all\n',
  ),
  words('pfctl -a admin -t riposte -T add 203.0.113.7 203.0.113.70 2001:db8::7'),
  words('pfctl -t admin -T add 203.0.113.70 2001:db8::70'),
  words('pfctl -t wazuh_fwtable -T add 203.0.113.72 2001:db8::72'),
];

/** The main ruleset, with the table that upstream's programs use. */
const mainRules = (...anchors: readonly string[]) =>
  words(
    'pfctl -f -',
    [
      'table <wazuh_fwtable> persist',
      'table <admin> persist',
      ...anchors,
      'block in quick from <wazuh_fwtable> to any',
      'block out quick from any to <wazuh_fwtable>',
      'pass in quick from <admin> to any',
      '',
    ].join('\n'),
  );

/** The packet filters of each system. */
const FILTERS: Readonly<
  Record<BsdSystem, Omit<BsdHost, 'models'> & { models(): readonly Model[] }>
> = {
  macos: {
    version: [24, 6],
    models: () => [pf('macos'), ...ipfw('macos')],
    // Disabled, as it is on every Mac.
    setUp: [
      mainRules('scrub-anchor "com.apple/*" all fragment reassemble', 'anchor "com.apple/*" all'),
    ],
    neighbours: [
      words('pfctl -a com.apple/200.AirDrop -f -', 'pass in quick all\n'),
      ...ADMIN_PF,
      words('ipfw -q add 100 set 2 deny ip from 203.0.113.70 to any'),
      words('ipfw -q add 200 allow ip from 203.0.113.7 to any'),
    ],
  },
  freebsd: {
    version: [14, 1],
    models: () => [pf('freebsd'), ...ipfw(12)],
    setUp: [mainRules('anchor "riposte/*"'), words('pfctl -e')],
    neighbours: [
      ...ADMIN_PF,
      words('ipfw -q table admin create type addr'),
      words('ipfw -q table admin add 203.0.113.7'),
      words('ipfw -q table admin add 203.0.113.70'),
      words('ipfw -q table 00001 add 203.0.113.72'),
      words('ipfw -q add 100 allow ip from table(admin) to any'),
      words('ipfw -q add 1 deny ip from table(00001) to any'),
    ],
  },
  openbsd: {
    version: [7, 6],
    models: () => [pf('openbsd')],
    setUp: [mainRules('anchor "riposte/*"'), words('pfctl -e')],
    neighbours: ADMIN_PF,
  },
  netbsd: { version: [10, 0], models: () => [npf()], neighbours: [] },
};

/** One system with all of its tools. */
const whole = (system: BsdSystem): BsdHost => ({
  ...FILTERS[system],
  models: (given) => [...FILTERS[system].models(), ...otherModels(system, given)],
  text: { files: filesOf(system), hosts: hostsOf(system) },
  neighbours: [...FILTERS[system].neighbours, ...ROUTE_NEIGHBOURS],
});

/** What each system is like. */
export const BSD: Readonly<Record<BsdSystem, BsdHost>> = {
  macos: whole('macos'),
  freebsd: whole('freebsd'),
  openbsd: whole('openbsd'),
  netbsd: whole('netbsd'),
};
