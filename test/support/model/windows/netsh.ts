import ipaddr from 'ipaddr.js';
import type { Completed } from '../../../../src/lib/effect.ts';
import { ok } from '../answer.ts';
import type { Registry } from './registry.ts';
import type { Routes } from './routes.ts';

const POLICY =
  'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy';
const RULES = `${POLICY}\\FirewallRules`;
const GROUP_POLICY = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall';

/** What every host has: rules of the system's own, one of them with a name in its language. */
const STOCK = [
  'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=17|Profile=Domain|LPort=68|RPort=67|App=%SystemRoot%\\system32\\svchost.exe|Svc=dhcp|Name=@FirewallAPI.dll,-25301|EmbedCtxt=@FirewallAPI.dll,-25000|',
  'v2.31|Action=Allow|Active=FALSE|Dir=In|Protocol=6|Profile=Private|Profile=Public|LPort=3389|RA4=LocalSubnet|RA6=LocalSubnet|Name=Ferndesktop \ufffd zulassen|',
  'v2.31|Action=Block|Active=TRUE|Dir=Out|Protocol=6|RPort=25|RA4=203.0.113.7|Name=no mail|',
];

// It says no on its standard output, and in the language of the system.
const no = (text: string): Completed => ({
  exitCode: 1,
  stdout: `\r\n${text}\r\n\r\n`,
  stderr: '',
});

const SYNTAX = 'A specified value is not valid.';

const ADDED = new Set(['name', 'dir', 'action', 'remoteip', 'interface', 'protocol', 'enable']);
// All others make it refuse: `action`, `enable`, `edge` and `description` too.
const MATCHED = new Set(['name', 'dir', 'remoteip', 'profile', 'protocol']);

/** A rule as it is stored, by its fields. */
type Fields = readonly (readonly [string, string])[];

/** The Windows Firewall of one host, behind `netsh`. Its rules are in the registry, where others read. */
export class Netsh {
  readonly #registry: Registry;
  readonly #routes: Routes;

  constructor(registry: Registry, routes: Routes) {
    this.#registry = registry;
    this.#routes = routes;
    for (const profile of ['DomainProfile', 'StandardProfile', 'PublicProfile']) {
      registry.set(`${POLICY}\\${profile}`, 'EnableFirewall', 'REG_DWORD', '0x1');
      registry.set(`${POLICY}\\${profile}`, 'DisableNotifications', 'REG_DWORD', '0x0');
      registry.make(`${POLICY}\\${profile}\\Logging`);
    }
    registry.make('HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates');
    this.#reset();
  }

  #reset(): void {
    for (const { name } of this.#registry.values(RULES)) this.#registry.remove(RULES, name);
    STOCK.forEach((data, place) => {
      this.#registry.set(RULES, `Stock-${place + 1}`, 'REG_SZ', data);
    });
  }

  run(args: readonly string[]): Completed {
    const [context, ...rest] = args;
    if (context === 'interface') return this.#routes.netsh(rest);
    if (args.join(' ') === 'advfirewall reset') {
      this.#reset();
      return ok('Ok.\r\n\r\n');
    }
    const [part, verb = '', what, ...words] = rest;
    if (context !== 'advfirewall' || part !== 'firewall' || what !== 'rule') return no(SYNTAX);
    const named = new Map<string, string>();
    for (const word of words) {
      const at = word.indexOf('=');
      const key = word.slice(0, at).toLowerCase();
      const known = (verb === 'add' ? ADDED : MATCHED).has(key);
      // Only a shell takes quotation marks away.
      if (!known || named.has(key) || word.includes('"')) return no(SYNTAX);
      named.set(key, word.slice(at + 1));
    }
    if (!named.get('name')) return no(SYNTAX);
    if (verb === 'add') return this.#add(named);
    return verb === 'delete' ? this.#delete(named) : no(SYNTAX);
  }

  #add(named: ReadonlyMap<string, string>): Completed {
    const [name = '', dir = '', action = ''] = ['name', 'dir', 'action'].map((k) => named.get(k));
    const directions: Readonly<Record<string, string>> = { in: 'In', out: 'Out' };
    const actions: Readonly<Record<string, string>> = { allow: 'Allow', block: 'Block' };
    const remote = remotes(named.get('remoteip') ?? '');
    const [direction, verdict] = [directions[dir], actions[action]];
    if (!direction || !verdict || !remote || name === 'all') return no(SYNTAX);
    const fields: Fields = [
      ['Action', verdict],
      ['Active', 'TRUE'],
      ['Dir', direction],
      ...remote,
      ['Name', name],
    ];
    const data = ['v2.31', ...fields.map(([key, value]) => `${key}=${value}`), ''].join('|');
    // Another of the same name is fine.
    this.#registry.set(RULES, this.#free(), 'REG_SZ', data);
    return ok('Ok.\r\n\r\n');
  }

  #free(): string {
    const taken = new Set(this.#registry.values(RULES).map(({ name }) => name));
    for (let number = 1; ; number += 1) {
      const id = `{0F4D7A10-0000-4000-8000-${String(number).padStart(12, '0')}}`;
      if (!taken.has(id)) return id;
    }
  }

  #delete(named: ReadonlyMap<string, string>): Completed {
    const asked = named.get('remoteip');
    const remote = asked === undefined ? undefined : remotes(asked);
    if (asked !== undefined && !remote) return no(SYNTAX);
    const found = this.#rules().filter(({ fields }) => {
      const is = (key: string, value: string | undefined) =>
        value === undefined ||
        value === 'all' ||
        fields.some(([k, v]) => k === key && v.toLowerCase() === value.toLowerCase());
      return (
        is('Name', named.get('name')) &&
        is('Dir', named.get('dir')) &&
        (!remote || String(remote) === String(fields.filter(([key]) => /^RA[46]$/.test(key))))
      );
    });
    for (const { id } of found) this.#registry.remove(RULES, id);
    if (found.length === 0) return no('No rules match the specified criteria.');
    return ok(`\r\nDeleted ${found.length} rule(s).\r\nOk.\r\n\r\n`);
  }

  #rules(): readonly { readonly id: string; readonly fields: Fields }[] {
    return this.#registry.values(RULES).map(({ name: id, data }) => ({
      id,
      fields: data
        .split('|')
        .slice(1, -1)
        .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
    }));
  }

  /** Whether nothing goes to or comes from an address, in the profiles where the firewall is on. */
  drops(target: string): boolean {
    const on = ['DomainProfile', 'StandardProfile', 'PublicProfile'].some((profile) => {
      const said = (key: string) =>
        this.#registry.values(key).find(({ name }) => name === 'EnableFirewall')?.data;
      const state = said(`${GROUP_POLICY}\\${profile}`) ?? said(`${POLICY}\\${profile}`);
      return state !== '0x0';
    });
    return on && ['In', 'Out'].every((direction) => this.#blocked(direction, target));
  }

  #blocked(direction: string, target: string): boolean {
    return this.#rules().some(({ fields }) => {
      const field = new Map(fields);
      const plain = !field.has('Protocol') && !field.has('Profile');
      const verdict = field.get('Action') === 'Block' && field.get('Active') === 'TRUE';
      if (!plain || !verdict || field.get('Dir') !== direction) return false;
      const remote = fields.filter(([key]) => /^RA[46]$/.test(key)).map(([, value]) => value);
      // A rule about no address is about all of them.
      return remote.length === 0 || remote.some((one) => covers(one, target));
    });
  }
}

/** As it stores a list of addresses; nothing for what it does not take. */
function remotes(list: string): Fields | undefined {
  if (list === '' || list === 'any') return [];
  const found: (readonly [string, string])[] = [];
  for (const one of list.split(',')) {
    const [address = '', size] = one.split('/');
    if (!ipaddr.isValid(address)) return undefined;
    const six = address.includes(':');
    if (!six && !ipaddr.IPv4.isValidFourPartDecimal(address)) return undefined;
    const full = six ? 128 : 32;
    const bits = size?.includes('.')
      ? ipaddr.IPv4.parse(size).prefixLengthFromSubnetMask()
      : Number(size ?? full);
    if (bits === null || !Number.isInteger(bits) || bits > full) return undefined;
    if (six) found.push(['RA6', bits === full ? address : `${address}/${bits}`]);
    else {
      const mask = ipaddr.IPv4.subnetMaskFromPrefixLength(bits).toString();
      found.push(['RA4', `${address}/${mask}`]);
    }
  }
  return found;
}

function covers(stored: string, target: string): boolean {
  const [address = '', size] = stored.split('/');
  if (!ipaddr.isValid(address)) return false;
  const [network, host] = [ipaddr.parse(address), ipaddr.parse(target)];
  if (network.kind() !== host.kind()) return false;
  const bits = size?.includes('.')
    ? (ipaddr.IPv4.parse(size).prefixLengthFromSubnetMask() ?? 0)
    : Number(size ?? (network.kind() === 'ipv6' ? 128 : 32));
  return host.match(network, bits);
}
