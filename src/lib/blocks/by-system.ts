import type { Circumstance, Option } from '../action.ts';
import type { Backend } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ipfw } from '../firewall/ipfw.ts';
import { npf } from '../firewall/npf.ts';
import { pf } from '../firewall/pf.ts';
import { pfTable } from '../firewall/pf-table.ts';
import { bsdRoute } from '../routing/bsd-route.ts';
import type { System } from '../system.ts';
import { unable } from '../unable.ts';
import { bsdHosts } from '../wrappers/bsd-hosts.ts';

type Way = (ip: Ip, circumstance: Circumstance) => Backend;

const PF: readonly Way[] = [pf, pfTable];

/** The packet filters of each system, best first: the first that is on. */
const FILTERS: Readonly<Partial<Record<System, readonly Way[]>>> = {
  // Where its main ruleset looks into an anchor, and has no need of more.
  macos: [pf],
  freebsd: [...PF, ipfw],
  openbsd: PF,
  netbsd: [npf],
};

/**
 * What `block-ip` tries on each system, in upstream's order. What is no packet filter comes behind
 * them: a line of the TCP wrappers, and a null route as the last resort.
 */
const ALL: Readonly<Partial<Record<System, readonly Way[]>>> = {
  macos: [pf, bsdHosts, bsdRoute],
  freebsd: [ipfw, ...PF, bsdHosts, bsdRoute],
  openbsd: [...PF, bsdHosts, bsdRoute],
  netbsd: [npf, bsdHosts, bsdRoute],
};

const chain =
  (ways: typeof FILTERS) =>
  (ip: Ip, circumstance: Circumstance): readonly Backend[] => {
    const { system, options } = circumstance;
    const backends = (ways[system] ?? []).map((way) => way(ip, circumstance));
    const asked = options['backend'];
    const known = backends.map(({ name }) => name);
    if (asked === undefined || known.includes(asked)) return backends;
    return [unable(asked, `there is no ${asked} on ${system}: ${known.join(' and ')} are there`)];
  };

/** The ways to drop every packet from an address on macOS or a BSD, best first. */
export const bsdFilters = chain(FILTERS);

/** The ways to block an address on macOS or a BSD by whatever works, best first. */
export const bsdBlocks = chain(ALL);

/** The option that forces one of the packet filters. */
export const bsdFilterOption: Option = {
  help: 'use this one only, instead of the first that is on',
  values: ['pf', 'pf-table', 'ipfw', 'npf'],
};

/** The option that forces one of all ways. */
export const bsdBlockOption: Option = {
  help: 'use this one only, instead of the first that works',
  values: [...(bsdFilterOption.values ?? []), 'hosts-allow', 'hosts-deny', 'route'],
};

/** The option that forces one of the ways of pf. */
export const pfOption: Option = { ...bsdFilterOption, values: ['pf', 'pf-table'] };

/** pf by itself, where there is one. */
export const pfAlone = (ip: Ip, circumstance: Circumstance): readonly Backend[] =>
  (FILTERS[circumstance.system] ?? []).includes(pf)
    ? chain({ ...FILTERS, freebsd: PF })(ip, circumstance)
    : [unable('pf', 'this system has no pf: use firewall-drop, which takes what there is')];

/** ipfw by itself, where there is one. */
export const ipfwAlone = (ip: Ip, circumstance: Circumstance): readonly Backend[] => [
  circumstance.system === 'freebsd'
    ? ipfw(ip, circumstance)
    : unable('ipfw', 'only FreeBSD has this ipfw: use firewall-drop, which takes what there is'),
];

/** npf by itself, where there is one. */
export const npfAlone = (ip: Ip, { system }: Circumstance): readonly Backend[] => [
  system === 'netbsd'
    ? npf(ip)
    : unable('npf', 'only NetBSD has npf: use firewall-drop, which takes what there is'),
];
