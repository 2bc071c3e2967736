import { defineAction, nullRouteOption, nullRoutes, srcip } from '../../src/lib/index.ts';

export default defineAction({
  name: 'route-null',
  aliases: ['route-null.sh'],
  summary: 'Null-routes the source address: no reply leaves this host, though its packets arrive.',
  needs: 'iproute2, or net-tools',
  proof: 'ip route show table 182',
  states: { held: 'is null-routed', lifted: 'is no longer null-routed' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: { backend: nullRouteOption },
  backends: ({ ip }, circumstance) => nullRoutes(ip, circumstance),
});
