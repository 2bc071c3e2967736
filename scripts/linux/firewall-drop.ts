import { defineAction, ipset, iptables, nft, srcip } from '../../src/lib/index.ts';

export default defineAction({
  name: 'firewall-drop',
  aliases: ['default-firewall-drop', 'firewall-drop.sh'],
  summary: 'Drops every packet from the source address, to this host and through it.',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: {
    backend: {
      help: 'use this one only, instead of the first that works',
      values: ['nft', 'ipset', 'iptables'],
    },
  },
  backends: ({ ip }, circumstance) => [
    nft(ip, circumstance),
    ipset(ip, circumstance),
    iptables(ip, circumstance),
  ],
});
