import ipaddr from 'ipaddr.js';

/** An address or network that must stay reachable, and why. */
export interface Lifeline {
  /** One address, or a network as ADDRESS/BITS. */
  readonly network: string;
  /** What it is, as a sentence goes on behind the address: `is this host’s gateway`. */
  readonly why: string;
  /** Where that is known from, for people. */
  readonly from?: string;
}

/** An IPv4 address in the clothes of an IPv6 one is an IPv4 address. */
function unmapped(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const parsed = ipaddr.parse(address);
  const mapped = 'isIPv4MappedAddress' in parsed && parsed.isIPv4MappedAddress();
  return mapped ? parsed.toIPv4Address() : parsed;
}

// Ranges of IPv6 that translators give to IPv4 addresses, and the first of the bits that hold one.
const CARRIERS: readonly (readonly [network: string, start: number])[] = [
  ['64:ff9b::/96', 12],
  ['::ffff:0:0:0/96', 12],
  ['2002::/16', 2],
];

/**
 * An address and what it stands for: behind NAT64 (`64:ff9b::/96`), SIIT (`::ffff:0:0:0/96`) and 6to4
 * (`2002::/16`) it is an IPv4 address that is meant.
 */
export function formsOf(address: string): readonly string[] {
  if (!address.includes(':')) return [address];
  const bytes = ipaddr.parse(address).toByteArray();
  const start = CARRIERS.find(([network]) => holds(network, address))?.[1];
  if (start === undefined) return [address];
  return [address, ipaddr.fromByteArray(bytes.slice(start, start + 4)).toString()];
}

/**
 * The addresses of a network that mean all of its hosts, the old form with no bits set included; none
 * where it has none. `network` is ADDRESS/BITS.
 */
export function broadcastsOf(network: string): readonly string[] {
  const [address, bits = 32] = networkOf(network) ?? [];
  // RFC 3021: of two addresses both are hosts.
  if (address?.kind() !== 'ipv4' || bits > 30) return [];
  const { IPv4 } = ipaddr;
  return [IPv4.broadcastAddressFromCIDR(network), IPv4.networkAddressFromCIDR(network)].map((one) =>
    one.toString(),
  );
}

/** The canonical text of an address; nothing for a text that is none. A zone is dropped. */
export function plainAddress(text: string): string | undefined {
  const [address = ''] = text.split('%', 1);
  return ipaddr.isValid(address) ? unmapped(address).toString() : undefined;
}

/** Reads `ADDRESS` or `ADDRESS/BITS`; nothing for a text that is neither. */
export function networkOf(text: string): readonly [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  if (rest.length > 0 || !strict(address)) return undefined;
  const parsed = unmapped(address);
  const most = parsed.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [parsed, most];
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > most) return undefined;
  return [parsed, Number(bits)];
}

/** The canonical text of an address or network, a network without bits behind it; nothing for neither. */
export function canonicalNetwork(text: string): string | undefined {
  const [address, bits] = networkOf(text) ?? [];
  if (address === undefined) return undefined;
  const { IPv4, IPv6 } = ipaddr;
  if (bits === address.toByteArray().length * 8) return address.toString();
  const whole = (address.kind() === 'ipv4' ? IPv4 : IPv6).networkAddressFromCIDR(
    `${address}/${bits}`,
  );
  return `${whole}/${bits}`;
}

const strict = (address: string): boolean =>
  ipaddr.IPv4.isValidFourPartDecimal(address) ||
  (address.includes(':') && !address.includes('%') && ipaddr.IPv6.isValid(address));

/** Whether a network holds an address. Those of two IP versions hold nothing of each other. */
export function holds(network: string, address: string): boolean {
  const range = networkOf(network);
  const one = networkOf(address)?.[0];
  if (!range || !one || one.kind() !== range[0].kind()) return false;
  return one.match(range[0], range[1]);
}

/** The first of the lifelines that an address belongs to, in whatever form. */
export function lifelineOf(lifelines: Iterable<Lifeline>, address: string): Lifeline | undefined {
  const forms = formsOf(address);
  return [...lifelines].find(({ network }) => forms.some((form) => holds(network, form)));
}
