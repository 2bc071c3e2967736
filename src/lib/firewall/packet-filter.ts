import type { Circumstance, Option } from '../action.ts';
import type { Backend } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ipset } from './ipset.ts';
import { iptables } from './iptables.ts';
import { nft } from './nft.ts';

/** The option that forces one of the ways to drop packets. */
export const packetFilterOption: Option = {
  help: 'use this one only, instead of the first that works',
  values: ['nft', 'ipset', 'iptables'],
};

/** Every way to drop all packets from an address on Linux, best first. */
export const packetFilters = (ip: Ip, circumstance: Circumstance): readonly Backend[] => [
  nft(ip, circumstance),
  ipset(ip, circumstance),
  iptables(ip, circumstance),
];
