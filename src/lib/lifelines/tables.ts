import ipaddr from 'ipaddr.js';
import { plainAddress } from './addresses.ts';

// A route by way of another host, in the kernel's flags.
const GATEWAY = 0x2;

const rows = (table: string): string[][] =>
  table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first !== undefined && first !== '');

/** The gateways in the kernel's table of IPv4 routes (`/proc/net/route`). */
export const gateways4 = (table: string): readonly string[] =>
  rows(table).flatMap(([, , gateway = '', flags = '']) =>
    /^[0-9A-F]{8}$/i.test(gateway) && Number.parseInt(flags, 16) & GATEWAY
      ? [fromHost(gateway)]
      : [],
  );

/** The gateways in the kernel's table of IPv6 routes (`/proc/net/ipv6_route`). */
export const gateways6 = (table: string): readonly string[] =>
  rows(table).flatMap((words) => {
    const [gateway = '', flags = ''] = [words[4], words[8]];
    return /^[0-9a-f]{32}$/i.test(gateway) && Number.parseInt(flags, 16) & GATEWAY
      ? [fromBytes(bytesOf(gateway))]
      : [];
  });

// Established, in the kernel's states of a connection.
const ESTABLISHED = '01';

/**
 * Whom this host has a connection to at a port, in the kernel's table of them (`/proc/net/tcp`,
 * `/proc/net/tcp6`).
 */
export const peersAt = (table: string, ports: ReadonlySet<number>): readonly string[] =>
  rows(table).flatMap(([, , remote = '', state]) => {
    const [address = '', port = ''] = remote.split(':');
    if (state !== ESTABLISHED || !ports.has(Number.parseInt(port, 16))) return [];
    if (/^[0-9A-F]{8}$/i.test(address)) return [fromHost(address)];
    return /^[0-9A-F]{32}$/i.test(address)
      ? [fromBytes((address.match(/.{8}/g) ?? []).flatMap((word) => bytesOf(word).reverse()))]
      : [];
  });

const bytesOf = (hex: string): number[] =>
  (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));

// The kernel shows these numbers as its processor keeps them: every one that we run on, lowest first.
const fromHost = (hex: string): string => fromBytes(bytesOf(hex).reverse());

const fromBytes = (bytes: number[]): string => {
  const text = ipaddr.fromByteArray(bytes).toString();
  return plainAddress(text) ?? text;
};

/** The resolvers that a `resolv.conf` names. */
export const resolvers = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => {
    const [word, address = ''] = line.trim().split(/\s+/);
    return word === 'nameserver' ? (plainAddress(address) ?? []) : [];
  });
