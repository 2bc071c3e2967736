import { defineAction, packetFilterOption, packetFilters, srcip } from '../../src/lib/index.ts';

export default defineAction({
  name: 'firewall-drop',
  aliases: ['default-firewall-drop', 'firewall-drop.sh'],
  summary: 'Drops every packet from the source address, to this host and through it.',
  needs: 'nftables, or ipset and iptables, or iptables',
  proof: 'nft list table inet riposte',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { backend: packetFilterOption },
  backends: ({ ip }, circumstance) => packetFilters(ip, circumstance),
});
