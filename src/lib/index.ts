/** The names that an entry point may import; `docs/custom-actions.md` says what they are for. */
export { accountLockOptions, accountLocks } from './accounts/account-lock.ts';
export { bsdAccountLock, bsdAccountOptions } from './accounts/bsd/account-lock.ts';
export { windowsUser } from './accounts/windows/name.ts';
export { netUser, windowsAccountOptions } from './accounts/windows/net-user.ts';
export type {
  Action,
  ActionSpec,
  Circumstance,
  Deed,
  DeedSpec,
  Fields,
  Once,
  Option,
  Response,
  Values,
} from './action.ts';
export { defineAction, defineDeed } from './action.ts';
export {
  bsdBlockOption,
  bsdBlocks,
  bsdFilterOption,
  bsdFilters,
  ipfwAlone,
  npfAlone,
  pfAlone,
  pfOption,
} from './blocks/by-system.ts';
export { killOptions, killProcess } from './deeds/kill-process.ts';
export { removeThreat, threatOptions } from './deeds/remove-threat.ts';
export type { Backend, Command, Completed, Effect, Ground, Memory, Step } from './effect.ts';
export { must, run, says, spell, undoes, unexpected, yesNo } from './effect.ts';
export type { Field, FilePath, Ip, Subject, Target, UserName } from './fields.ts';
export { file, srcip, user } from './fields.ts';
export { firewalld, firewalldOption, zoneOption } from './firewall/firewalld.ts';
export { ipfwSet } from './firewall/ipfw-set.ts';
export { packetFilterOption, packetFilters } from './firewall/packet-filter.ts';
export { rateOption, throttle } from './firewall/throttle.ts';
export { windowsBlockOption, windowsBlocks } from './firewall/windows-blocks.ts';
export { flagFile } from './flag-file.ts';
export { slackMessage, tweet, webhook } from './notify/notification.ts';
export { slackOptions, tweetOptions, webhookOptions } from './notify/options.ts';
export type { Failure, Outcome } from './outcome.ts';
export { ActionError } from './outcome.ts';
export { executable, pid, start } from './process-target.ts';
export { restartHere } from './restart/bsd/restart.ts';
export { restart, restartOptions, restartWords } from './restart/restart.ts';
export { restartService, restartServiceOptions } from './restart/windows/restart.ts';
export { bsdRoute } from './routing/bsd-route.ts';
export { nullRouteOption, nullRoutes } from './routing/null-route.ts';
export { persistentOption, windowsRoute } from './routing/windows-route.ts';
export { unable } from './unable.ts';
export { bsdHosts } from './wrappers/bsd-hosts.ts';
export { hostsDeny, wrappersOption } from './wrappers/hosts-deny.ts';
