import { plainAddress } from './addresses.ts';

const FOUR = /^\d+(?:\.\d+){3}$/;

/**
 * The gateways in what `route print` of Windows says: rows of numbers and addresses, whatever language
 * the words around them are in. `Network Destination, Netmask, Gateway, Interface, Metric` of IPv4,
 * `If, Metric, Network Destination, Gateway` of IPv6, whose rows are folded where they are long.
 */
export function windowsGateways(text: string): readonly string[] {
  const words = text.split('\n').map((line) => line.trim().split(/\s+/));
  const found = words.flatMap((row, place) => {
    const [first = '', second = '', third = '', fourth] = row;
    // The mask of an IPv4 row; without one it is a row of IPv6, or no row.
    if (FOUR.test(first) && FOUR.test(second)) return [third];
    const network = /^\d+$/.test(first) && /^\d+$/.test(second) && third.includes('/');
    if (!network) return [];
    return fourth === undefined ? [(words[place + 1] ?? [])[0] ?? ''] : [fourth];
  });
  // Where it says in words that there is none, nothing is left.
  const addresses = found.filter((text) => FOUR.test(text) || text.includes(':'));
  return [...new Set(addresses.flatMap((text) => plainAddress(text) ?? []))].filter(
    (gateway) => gateway !== '0.0.0.0' && gateway !== '::',
  );
}
