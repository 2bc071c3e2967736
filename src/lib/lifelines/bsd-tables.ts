import { plainAddress } from './addresses.ts';

const rows = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(/\s+/));

/**
 * The gateways in what `netstat -rn` says on macOS and the BSDs, of either family: `Destination,
 * Gateway, Flags` and more. What leads to nowhere goes by way of loopback, which is this host's own.
 */
export const bsdGateways = (text: string): readonly string[] => [
  ...new Set(
    rows(text).flatMap(([, gateway = '', flags = '']) =>
      /^U[A-Za-z0-9]*$/.test(flags) && flags.includes('G') ? (plainAddress(gateway) ?? []) : [],
    ),
  ),
];

/**
 * Whom this host has a connection to at a port, in what `netstat -n -p tcp` says there: protocol, two
 * queues, `ADDRESS.PORT` here and there, and the state.
 */
export const bsdPeers = (text: string, ports: ReadonlySet<number>): readonly string[] => [
  ...new Set(
    rows(text).flatMap(([protocol = '', , , , remote = '', state]) => {
      const [, address = '', port] = /^(.+)\.(\d+)$/.exec(remote) ?? [];
      const wanted = protocol.startsWith('tcp') && state === 'ESTABLISHED';
      return wanted && ports.has(Number(port)) ? (plainAddress(address) ?? []) : [];
    }),
  ),
];
