import { asking } from '../../lib/asking.ts';
import { rulesNow } from '../../lib/firewall/netsh-rules.ts';
import { FORMER } from '../../lib/firewall/netsh-upstream.ts';
import { BIN } from '../../lib/node/home.ts';
import { ONE, storedRoutes } from '../../lib/routing/windows-state.ts';
import { ASIDE } from '../install/windows-naming.ts';
import { type Check, type Finding, good, listed, warning } from './finding.ts';
import { judgeLeftovers, type LeftoversFacts, ownLeftovers } from './leftovers.ts';
import { PATIENCE, type Scene } from './scene.ts';
import { namesIn } from './seen.ts';

/** What lies about on Windows. */
export interface WindowsLeftovers {
  readonly own: LeftoversFacts | undefined;
  /** Former programs that ran while they were replaced. */
  readonly former: readonly string[];
  /** Addresses in rules of the agent's own programs, as they are stored. */
  readonly rules: readonly string[];
  /** Addresses with a route on disk, by gateway; the agent's own program makes such to block. */
  readonly routes: readonly { readonly to: string; readonly gateway: string }[];
}

/** Whether anything lies about that should not. */
export function judgeWindowsLeftovers({ own, former, rules, routes }: WindowsLeftovers): Finding[] {
  const found: Finding[] = [];
  if (former.length > 0) {
    const text = `former programs that ran while they were replaced: ${listed(former)}`;
    found.push(warning(text, 'they hurt nobody, and the next riposte install removes them'));
  }
  if (rules.length > 0) {
    const text = `rules of the agent’s own program are in the Windows Firewall, for ${listed(rules)}`;
    const fix = `the agent’s delete of an address takes its rule away; what no delete will come for: netsh advfirewall firewall delete rule name="${FORMER}"`;
    found.push(warning(text, fix));
  }
  if (routes.length > 0) {
    const all = routes.map(({ to, gateway }) => `${to} by ${gateway}`);
    const text = `routes to single addresses outlast a reboot: ${listed(all)}`;
    const fix =
      'an administrator may want them; what the agent’s own route-null made blocks nothing: route DELETE ADDRESS';
    found.push(warning(text, fix));
  }
  const ours = own ? judgeLeftovers(own) : [];
  const quiet = found.length > 0 ? ours.filter(({ status }) => status !== 'good') : ours;
  return [...found, ...(own || found.length > 0 ? quiet : [good('nothing was left behind')])];
}

async function factsOf(scene: Scene): Promise<WindowsLeftovers> {
  const { home, host } = scene;
  const ask = asking(host, PATIENCE);
  const rules = (await rulesNow(ask)).filter(({ name }) => name === FORMER);
  const routes = (await storedRoutes(ask)).filter(({ mask, gateway }) => {
    // Riposte's own have no gateway, and a record.
    return mask === ONE && gateway !== '0.0.0.0';
  });
  return {
    own: home === undefined ? undefined : await ownLeftovers(scene),
    former: namesIn(`${home}/${BIN}`).filter((name) => name.startsWith(ASIDE)),
    rules: [...new Set(rules.flatMap(({ remote }) => remote))],
    routes,
  };
}

/** What was left behind. */
export const windowsLeftoversCheck: Check = {
  name: 'leftovers',
  title: 'Leftovers',
  run: async (scene) => judgeWindowsLeftovers(await factsOf(scene)),
};
