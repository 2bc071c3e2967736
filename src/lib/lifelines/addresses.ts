import ipaddr from 'ipaddr.js';

/** An address or network that must stay reachable, and why. */
export interface Lifeline {
  /** One address, or a network as ADDRESS/BITS. */
  readonly network: string;
  /** What it is, as a sentence goes on behind the address: `is this host’s gateway`. */
  readonly why: string;
}

/** An IPv4 address in the clothes of an IPv6 one is an IPv4 address. */
function unmapped(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const parsed = ipaddr.parse(address);
  const mapped = 'isIPv4MappedAddress' in parsed && parsed.isIPv4MappedAddress();
  return mapped ? parsed.toIPv4Address() : parsed;
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

/** The first of the lifelines that an address belongs to. */
export const lifelineOf = (lifelines: Iterable<Lifeline>, address: string): Lifeline | undefined =>
  [...lifelines].find(({ network }) => holds(network, address));
