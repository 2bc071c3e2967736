import type { Ask, Question } from '../asking.ts';
import type { Command, Completed } from '../effect.ts';
import { addressIn, type Ip } from '../fields.ts';
import { windows } from '../windows/command-line.ts';
import { type Key, querying, rareTreeOf, treeOf } from '../windows/registry.ts';
import { isDown, queryingService } from '../windows/service.ts';
import { GROUP_POLICY, type Profile, profilesIn, withoutService } from './windows-profiles.ts';
import { type Direction, hostIn, POLICY, RULES, type Rule, rulesIn } from './windows-rules.ts';

/** The name of both rules of a holder for an address. It is the mark. */
export const ruleName = (holder: string, address: string): string => `riposte ${holder} ${address}`;

const NAME = /^riposte (?<holder>[a-z][a-z0-9._-]*) (?<address>[0-9a-f.:]+)$/;

/** Whose rule it is, and for which address; nothing for a rule that is not ours. */
export function ownerOf({ name }: Rule): { holder: string; address: string } | undefined {
  const { holder, address = '' } = NAME.exec(name)?.groups ?? {};
  const target = addressIn(address);
  return holder === undefined || target === undefined ? undefined : { holder, address: target };
}

/** Whether a rule blocks this address, all of it and no other. */
export const isAbout = (rule: Rule, address: string): boolean =>
  rule.blocks && rule.remote.length === 1 && rule.remote.every((one) => hostIn(one) === address);

const advfirewall = (...words: string[]) => windows('netsh', 'advfirewall', 'firewall', ...words);

/** Adds a rule. What an empty address would mean to it is every address there is. */
export function adding(name: string, { text, family }: Ip, direction: Direction): Command {
  const remote = `remoteip=${text}/${family === 6 ? 128 : 32}`;
  return advfirewall('add', 'rule', `name=${name}`, `dir=${direction}`, 'action=block', remote);
}

/** Deletes every rule of the name, or those of them that have these words. */
export const deleting = (name: string, ...words: string[]): Command =>
  advfirewall('delete', 'rule', `name=${name}`, ...words);

/** Whatever it answers: what it has done is seen in the registry. */
export const whatever = (command: Command): Question<Completed> => ({
  command,
  read: (completed) => completed,
});

/** What the firewall of this host consists of. */
export interface Firewall {
  readonly profiles: readonly Profile[];
  readonly rules: readonly Rule[];
}

// Without it nothing of what the registry says is in force.
const SERVICE = 'MpsSvc';

/**
 * Reads all of it. One `reg query /s` prints the profiles and every rule, which is some hundred
 * kilobytes: less work than a process for each of four keys, and than `netsh`, which would print the
 * same in the language of the system.
 */
export async function firewallNow(ask: Ask): Promise<Firewall> {
  const keys: readonly Key[] = (await treeOf(POLICY, ask)) ?? [];
  const policy = await rareTreeOf(GROUP_POLICY, ask);
  const profiles = profilesIn(keys, policy);
  const down = await ask(isDown(SERVICE));
  return { profiles: down ? withoutService(profiles) : profiles, rules: rulesIn(keys) };
}

/** What that asks, for people. */
export const LOOKING: readonly Command[] = [
  querying(POLICY, '/s'),
  querying(GROUP_POLICY, '/s'),
  queryingService(SERVICE),
];

/** Reads the rules alone. */
export const rulesNow = async (ask: Ask): Promise<readonly Rule[]> =>
  rulesIn((await treeOf(RULES, ask)) ?? []);
