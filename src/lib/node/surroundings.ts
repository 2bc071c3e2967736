import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { broadcastsOf, type Lifeline, plainAddress } from '../lifelines/addresses.ts';
import { managersIn } from '../lifelines/manager.ts';
import { gateways4, gateways6, peersAt, resolvers } from '../lifelines/tables.ts';
import type { Log } from '../log.ts';
import { type Names, RESOLVED } from '../names.ts';
import type { Files } from '../ports.ts';
import type { Runner } from '../runner.ts';
import type { Surroundings } from '../surroundings.ts';
import { bsdNetwork, bsdPeers } from './bsd-surroundings.ts';
import { BSD_LIKE, LAYOUT, ON_WINDOWS } from './system.ts';
import { windowsNetwork } from './windows-surroundings.ts';

// The second is asked by way of the system's name service too, whatever the first one says.
const RESOLVERS = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

// Behind a stub on loopback stand the resolvers that it asks: where NetworkManager writes them, and
// where resolvconf does for dnsmasq, for unbound and for whoever else takes them from there.
const BEHIND_STUBS = [
  '/run/NetworkManager/no-stub-resolv.conf',
  '/run/NetworkManager/resolv.conf',
  '/run/dnsmasq/resolv.conf',
  '/run/resolvconf/resolv.conf',
];

const MAX_CONFIG = 1 << 22;

/** The surroundings of this machine, for the agent whose files these are. */
export function machineSurroundings(
  files: Pick<Files, 'read'>,
  names: Pick<Names, 'known'>,
  runner: Pick<Runner, 'run'>,
  log: Pick<Log, 'say'>,
): Surroundings {
  return {
    async lifelines() {
      const managers = managersIn((await files.read(LAYOUT.ossecConf, MAX_CONFIG)) ?? '');
      return [
        ...own(),
        ...(await network(runner, log)),
        ...named(managers.addresses, 'is the agent’s manager', LAYOUT.ossecConf),
        ...resolved(await names.known(managers.names)),
        // The kernel takes milliseconds for these tables, and an address needs no connection to be known.
        ...(managers.names.length > 0 ? await peers(managers.ports, runner) : []),
      ];
    },

    // Few hosts want to know, and the others need not have it evaluated.
    logins: async () => (ON_WINDOWS || BSD_LIKE ? [] : (await import('./logins.ts')).logins()),
  };
}

async function network(
  runner: Pick<Runner, 'run'>,
  log: Pick<Log, 'say'>,
): Promise<readonly Lifeline[]> {
  if (ON_WINDOWS) return windowsNetwork(runner, log);
  if (BSD_LIKE) return [...(await bsdNetwork(runner, log)), ...allResolvers()];
  return [
    ...from('/proc/net/route', gateways4, 'is this host’s gateway'),
    ...from('/proc/net/ipv6_route', gateways6, 'is this host’s gateway'),
    ...allResolvers(),
  ];
}

async function peers(
  ports: ReadonlySet<number>,
  runner: Pick<Runner, 'run'>,
): Promise<readonly Lifeline[]> {
  if (BSD_LIKE) return bsdPeers(ports, runner);
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    from(table, (text) => peersAt(text, ports), 'is whom the agent is connected to'),
  );
}

const named = (networks: readonly string[], why: string, source: string): Lifeline[] =>
  networks.map((network) => ({ network, why, from: source }));

const from = (path: string, read: (text: string) => readonly string[], why: string) =>
  named(read(text(path)), why, path);

function own(): Lifeline[] {
  try {
    const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const source = 'the network interfaces';
    const addresses = all.flatMap(({ address }) => plainAddress(address) ?? []);
    const broadcasts = all.flatMap(({ cidr, internal }) =>
      internal || cidr === null ? [] : broadcastsOf(cidr),
    );
    return [
      ...named(addresses, 'is an address of this host', source),
      ...named(broadcasts, 'means every host of a network of this host', source),
    ];
  } catch {
    return [];
  }
}

function allResolvers(): Lifeline[] {
  const found = RESOLVERS.flatMap((path) => from(path, resolvers, 'is this host’s resolver'));
  const stub = found.some(({ network }) => /^(?:127\.|::1$)/.test(network));
  const behind = stub ? BEHIND_STUBS : [];
  return [
    ...found,
    ...behind.flatMap((path) => from(path, resolvers, 'is a resolver behind this host’s own')),
  ];
}

const resolved = (known: Awaited<ReturnType<Names['known']>>): Lifeline[] =>
  [...known].flatMap(([name, seen]) =>
    seen.flatMap(({ address, at }) =>
      named([address], `is the agent’s manager (${name})`, `${RESOLVED}, seen ${at}`),
    ),
  );

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
