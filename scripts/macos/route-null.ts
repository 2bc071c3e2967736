import { bsdRoute, defineAction, srcip } from '../../src/lib/index.ts';

export default defineAction({
  name: 'route-null',
  aliases: ['route-null.sh'],
  summary: 'Null-routes the source address: no reply leaves this host, though its packets arrive.',
  needs: 'route, which is a part of the system',
  proof: 'route -n get -host ADDRESS',
  states: { held: 'is null-routed', lifted: 'is no longer null-routed' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  backends: ({ ip }, circumstance) => [bsdRoute(ip, circumstance)],
});
