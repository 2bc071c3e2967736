/** The names that an entry point may import. */
export { defineAction } from './action.ts';
export { must, run, yesNo } from './effect.ts';
export { srcip } from './fields.ts';
export { ipset } from './firewall/ipset.ts';
export { iptables } from './firewall/iptables.ts';
export { nft } from './firewall/nft.ts';
export { blackhole } from './routing/blackhole.ts';
