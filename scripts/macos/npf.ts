import { defineAction, npfAlone, srcip } from '../../src/lib/index.ts';

export default defineAction({
  name: 'npf',
  aliases: ['npf.sh'],
  summary: 'Drops every packet from and to the source address by npf of NetBSD.',
  needs: 'npf, on, with a table in /etc/npf.conf that its rules block by',
  proof: 'npfctl table riposte list',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  backends: ({ ip }, circumstance) => npfAlone(ip, circumstance),
});
