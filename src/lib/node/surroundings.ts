import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { type Lifeline, plainAddress } from '../lifelines/addresses.ts';
import { managersIn } from '../lifelines/manager.ts';
import { gateways4, gateways6, peersAt, resolvers } from '../lifelines/tables.ts';
import type { Files } from '../ports.ts';
import type { Surroundings } from '../surroundings.ts';

// Behind a stub on loopback stand the resolvers that it asks.
const RESOLVERS = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

const MAX_CONFIG = 1 << 22;

/** The surroundings of this machine, for the agent whose files these are. */
export function machineSurroundings(files: Pick<Files, 'read'>): Surroundings {
  return {
    async lifelines() {
      const managers = managersIn((await files.read('etc/ossec.conf', MAX_CONFIG)) ?? '');
      // The kernel takes milliseconds for these tables, and an address needs no connection to be known.
      const tables = managers.names.length > 0 ? ['/proc/net/tcp', '/proc/net/tcp6'] : [];
      const peers = tables.flatMap((table) => peersAt(text(table), managers.ports));
      return [
        ...named(own(), 'is an address of this host'),
        ...named(gateways4(text('/proc/net/route')), 'is this host’s gateway'),
        ...named(gateways6(text('/proc/net/ipv6_route')), 'is this host’s gateway'),
        ...named(
          RESOLVERS.flatMap((path) => resolvers(text(path))),
          'is this host’s resolver',
        ),
        ...named(managers.addresses, 'is the agent’s manager'),
        ...named(peers, 'is whom the agent is connected to'),
      ];
    },
  };
}

const named = (networks: readonly string[], why: string): Lifeline[] =>
  networks.map((network) => ({ network, why }));

function own(): string[] {
  try {
    const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    return all.flatMap(({ address }) => plainAddress(address) ?? []);
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
