import { isIP } from 'node:net';
import type { Command } from '../../../../src/lib/effect.ts';
import type { Model, Neighbour } from '../../model-host.ts';
import { WindowsAccounts } from './accounts.ts';
import { Netsh } from './netsh.ts';
import { Registry } from './registry.ts';
import { Routes } from './routes.ts';
import { WindowsServices } from './services.ts';

/** The tools of a host with Windows. A new one is a row here. */
function models(): readonly Model[] {
  const registry = new Registry();
  const routes = new Routes(registry);
  const netsh = new Netsh(registry, routes);
  const accounts = new WindowsAccounts(registry);
  const services = new WindowsServices(registry);
  return [
    {
      tools: ['reg'],
      run: ({ args }) => registry.run(args),
      listing: () => registry.listing(),
      holds: () => false,
    },
    {
      tools: ['netsh'],
      run: ({ args }) => netsh.run(args),
      // Its rules are in the registry.
      listing: () => '',
      holds: (target) => isIP(target) !== 0 && netsh.drops(target),
    },
    {
      tools: ['route'],
      run: ({ args }) => routes.run(args),
      listing: () => routes.listing(),
      holds: (target) => isIP(target) !== 0 && routes.drops(target),
    },
    {
      tools: ['powershell'],
      run: ({ args }) => accounts.powershell(args),
      listing: () => accounts.listing(),
      holds: (target) => accounts.disabled(target),
    },
    ...(['net', 'netdom', 'runas', 'quser', 'logoff'] as const).map((tool) => ({
      tools: [tool],
      run: ({ args }: Command) => accounts[tool](args),
      // The same accounts.
      listing: () => '',
      holds: () => false,
    })),
    {
      tools: ['sc'],
      run: ({ args }) => services.sc(args),
      listing: () => services.listing(),
      holds: () => false,
    },
  ];
}

const rule = (name: string, ...words: string[]): Neighbour => [
  'netsh',
  ['advfirewall', 'firewall', 'add', 'rule', `name=${name}`, ...words],
];
const former = (direction: string, address: string): Neighbour =>
  rule(
    'WAZUH ACTIVE RESPONSE BLOCKED IP',
    ...['interface=any', `dir=${direction}`, 'action=block', `remoteip=${address}`],
  );
const route = (line: string): Neighbour => ['route', line.split(' ')];

/** An administrator's own, and what upstream has left for others: none of it may ever change. */
const NEIGHBOURS: readonly Neighbour[] = [
  rule('riposte netsh', 'dir=in', 'action=allow', 'remoteip=203.0.113.7'),
  rule('riposte', 'dir=in', 'action=block', 'remoteip=203.0.113.70/32'),
  rule('riposte', 'dir=out', 'action=block', 'remoteip=203.0.113.70/32'),
  rule('Büro', 'dir=in', 'action=allow', 'remoteip=203.0.113.0/24,2001:db8::/64'),
  rule('Büro', 'dir=in', 'action=block', 'remoteip=2001:db8::70'),
  former('in', '203.0.113.72/32'),
  former('out', '203.0.113.72/32'),
  former('in', '2001:db8::72/128'),
  route('-p ADD 203.0.113.72 MASK 255.255.255.255 192.0.2.1'),
  route('-p ADD 203.0.113.0 MASK 255.255.255.0 192.0.2.1 METRIC 5'),
  route('ADD 203.0.113.73 MASK 255.255.255.255 0.0.0.0 IF 1'),
];

/** What a model host with Windows consists of. */
export const WINDOWS = {
  /** As the system tells its version: Windows 10, 11 and the servers since 2016. */
  version: [10, 0],
  models,
  neighbours: NEIGHBOURS,
} as const;
