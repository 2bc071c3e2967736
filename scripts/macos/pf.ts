import { defineAction, pfAlone, pfOption, srcip } from '../../src/lib/index.ts';

export default defineAction({
  name: 'pf',
  aliases: ['pf.sh'],
  summary: 'Drops every packet from and to the source address by pf.',
  needs: 'pf; on FreeBSD and OpenBSD enabled, with the line anchor "riposte/*" in /etc/pf.conf',
  proof: 'pfctl -a riposte/pf -t riposte -T show',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { backend: pfOption },
  backends: ({ ip }, circumstance) => pfAlone(ip, circumstance),
});
