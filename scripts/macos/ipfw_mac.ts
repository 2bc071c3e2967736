import { defineAction, ipfwSet, srcip } from '../../src/lib/index.ts';

export default defineAction({
  name: 'ipfw_mac',
  aliases: ['ipfw_mac.sh'],
  summary: 'Drops every packet from and to the source address by ipfw, on a macOS before 10.10.',
  needs: 'ipfw, which macOS has not had since 10.10',
  proof: 'ipfw -S show',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  backends: ({ ip }, circumstance) => [ipfwSet(ip, circumstance)],
});
