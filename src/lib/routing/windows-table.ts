import ipaddr from 'ipaddr.js';
import { addressIn, type Ip } from '../fields.ts';
import { windows } from '../windows/command-line.ts';

/** The command that prints the interfaces and the routes of both families, those on disk too. */
export const PRINTING = windows('route', 'print');

/** One route that is in use. */
export interface Route {
  /** `address/bits`. */
  readonly prefix: string;
  /** The next host's address; nothing where the network itself is there. */
  readonly gateway: string | undefined;
  /** Whether it leads to the loopback interface, and so to nobody. */
  readonly dead: boolean;
  /** The route's and its interface's together: of two to one address the lesser comes first. */
  readonly metric: number;
}

/** All that matters of what `route print` says. */
export interface Table {
  /** The number of the loopback interface; nothing where it cannot be told. */
  readonly loopback: number | undefined;
  readonly routes: readonly Route[];
  /** Prefixes of IPv6 routes that outlast a reboot; those of IPv4 are in the registry. */
  readonly stored: readonly string[];
}

// Columns between which there may be words of any language: `On-link`, `Auf Verbindung`, 在链路上.
const ROW_4 =
  /^\s*(?<to>[\d.]+)\s+(?<mask>[\d.]+)\s+(?<way>\S.*?)\s+(?<by>[\d.]+)\s+(?<metric>\d+)\s*$/;
const ROW_6 = /^\s*(?<by>\d+)\s+(?<metric>\d+)\s+(?<to>[0-9a-f:.]+\/\d+)(?:\s+(?<way>\S.*?))?\s*$/i;
const LINE = /^=+\s*$/m;
// An interface without an address of its own: dots only between the number and the name.
const BARE = /^\s*(?<number>\d+)\.{3,}(?![0-9a-f]{2} )/gim;

const LOCALHOST = '127.0.0.1';

/** Reads it. */
export function tableIn(printed: string): Table {
  const parts = printed.split(LINE);
  const six = parts.map((part) => rows6(part)).filter((rows) => rows.length > 0);
  // What is in use comes first, and there is always something.
  const [used = [], ...stored] = six;
  const loopback = used.find(({ to }) => to === '::1/128')?.by ?? bareInterface(parts[1] ?? '');
  return {
    loopback,
    routes: [
      ...printed.split(/\r?\n/).flatMap(row4),
      ...used.map(
        ({ to, by, way, metric }): Route => ({
          prefix: to,
          gateway: way === undefined ? undefined : addressIn(way),
          dead: by === loopback,
          metric,
        }),
      ),
    ],
    stored: stored.flat().map(({ to }) => to),
  };
}

function row4(line: string): readonly Route[] {
  const { to = '', mask = '', way = '', by = '', metric } = ROW_4.exec(line)?.groups ?? {};
  const bits = bitsOf(mask);
  if (addressIn(to) === undefined || addressIn(by) === undefined || bits === undefined) return [];
  const gateway = addressIn(way);
  return [{ prefix: `${to}/${bits}`, gateway, dead: by === LOCALHOST, metric: Number(metric) }];
}

const bitsOf = (mask: string): number | undefined =>
  ipaddr.IPv4.isValidFourPartDecimal(mask)
    ? (ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask() ?? undefined)
    : undefined;

/** A row about IPv6, before it is known whether it is in use. */
interface Row6 {
  readonly to: string;
  readonly by: number;
  readonly way: string | undefined;
  readonly metric: number;
}

function rows6(part: string): readonly Row6[] {
  const rows: Row6[] = [];
  // What follows a long prefix stands on the next line.
  for (const line of part.replace(/(\/\d+)[ \t]*\r?\n[ \t]{8,}(?=\S)/g, '$1  ').split(/\r?\n/)) {
    const { to = '', by, way, metric } = ROW_6.exec(line)?.groups ?? {};
    const [address = '', bits] = to.split('/');
    const text = address === '' ? undefined : addressIn(address);
    if (text === undefined) continue;
    rows.push({ to: `${text}/${bits}`, by: Number(by), way, metric: Number(metric) });
  }
  return rows;
}

/** The one interface that has no address of its own, where there is one only. */
function bareInterface(part: string): number | undefined {
  const [one, ...more] = [...part.matchAll(BARE)].map(({ groups }) => Number(groups?.['number']));
  return more.length > 0 ? undefined : one;
}

/** The routes to one address alone, of two the one in use first; none of the system's own to itself. */
export function routesTo({ text, family }: Ip, { routes }: Table): readonly Route[] {
  if (ipaddr.parse(text).range() === 'loopback') return [];
  return routes
    .filter(({ prefix }) => prefix === `${text}/${family === 6 ? 128 : 32}`)
    .sort((one, other) => one.metric - other.metric);
}

/** The network of this host's own that an address is in; nothing for what is behind a gateway. */
export function ownNetwork({ text }: Ip, { routes }: Table): string | undefined {
  const address = ipaddr.parse(text);
  return routes
    .filter(({ prefix, gateway, dead }) => {
      const [network, bits] = ipaddr.parseCIDR(prefix);
      if (gateway !== undefined || dead || network.kind() !== address.kind()) return false;
      // One address alone is none, and neither is everything.
      if (bits === 0 || bits === (address.kind() === 'ipv6' ? 128 : 32)) return false;
      return address.match(network, bits);
    })
    .map(({ prefix }) => prefix)
    .at(0);
}

/** The hosts that anything in use leads by, each once; a null route leads by none. */
export const nextHosts = ({ routes }: Table): readonly string[] => [
  ...new Set(routes.flatMap(({ gateway, dead }) => (dead ? [] : (gateway ?? [])))),
];

/** The gateways to everything that no other route leads to, of IPv4. */
export const defaultGateways = ({ routes }: Table): readonly string[] =>
  routes.flatMap(({ prefix, gateway }) =>
    prefix === '0.0.0.0/0' && gateway !== undefined ? [gateway] : [],
  );
