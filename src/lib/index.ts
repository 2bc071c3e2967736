/** The names that an entry point may import. */
export { defineAction, defineDeed } from './action.ts';
export { killOptions, killProcess } from './deeds/kill-process.ts';
export { removeThreat, threatOptions } from './deeds/remove-threat.ts';
export { file, srcip } from './fields.ts';
export { firewalld, firewalldOption, zoneOption } from './firewall/firewalld.ts';
export { packetFilterOption, packetFilters } from './firewall/packet-filter.ts';
export { rateOption, throttle } from './firewall/throttle.ts';
export { slackMessage, tweet, webhook } from './notify/notification.ts';
export { slackOptions, tweetOptions, webhookOptions } from './notify/options.ts';
export { executable, pid, start } from './process-target.ts';
export { nullRouteOption, nullRoutes } from './routing/null-route.ts';
