import { asking } from '../../lib/asking.ts';
import { type Firewall, firewallNow, isAbout, ownerOf } from '../../lib/firewall/netsh-rules.ts';
import { idleness } from '../../lib/firewall/windows-profiles.ts';
import { bad, type Check, type Finding, good, listed, warning } from './finding.ts';
import { PATIENCE } from './scene.ts';

/** Whether a rule does something in every profile, and whether ours still do. */
export const judgeWindowsFirewall = ({ profiles, rules }: Firewall): Finding[] => [
  ...judgeProfiles(profiles),
  ...judgeRules(rules),
];

function judgeProfiles(profiles: Firewall['profiles']): Finding[] {
  const idle = profiles.filter((profile) => profile.idle !== undefined);
  if (idle.length === 0) return [good('rules of this host count in every profile')];
  const fix = 'turn it on there, or let group policy do so, if this host is ever in such a network';
  if (idle.length < profiles.length) {
    return [warning(`rules of this host count, but ${idleness(profiles)}`, fix)];
  }
  const text = `rules of this host count in no profile: ${idleness(profiles)}`;
  return [warning(text, 'turn the firewall on in one profile at least')];
}

function judgeRules(rules: Firewall['rules']): Finding[] {
  const ours = rules.flatMap((rule) => {
    const owner = ownerOf(rule);
    return owner ? [{ ...owner, whole: isAbout(rule, owner.address) }] : [];
  });
  const addresses = (some: typeof ours) => [...new Set(some.map(({ address }) => address))];
  const broken = addresses(ours.filter(({ whole }) => !whole));
  const whole = addresses(ours).length - broken.length;
  return [
    ...(broken.length > 0
      ? [
          bad(
            `rules of Riposte were changed and do not block ${listed(broken)} any more`,
            'riposte sweep blocks again what should be',
          ),
        ]
      : []),
    ...(ours.length === 0 ? [good('nothing is blocked by the Windows Firewall')] : []),
    ...(whole > 0
      ? [good(`rules of Riposte block ${whole === 1 ? '1 address' : `${whole} addresses`}`)]
      : []),
  ];
}

/** The Windows Firewall. */
export const windowsFirewallCheck: Check = {
  name: 'firewall',
  title: 'Windows Firewall',
  run: async ({ host }) => judgeWindowsFirewall(await firewallNow(asking(host, PATIENCE))),
};
