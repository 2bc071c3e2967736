import { beforeEach, describe, expect, it } from 'vitest';
import { lines } from '../blackbox/support/decoders.ts';
import { alert } from '../blackbox/support/messages.ts';
import { windowsExecd } from '../support/windows/execd.ts';
import { makeWindowsHome, type WindowsHome } from '../support/windows/home.ts';
import { windowsLane } from '../support/windows/lane.ts';
import { blockedIn, makeNetwork } from '../support/windows/network.ts';
import { GROUP_POLICY, type Keys, POLICY, PROFILES } from '../support/windows/registry.ts';

const lane = windowsLane();
let home: WindowsHome;
beforeEach(() => {
  home = makeWindowsHome(lane.windows);
});

/** What `EnableFirewall` is in one place; nothing where it is absent. */
type Setting = 0 | 1 | undefined;
const SETTINGS: readonly Setting[] = [undefined, 0, 1];

/** Both places of one profile. */
interface Pair {
  readonly own: Setting;
  readonly policy: Setting;
}

const PAIRS: readonly Pair[] = SETTINGS.flatMap((own) =>
  SETTINGS.map((policy) => ({ own, policy })),
);
const show = ({ own, policy }: Pair) => `${own ?? '-'}/${policy ?? '-'}`;

// Nine runs in which every profile is seen with every pair, and no two with the same one.
const RUNS = PAIRS.map((_, run) =>
  PROFILES.map((_, place) => PAIRS[(run + 4 * place) % 9] as Pair),
);

/** The policy comes first, and what nobody has set is on. */
const isOn = ({ own, policy }: Pair) => (policy ?? own ?? 1) === 1;

function keysOf(pairs: readonly Pair[]): Keys {
  return Object.fromEntries(
    PROFILES.flatMap((profile, place) => {
      const { own, policy } = pairs[place] as Pair;
      return [
        [`${POLICY}\\${profile}`, own === undefined ? undefined : { EnableFirewall: own }],
        [
          `${GROUP_POLICY}\\${profile}`,
          policy === undefined ? undefined : { EnableFirewall: policy },
        ],
      ];
    }),
  );
}

/** The line that a stock rule of the manager alerts on. */
function sentence(pairs: readonly Pair[]): string {
  const profiles = ['DOMAIN', 'PRIVATE', 'PUBLIC'].map((name, place) => {
    const status = isOn(pairs[place] as Pair) ? 'active' : 'inactive';
    return `"profile${place + 1}":"FIREWALL_${name}","status${place + 1}":"${status}"`;
  });
  return `{"message":"Active response may not have an effect","firewall":{${profiles.join(',')} },"status":"inactive","script":"netsh"}`;
}

const run = () =>
  windowsExecd('wazuh4', { lane, home, program: 'netsh.exe' }).add(
    JSON.parse(alert('203.0.113.66')),
    { timeout: 3600 },
  );

describe('the state of the firewall, own setting/policy of domain, private and public', () => {
  it.for(RUNS.map((pairs) => ({ pairs, name: pairs.map(show).join('  ') })))(
    '$name',
    async ({ pairs }) => {
      const network = await makeNetwork(lane, { keys: keysOf(pairs) });
      expect(await run()).toMatchObject({ exitCode: 0, reply: 'continue' });
      expect(blockedIn(network)).toEqual(['203.0.113.66']);
      const said = lines(home.log()).filter((line) => line.includes('may not have an effect'));
      const off = pairs.some((pair) => !isOn(pair));
      expect(said.map((line) => line.replace(/^.*?netsh\.exe: /, ''))).toEqual(
        off ? [sentence(pairs)] : [],
      );
      const backend = pairs.some(isOn) ? 'netsh' : 'route';
      expect(home.outcomes()).toMatchObject([{ outcome: 'applied', backend }]);
    },
  );

  it('has no effect in any: a null route takes its place, and what was said is said', async () => {
    const pairs = PROFILES.map(() => ({ own: 1, policy: 0 }) as const);
    const network = await makeNetwork(lane, { keys: keysOf(pairs) });
    expect(await run()).toMatchObject({ exitCode: 0 });
    expect(network.routes.to('203.0.113.66')).toMatchObject([{ by: 1 }]);
    expect(network.firewall.rules.size).toBe(0);
    expect(home.log()).toContain(sentence(pairs));
  });

  it('is on in all where Windows has no key of it at all', async () => {
    const network = await makeNetwork(lane, { keys: { [POLICY]: {} } });
    expect(await run()).toMatchObject({ exitCode: 0 });
    expect(blockedIn(network)).toEqual(['203.0.113.66']);
    expect(home.log()).not.toContain('may not have an effect');
  });
});
