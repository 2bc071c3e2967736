import { type Ask, asking } from '../../asking.ts';
import type { Sighting, Survey } from '../../effect.ts';
import { addressIn } from '../../fields.ts';
import type { Host } from '../../host.ts';
import { busctl } from './busctl.ts';
import type { Daemon } from './daemon.ts';
import { firewallCmd } from './firewall-cmd.ts';
import { priorityOf } from './zoned-rule.ts';

const RULE =
  /^rule priority="(?<priority>-\d+)" family="ipv[46]" source address="(?<address>[^"/]+)" drop$/;

/** One rule of ours in one zone. */
interface Ours {
  readonly zone: string;
  readonly rule: string;
  readonly holder: string;
  readonly target: string;
}

/** The tool to ask with: the fast one, where it is installed. */
const daemonOf = async ({ runner }: Host): Promise<Daemon> =>
  (await runner.locate(busctl.tool)) === undefined ? firewallCmd : busctl;

async function ours(holders: readonly string[], daemon: Daemon, ask: Ask): Promise<Ours[]> {
  // The rule that stands in while the other is made anew keeps the address out as well.
  const byPriority = new Map(
    holders.flatMap((holder) => [0, 1].map((more) => [priorityOf(holder) + more, holder] as const)),
  );
  const found: Ours[] = [];
  for (const [zone, rules] of await daemon.rules(ask)) {
    for (const rule of rules) {
      const { priority, address = '' } = RULE.exec(rule)?.groups ?? {};
      const holder = byPriority.get(Number(priority));
      const target = addressIn(address);
      if (holder !== undefined && target !== undefined) found.push({ zone, rule, holder, target });
    }
  }
  return found;
}

async function look(
  holders: readonly string[],
  host: Host,
  timeout: number,
): Promise<readonly Sighting[]> {
  const [daemon, ask] = [await daemonOf(host), asking(host, timeout)];
  const found = await ours(holders, daemon, ask);
  const inUse = found.length > 0 ? await daemon.zonesInUse(ask) : [];
  const each = new Map<string, { holder: string; target: string; where: string[] }>();
  for (const { zone, holder, target } of found) {
    const key = `${holder} ${target}`;
    const one = each.get(key) ?? { holder, target, where: [] };
    each.set(key, one);
    one.where.push(zone);
  }
  return [...each.values()].map((one) => ({
    ...one,
    backend: 'firewalld',
    alike: ['firewall-cmd'],
    ...(!inUse.every((zone) => one.where.includes(zone)) && { idle: true }),
  }));
}

async function raze(holders: readonly string[], host: Host, timeout: number): Promise<'razed'> {
  const ask = asking(host, timeout);
  const daemon = await daemonOf(host);
  for (const { zone, rule } of await ours(holders, daemon, ask)) {
    await ask(daemon.remove(zone, rule));
  }
  return 'razed';
}

/** Every rich rule with a priority of a holder's, by whichever tool it was added. */
export const richRulesSurvey: Survey = {
  name: 'firewalld',
  backends: ['firewalld', 'firewall-cmd'],
  look: (holders) => ({
    spelled: 'look for rich rules with our priorities in every zone of firewalld',
    act: (host, timeout) => look(holders, host, timeout),
  }),
  // A rule that was asked for in one zone is all there where it is in that zone.
  suffices: ({ where = [] }, { zone }) => zone !== undefined && where.includes(zone),
  raze: (holders) => ({
    spelled: 'remove our rich rules from every zone of firewalld',
    act: (host, timeout) => raze(holders, host, timeout),
  }),
};
