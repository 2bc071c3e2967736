import { bsdFilterOption, bsdFilters, defineAction, srcip } from '../../src/lib/index.ts';

export default defineAction({
  name: 'firewall-drop',
  aliases: ['default-firewall-drop', 'firewall-drop.sh'],
  summary: 'Drops every packet from and to the source address by the packet filter that is on.',
  needs: 'what pf, ipfw or npf needs',
  proof: 'pfctl -a riposte/firewall-drop -t riposte -T show',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { backend: bsdFilterOption },
  backends: ({ ip }, circumstance) => bsdFilters(ip, circumstance),
});
