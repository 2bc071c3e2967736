import {
  defineAction,
  firewalld,
  firewalldOption,
  srcip,
  zoneOption,
} from '../../src/lib/index.ts';

export default defineAction({
  name: 'firewalld-drop',
  aliases: ['firewalld-drop.sh'],
  summary: 'Drops what the source address sends to this host, by a rich rule of firewalld.',
  needs: 'firewalld 0.7 or later, running',
  proof: 'firewall-cmd --list-all-zones',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { backend: firewalldOption, zone: zoneOption },
  backends: ({ ip }, circumstance) => firewalld(ip, circumstance),
});
