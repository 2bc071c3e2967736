import {
  defineAction,
  firewalld,
  firewalldOption,
  hostsDeny,
  nullRouteOption,
  nullRoutes,
  packetFilterOption,
  packetFilters,
  srcip,
  wrappersOption,
  zoneOption,
} from '../../src/lib/index.ts';

export default defineAction({
  name: 'block-ip',
  summary: 'Blocks the source address by the first method that works on this host.',
  needs: 'any of what firewall-drop, firewalld-drop, host-deny and route-null need',
  proof: 'nft list table inet riposte',
  states: { held: 'is blocked', lifted: 'is no longer blocked' },
  fields: { ip: srcip },
  keys: ({ ip }) => [ip.text],
  options: {
    backend: {
      ...packetFilterOption,
      values: [
        packetFilterOption,
        firewalldOption,
        { values: ['hosts-deny'] },
        nullRouteOption,
      ].flatMap(({ values = [] }) => values),
    },
    zone: zoneOption,
    'assume-wrappers': wrappersOption,
  },
  backends: ({ ip }, circumstance) => [
    ...packetFilters(ip, circumstance),
    ...firewalld(ip, circumstance),
    hostsDeny(ip, circumstance),
    // The last resort: what is not the first choice is found again by its record.
    ...nullRoutes(ip, circumstance).map((route) => ({ ...route, record: true })),
  ],
});
