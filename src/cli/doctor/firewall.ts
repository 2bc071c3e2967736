import { existsSync } from 'node:fs';
import { type Command, run } from '../../lib/effect.ts';
import { TABLE } from '../../lib/firewall/nft-table.ts';
import { bad, type Check, type Finding, good, listed, warning } from './finding.ts';
import { flowtablesIn, type Table, tableIn } from './nft-listing.ts';
import { refusal } from './questions.ts';
import { PATIENCE, type Scene } from './scene.ts';
import { namesIn, textOf } from './seen.ts';

/** What is known of the firewall in force. */
export interface FirewallFacts {
  /** What `nft -t list ruleset` says; nothing where it cannot be asked. */
  readonly ruleset: string | undefined;
  /** Whether something is on record as blocked by nft. */
  readonly used: boolean;
  readonly firewalld: boolean;
  /** What `iptables -V` says. */
  readonly iptables: string | undefined;
  /** Tables of iptables-legacy that the kernel has. */
  readonly legacy: readonly string[];
  /** Network cards that are ports of a bridge. */
  readonly bridged: readonly string[];
}

/** Whether what was blocked is in force, and what could pass by it. */
export function judgeFirewall(facts: FirewallFacts): Finding[] {
  const { ruleset, firewalld, bridged } = facts;
  const found = ruleset === undefined ? [] : judgeRuleset(ruleset, facts);
  if (firewalld) found.push(good('firewalld is running; a block by nft comes before its rules'));
  found.push(...judgeIptables(facts));
  if (bridged.length > 0) {
    const text = `${listed(bridged)} is a port of a bridge: what is bridged to guests passes by every block`;
    found.push(warning(text, 'block it in the guests too'));
  }
  return found;
}

function judgeRuleset(ruleset: string, { used }: FirewallFacts): Finding[] {
  const table = tableIn(ruleset);
  const flowtables = flowtablesIn(ruleset);
  const found: Finding[] = [];
  if (!table && used) {
    const text = `what was blocked by nft is gone: there is no table inet ${TABLE} any more`;
    found.push(
      warning(
        text,
        'riposte sweep blocks again what should be; find out what flushes the firewall',
      ),
    );
  } else if (!table) {
    found.push(good('nothing is blocked by nft'));
  } else {
    found.push(...judgeTable(table));
  }
  if (flowtables.length > 0) {
    const text = `flowtable ${listed(flowtables)}: a connection that is offloaded goes on after its block`;
    found.push(warning(text, 'take the flowtable out where blocks must cut what is open'));
  }
  return found;
}

function judgeTable({ dormant, sets, chains }: Table): Finding[] {
  const fix = `nft delete table inet ${TABLE}; riposte sweep: it blocks again what should be`;
  if (dormant) return [bad(`table inet ${TABLE} is dormant: nothing in it is in force`, fix)];
  // A chain is named after its holder, its sets with 4 or 6 behind that.
  const holders = [...new Set(sets.map((set) => set.slice(0, -1)))];
  const broken = holders.filter((holder) => !isInForce(chains.get(holder), holder));
  const whole = holders.filter((holder) => !broken.includes(holder));
  return [
    ...broken.map((holder) =>
      bad(`what ${holder} blocked is not in force: its chain was changed`, fix),
    ),
    ...(whole.length > 0 ? [good(`in force in table inet ${TABLE}: ${listed(whole)}`)] : []),
  ];
}

const HOOK = /^type filter hook prerouting priority (?:raw|-300);/;

function isInForce(chain: readonly string[] | undefined, holder: string): boolean {
  const [hook = '', ...rules] = chain ?? [];
  const drops = (family: 4 | 6) =>
    rules.some((rule) => rule.includes(`saddr @${holder}${family} `));
  return HOOK.test(hook) && drops(4) && drops(6);
}

function judgeIptables({ iptables, legacy }: FirewallFacts): Finding[] {
  if (iptables === undefined) return [];
  const kind = iptables.includes('nf_tables') ? 'nft' : 'legacy';
  if (kind === 'nft' && legacy.length > 0) {
    const text = `iptables is iptables-nft, and iptables-legacy has rules in force too (${listed(legacy)}): each shows its own half`;
    return [warning(text, 'keep all rules in one of them')];
  }
  return [good(`iptables is iptables-${kind}`)];
}

async function factsOf(scene: Scene): Promise<FirewallFacts> {
  const { host } = scene;
  const usable = (await refusal('nft', scene)) === undefined;
  const places = await host.records.places().catch(() => []);
  const asking = (await host.runner.locate('busctl')) ? 'busctl' : 'firewall-cmd';
  const there = (await host.runner.locate(asking)) !== undefined;
  const words = (name: string) => (textOf(`/proc/net/${name}`) ?? '').split('\n').filter(Boolean);
  return {
    ruleset: usable ? await answer(run('nft', '-t', 'list', 'ruleset'), scene) : undefined,
    used: places.some(({ backend }) => backend.startsWith('nft')),
    firewalld: there && (await refusal(asking, scene)) === undefined,
    iptables: await answer(run('iptables', '-V'), scene),
    legacy: [...new Set([...words('ip_tables_names'), ...words('ip6_tables_names')])],
    bridged: namesIn('/sys/class/net').filter(isBridgedCard),
  };
}

const isBridgedCard = (name: string): boolean =>
  existsSync(`/sys/class/net/${name}/device`) && existsSync(`/sys/class/net/${name}/brport`);

async function answer(command: Command, { host }: Scene): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await host.runner.run(command, PATIENCE);
    return exitCode === 0 ? stdout : undefined;
  } catch {
    // It is not there, or says nothing: then there is nothing to judge.
    return undefined;
  }
}

/** The firewall in force. */
export const firewallCheck: Check = {
  name: 'firewall',
  title: 'Firewall',
  run: async (scene) => judgeFirewall(await factsOf(scene)),
};
