import { isKey, type Key, numberIn } from '../windows/registry.ts';
import { POLICY } from './windows-rules.ts';

/** Where group policy says the same, and comes first. Most hosts have no such key. */
export const GROUP_POLICY = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall';

/** One of the networks that the firewall tells apart. */
export interface Profile {
  /** As upstream's message has it. */
  readonly label: string;
  /** For people. */
  readonly name: string;
  /** Why a rule of this host does nothing in it, as the end of a sentence; nothing where it does. */
  readonly idle: string | undefined;
}

/**
 * The three of them. The firewall keeps the private one by its older name; policies use both, of which
 * the newer comes first [MS-GPFAS].
 */
const PROFILES = [
  { label: 'DOMAIN', name: 'domain', own: 'DomainProfile', policies: ['DomainProfile'] },
  {
    label: 'PRIVATE',
    name: 'private',
    own: 'StandardProfile',
    policies: ['PrivateProfile', 'StandardProfile'],
  },
  { label: 'PUBLIC', name: 'public', own: 'PublicProfile', policies: ['PublicProfile'] },
] as const;

/** The state of each profile, from the firewall's keys and those of group policy. */
export function profilesIn(
  keys: readonly Key[],
  policy: readonly Key[] | undefined = [],
): readonly Profile[] {
  return PROFILES.map(({ label, name, own, policies }) => {
    const said = (value: string) =>
      policies
        .map((one) => policy.find((key) => isKey(key, `${GROUP_POLICY}\\${one}`)))
        .map((key) => numberIn(key, value))
        .find((number) => number !== undefined);
    const local = keys.find((key) => isKey(key, `${POLICY}\\${own}`));
    const byPolicy = said('EnableFirewall');
    const enabled = byPolicy ?? numberIn(local, 'EnableFirewall');
    const off =
      byPolicy === undefined ? 'the firewall is off' : 'group policy turns the firewall off';
    const alone = said('AllowLocalPolicyMerge') === 0;
    // What nobody has set is on.
    const idle =
      enabled === 0 ? off : alone ? 'group policy lets no rules of this host count' : undefined;
    return { label, name, idle };
  });
}

/** The same while the firewall's service does not run: whatever they are set to, nothing is kept out. */
export const withoutService = (profiles: readonly Profile[]): readonly Profile[] =>
  profiles.map((profile) => ({ ...profile, idle: 'the service of the firewall does not run' }));

/** Half a sentence about the profiles in which a rule does nothing; nothing where there is none. */
export function idleness(profiles: readonly Profile[]): string | undefined {
  const reasons = new Set(profiles.flatMap(({ idle }) => idle ?? []));
  const parts = [...reasons].map((why) => {
    const names = profiles.filter(({ idle }) => idle === why).map(({ name }) => name);
    const [last = '', ...others] = names.toReversed();
    const all = others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`;
    return `not in the ${all} profile${others.length === 0 ? '' : 's'}, where ${why}`;
  });
  return parts.length === 0 ? undefined : parts.join(', and ');
}

/**
 * What upstream logs where a profile is off, byte for byte: a stock rule of the manager reads it.
 */
export function upstreamSentence(profiles: readonly Profile[]): string {
  const members = profiles.map(({ label, idle }, place) => {
    const status = idle === undefined ? 'active' : 'inactive';
    return `"profile${place + 1}":"FIREWALL_${label}","status${place + 1}":"${status}"`;
  });
  const firewall = `{${members.join(',')} }`;
  return `{"message":"Active response may not have an effect","firewall":${firewall},"status":"inactive","script":"netsh"}`;
}
