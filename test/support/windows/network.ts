import { Firewall } from './firewall.ts';
import type { WindowsLane } from './lane.ts';
import { GROUP_POLICY, type Keys, POLICY, seed } from './registry.ts';
import { Routes, STORED } from './routes.ts';

/** The firewall and the routes of a Windows, as its tools and its registry tell of them. */
export interface Network {
  readonly firewall: Firewall;
  readonly routes: Routes;
}

/** What a fresh Windows has: every profile on, and no policy. */
const FRESH: Keys = {
  [POLICY]: {},
  [`${POLICY}\\FirewallRules`]: {},
  ...Object.fromEntries(
    ['DomainProfile', 'StandardProfile', 'PublicProfile'].map((profile) => [
      `${POLICY}\\${profile}`,
      { EnableFirewall: 1 },
    ]),
  ),
  [GROUP_POLICY]: undefined,
  [STORED]: undefined,
};

/** Has the tools of the lane answer for a network, and the registry be that of a fresh Windows but for `keys`. */
export async function makeNetwork(
  { windows, doubles }: WindowsLane,
  {
    firewall = new Firewall(),
    routes = new Routes(),
    keys = {},
  }: Partial<Network> & {
    readonly keys?: Keys;
  } = {},
): Promise<Network> {
  doubles.answer('netsh', (call) =>
    call.args[0] === 'interface' ? routes.netsh(call.args) : firewall.tool(call),
  );
  doubles.answer('route', routes.tool);
  doubles.answer('icacls', () => ({}));
  await seed(windows, { ...FRESH, ...keys });
  return { firewall, routes };
}

/** Addresses that nothing comes from nor goes to by rules, then those whose route leads nowhere. */
export function blockedIn({ firewall, routes }: Network): readonly string[] {
  const rules = [...firewall.rules.values()].filter(({ action }) => action === 'block');
  const out = rules.filter(({ dir }) => dir === 'out').map(({ remote }) => remote);
  const both = rules.filter(({ dir, remote }) => dir === 'in' && out.includes(remote));
  const dead = routes.active.filter(({ by, to }) => by === 1 && !/^(?:127\.|::1)/.test(to));
  return [...both.map(({ remote }) => remote), ...dead.map(({ to }) => to)].map(
    (network) => network.split('/')[0] ?? '',
  );
}
