import { describe, expect, test } from 'vitest';
import { isAbout } from '../../src/lib/firewall/netsh-rules.ts';
import { idleness, profilesIn, upstreamSentence } from '../../src/lib/firewall/windows-profiles.ts';
import { hostIn, isHuge, ruleIn } from '../../src/lib/firewall/windows-rules.ts';
import { keysIn } from '../../src/lib/windows/registry.ts';

const OURS =
  'v2.31|Action=Block|Active=TRUE|Dir=In|RA4=203.0.113.7/255.255.255.255|Name=riposte x|';

test('a rule is read as [MS-GPFAS] has it', () => {
  expect(ruleIn(OURS)).toEqual({
    name: 'riposte x',
    direction: 'in',
    blocks: true,
    remote: ['203.0.113.7/255.255.255.255'],
  });
  const example =
    'v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|LPort=RPC|LA4=192.168.1.0/255.255.255.0|RA4=LocalSubnet|RA6=LocalSubnet|App=c:\\x\\y.exe|Name=a=b|Security=Authenticate|';
  expect(ruleIn(example)).toMatchObject({ name: 'a=b', blocks: false });
  for (const data of ['', 'v2', 'TRUE', 'Action=Block|']) expect(ruleIn(data)).toBeUndefined();
});

describe('a rule blocks an address', () => {
  const about = (data: string, address = '203.0.113.7') => {
    const rule = ruleIn(data);
    return rule !== undefined && isAbout(rule, address);
  };

  test.each([
    OURS,
    OURS.replace('/255.255.255.255', '/32'),
    OURS.replace('/255.255.255.255', ''),
    OURS.replace('|Name', '|Profile=Private|Profile=Domain|Profile=Public|Name'),
    OURS.replace('|Name', '|Protocol=256|Name'),
    OURS.replace('|Name', '|Desc=to whom|EmbedCtxt=x|Edge=FALSE|Name'),
    OURS.replace('Dir=In', 'Dir=Out'),
  ])('by %s', (data) => {
    expect(about(data)).toBe(true);
  });

  test.each([
    OURS.replace('203.0.113.7', '203.0.113.70'),
    OURS.replace('.255|', '.0|'),
    OURS.replace('Block', 'Allow'),
    OURS.replace('TRUE', 'FALSE'),
    OURS.replace('|Name', '|Protocol=6|Name'),
    OURS.replace('|Name', '|Profile=Public|Name'),
    OURS.replace('|Name', '|LPort=80|Name'),
    OURS.replace('|Name', '|LPort2_10=80-90|Name'),
    OURS.replace('|Name', '|App=C:\\x.exe|Name'),
    OURS.replace('|Name', '|IF={0F4D}|Name'),
    OURS.replace('|Name', '|RA42=LocalSubnet|Name'),
    OURS.replace('|Name', '|RA4=203.0.113.8|Name'),
    OURS.replace('|RA4=203.0.113.7/255.255.255.255', ''),
  ])('but not by %s', (data) => {
    expect(about(data)).toBe(false);
  });
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7/32', '203.0.113.7'],
  ['203.0.113.7-203.0.113.7', '203.0.113.7'],
  ['2001:db8::7', '2001:db8::7'],
  ['2001:DB8:0:0:0:0:0:7/128', '2001:db8::7'],
  ['2001:db8::7/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8::7'],
  ['2001:db8::7-2001:db8::7', '2001:db8::7'],
  ['203.0.113.7/24', undefined],
  ['203.0.113.7/128', undefined],
  ['203.0.113.7-203.0.113.8', undefined],
  ['2001:db8::7/32', undefined],
  ['LocalSubnet', undefined],
  ['', undefined],
])('%s is the host %s', (stored, host) => {
  expect(hostIn(stored)).toBe(host);
});

test.each([
  ['2001:db8::7/32', true],
  ['2001:DB8::7/32', true],
  ['2001:db8::/32', true],
  ['2001:db8::70/32', false],
  ['2001:db9::/32', false],
  ['2001:db8::7/128', false],
  ['2001:db8::7', false],
  ['203.0.113.7/32', false],
])('%s is upstream’s huge network around the address: %s', (stored, expected) => {
  expect(isHuge(stored, '2001:db8::7')).toBe(expected);
});

const POLICY =
  'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy';
const GROUP = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall';

const key = (path: string, value: string, number: number | undefined) =>
  number === undefined ? [] : [path, `    ${value}    REG_DWORD    0x${number}`];

const STATES = [undefined, 0, 1] as const;
const PAIRS = STATES.flatMap((policy) => STATES.map((local) => [policy, local] as const));

describe.each([
  ['domain', 'DomainProfile', 'DomainProfile'],
  ['private', 'StandardProfile', 'PrivateProfile'],
  ['private', 'StandardProfile', 'StandardProfile'],
  ['public', 'PublicProfile', 'PublicProfile'],
] as const)('the %s profile, by %s, or first by the policy’s %s', (name, own, policies) => {
  test.each(PAIRS)('where the policy says %s and the host %s', (policy, local) => {
    const keys = keysIn(key(`${POLICY}\\${own}`, 'EnableFirewall', local).join('\r\n'));
    const above = keysIn(key(`${GROUP}\\${policies}`, 'EnableFirewall', policy).join('\r\n'));
    const profiles = profilesIn(keys, policy === undefined ? undefined : above);
    const on = (policy ?? local ?? 1) === 1;
    for (const profile of profiles) {
      expect(profile.idle === undefined, profile.name).toBe(on || profile.name !== name);
    }
  });
});

test('the newer policy of the private profile comes before the older', () => {
  const above = keysIn(
    [
      ...key(`${GROUP}\\StandardProfile`, 'EnableFirewall', 0),
      ...key(`${GROUP}\\PrivateProfile`, 'EnableFirewall', 1),
    ].join('\r\n'),
  );
  expect(idleness(profilesIn([], above))).toBeUndefined();
});

test('a profile in which only the policy’s rules count is of no use', () => {
  const above = keysIn(key(`${GROUP}\\PublicProfile`, 'AllowLocalPolicyMerge', 0).join('\r\n'));
  const profiles = profilesIn([], above);
  expect(idleness(profiles)).toBe(
    'not in the public profile, where group policy lets no rules of this host count',
  );
  expect(upstreamSentence(profiles)).toContain('"status3":"inactive" },"status":"inactive"');
});

test('upstream’s sentence is as upstream writes it', () => {
  const keys = keysIn(key(`${POLICY}\\StandardProfile`, 'EnableFirewall', 0).join('\r\n'));
  expect(upstreamSentence(profilesIn(keys))).toBe(
    '{"message":"Active response may not have an effect","firewall":{"profile1":"FIREWALL_DOMAIN","status1":"active","profile2":"FIREWALL_PRIVATE","status2":"inactive","profile3":"FIREWALL_PUBLIC","status3":"active" },"status":"inactive","script":"netsh"}',
  );
});
