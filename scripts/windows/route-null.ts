import { defineAction, persistentOption, srcip, windowsRoute } from '../../src/lib/index.ts';

export default defineAction({
  name: 'route-null',
  aliases: ['route-null.cmd', 'route-null-2012.cmd'],
  summary: 'Null-routes the source address: no reply leaves this host, though its packets arrive.',
  needs: 'an address behind a gateway',
  proof: 'route print 203.0.113.7',
  states: { held: 'is null-routed', lifted: 'is no longer null-routed' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { persistent: persistentOption },
  backends: ({ ip }, circumstance) => [windowsRoute(ip, circumstance)],
});
