import type { Circumstance } from '../action.ts';
import type { Backend } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { nftSurvey } from './nft-survey.ts';
import { type Corner, LONGEST, member, timeout } from './nft-table.ts';

// Counters in sets need nft 0.9.5 and kernel 5.7.
const corner = (holder: string): Corner => ({
  name: holder,
  verdict: 'drop',
  keeps: ['counter', ''],
});

/** Drops every packet from the address at the first hook of the host, by a set element. */
export function nft(ip: Ip, { holder, expiry, kernel }: Circumstance): Backend {
  // Adding again moves an expiry since kernel 6.12; before, it silently keeps the old one.
  const [major, minor] = kernel;
  const replace = !(major > 6 || (major === 6 && minor >= 12));
  return {
    name: 'nft',
    longest: LONGEST,
    record: false,
    survey: nftSurvey,
    effects: [member(corner(holder), ip, timeout(expiry), { replace })],
  };
}
