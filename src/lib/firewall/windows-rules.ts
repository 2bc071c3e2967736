import ipaddr from 'ipaddr.js';
import { addressIn } from '../fields.ts';
import { isKey, type Key } from '../windows/registry.ts';

/** Where the Windows Firewall keeps the rules of this host and the state of its profiles. */
export const POLICY =
  'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy';

/** Where of that the rules are: one value each, as [MS-GPFAS] 2.2.2 has it. */
export const RULES = `${POLICY}\\FirewallRules`;

/** The two ways of a packet. */
export const DIRECTIONS = ['in', 'out'] as const;

/** One of them. */
export type Direction = (typeof DIRECTIONS)[number];

/** One rule of the firewall. */
export interface Rule {
  readonly name: string;
  readonly direction: Direction | undefined;
  /** Whether it is in use and blocks all that comes from or goes to its addresses. */
  readonly blocks: boolean;
  /** The addresses of the other side, as they are stored. */
  readonly remote: readonly string[];
}

// With one of these a rule is about some packets only. Ports and types have numbered kin.
const NARROWS =
  /^(?:LA[46]|LPort|RPort|ICMP[46]|App|Svc|IF|IFType|PFN|LUOwn|LUAuth|RUAuth|RMauth)\d*(?:_\d+)?$/i;
// What stands for every protocol.
const ANY_PROTOCOL = '256';
const PROFILES = ['domain', 'private', 'public'];

/** The rule in the data of a value; nothing for what is none. */
export function ruleIn(data: string): Rule | undefined {
  const [version = '', ...parts] = data.split('|');
  if (!/^v\d+\.\d+$/.test(version)) return undefined;
  const fields = parts.map((part) => {
    const at = part.indexOf('=');
    return [part.slice(0, at).toLowerCase(), part.slice(at + 1)] as const;
  });
  const all = (field: string) => fields.flatMap(([key, value]) => (key === field ? [value] : []));
  const is = (field: string, value: string) => all(field)[0]?.toLowerCase() === value;
  const profiles = all('profile').map((one) => one.toLowerCase());
  const everywhere = profiles.length === 0 || PROFILES.every((one) => profiles.includes(one));
  const everything = all('protocol').every((one) => one === ANY_PROTOCOL);
  const narrow = fields.some(([key]) => NARROWS.test(key));
  return {
    name: all('name')[0] ?? '',
    direction: DIRECTIONS.find((one) => is('dir', one)),
    blocks: is('action', 'block') && is('active', 'true') && everywhere && everything && !narrow,
    remote: fields.flatMap(([key, value]) => (/^ra[46]\d*(?:_\d+)?$/.test(key) ? [value] : [])),
  };
}

/** The rules among keys of the registry. */
export const rulesIn = (keys: readonly Key[]): readonly Rule[] =>
  keys
    .filter((key) => isKey(key, RULES))
    .flatMap(({ values }) => values.flatMap(({ data }) => ruleIn(data) ?? []));

/** The address that a stored text names, where it names one: with or without a prefix or a mask. */
export function hostIn(stored: string): string | undefined {
  const [address = '', size] = stored.split('/');
  const [from = '', to = from] = address.split('-');
  const host = addressIn(from);
  if (host === undefined || addressIn(to) !== host) return undefined;
  const full = host.includes(':') ? ['128', ALL_ONES] : ['32', '255.255.255.255'];
  return size === undefined || full.includes(size.toLowerCase()) ? host : undefined;
}

const ALL_ONES = Array(8).fill('ffff').join(':');

/**
 * Whether a stored text is a network of 2^96 addresses that was made of an IPv6 address by `/32`, with
 * the rest of the address still in it or not.
 */
export function isHuge(stored: string, host: string): boolean {
  const [address = '', size] = stored.split('/');
  if (size !== '32' || !address.includes(':') || !ipaddr.IPv6.isValid(address)) return false;
  const text = ipaddr.IPv6.parse(address).toRFC5952String();
  return text === host || text === networkOf(host);
}

function networkOf(host: string): string {
  const [one = 0, two = 0] = ipaddr.IPv6.parse(host).parts;
  return new ipaddr.IPv6([one, two, 0, 0, 0, 0, 0, 0]).toRFC5952String();
}
