import { defineAction, ipfwAlone, srcip } from '../../src/lib/index.ts';

export default defineAction({
  name: 'ipfw',
  aliases: ['ipfw.sh'],
  summary: 'Drops every packet from and to the source address by ipfw of FreeBSD.',
  needs: 'ipfw of FreeBSD 11 or later, on',
  proof: 'ipfw table riposte_ipfw list',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  backends: ({ ip }, circumstance) => ipfwAlone(ip, circumstance),
});
