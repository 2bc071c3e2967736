/** The names that an entry point may import. */
export { defineAction } from './action.ts';
export { srcip } from './fields.ts';
export { packetFilterOption, packetFilters } from './firewall/packet-filter.ts';
export { rateOption, throttle } from './firewall/throttle.ts';
export { nullRouteOption, nullRoutes } from './routing/null-route.ts';
