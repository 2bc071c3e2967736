import { type Ask, asking, type Question } from '../asking.ts';
import { run, type Sighting, type Survey, says, unexpected } from '../effect.ts';
import { addressIn } from '../fields.ts';
import type { Host } from '../host.ts';
import { ActionError, asActionError } from '../outcome.ts';
import { tableTool } from './xtables.ts';

type Family = 4 | 6;

const FAMILIES = [4, 6] as const;

/** Where one address has its rules. */
const CHAINS = ['INPUT', 'FORWARD'];

// As both programs print what we add, up to the address.
const RULE =
  /^\[(?<packets>\d+):\d+\] -A (?<rule>(?<chain>INPUT|FORWARD) -s (?<address>\S+)\/(?:32|128) -m comment --comment "riposte (?<holder>\S+)" -j DROP)$/;
const LOOK =
  /^\[\d+:\d+\] -A (?<rule>PREROUTING -m set --match-set (?<set>riposte[46]-\S+) src -m comment --comment "riposte \S+" -j DROP)$/;
const SET = /^riposte([46])-(.+)$/;
const MEMBER =
  /^add (?<set>riposte[46]-\S+) (?<address>\S+)(?: timeout (?<left>\d+))?(?: packets (?<packets>\d+))?/;

/** A rule of ours: its table, and its words as the tool takes them back. */
interface Rule {
  readonly table: 'filter' | 'raw';
  readonly words: string;
  readonly named: Readonly<Record<string, string>>;
}

/** Everything of ours among the rules of one address family, by `-save`, which creates no table. */
function rulesOf(family: Family): Question<readonly Rule[]> {
  const command = run(`${tableTool(family)}-save`, '-c');
  return {
    command,
    read: (completed) => {
      if (completed.exitCode !== 0) throw unexpected(command, completed);
      const found: Rule[] = [];
      let table = '';
      for (const line of completed.stdout.split('\n')) {
        if (line.startsWith('*')) table = line.slice(1);
        if (table !== 'filter' && table !== 'raw') continue;
        const named = (table === 'raw' ? LOOK : RULE).exec(line)?.groups;
        if (named) found.push({ table, words: named['rule'] ?? '', named });
      }
      return found;
    },
  };
}

// What it says where the kernel knows no sets, so that there can be none.
const NO_SETS = /Cannot open session to kernel|Kernel error received: Invalid argument/;

/** What it prints, by lines; nothing where the kernel knows no sets. */
function sets(...words: string[]): Question<readonly string[]> {
  const command = run('ipset', ...words);
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return completed.stdout.split('\n');
      if (NO_SETS.test(completed.stderr)) return [];
      throw unexpected(command, completed);
    },
  };
}

/** The answer; nothing where the tool is not installed. */
async function ifThere<Answer>(question: Question<Answer>, ask: Ask): Promise<Answer | undefined> {
  try {
    return await ask(question);
  } catch (thrown) {
    if (asActionError(thrown).kind === 'missing-tool') return undefined;
    throw thrown;
  }
}

/** All rules of ours; nothing where there is no iptables at all. */
async function allRules(host: Host, ask: Ask): Promise<ReadonlyMap<Family, readonly Rule[]>> {
  const found = new Map<Family, readonly Rule[]>();
  for (const family of FAMILIES) {
    const rules = await ifThere(rulesOf(family), ask);
    if (rules) found.set(family, rules);
    else if ((await host.runner.locate(tableTool(family))) !== undefined) {
      const tool = tableTool(family);
      throw new ActionError('tool-failed', `${tool} is installed, but ${tool}-save is not`);
    }
  }
  return found;
}

/** Blocks by one rule in each chain: with less than that packets pass. */
function byRules(rules: readonly Rule[]): readonly Sighting[] {
  const found = new Map<string, { chains: Set<string>; packets: number; mark: Sighting }>();
  for (const { named } of rules.filter(({ table }) => table === 'filter')) {
    const { chain = '', address = '', holder = '', packets } = named;
    const target = addressIn(address);
    if (target === undefined) continue;
    const key = `${holder} ${target}`;
    const mark = { backend: 'iptables', holder, target };
    const one = found.get(key) ?? { chains: new Set(), packets: 0, mark };
    found.set(key, one);
    one.chains.add(chain);
    one.packets += Number(packets);
  }
  return [...found.values()].map(({ chains, packets, mark }) => ({
    ...mark,
    packets,
    ...(chains.size < CHAINS.length && { idle: true }),
  }));
}

/** Blocks by members of sets; `obeyed` are those that a rule looks into. */
function byMembers(lines: readonly string[], obeyed: ReadonlySet<string>): readonly Sighting[] {
  return lines.flatMap((line) => {
    const { set = '', address = '', left = '0', packets } = MEMBER.exec(line)?.groups ?? {};
    const target = addressIn(address);
    const [, , holder] = SET.exec(set) ?? [];
    if (holder === undefined || target === undefined) return [];
    return [
      {
        backend: 'ipset',
        holder,
        target,
        ...(left !== '0' && { left: Number(left) }),
        ...(packets !== undefined && { packets: Number(packets) }),
        ...(!obeyed.has(set) && { idle: true as const }),
      },
    ];
  });
}

async function look(host: Host, timeout: number): Promise<readonly Sighting[]> {
  const ask = asking(host, timeout);
  const rules = [...(await allRules(host, ask)).values()].flat();
  const obeyed = new Set(rules.flatMap(({ named }) => named['set'] ?? []));
  const members = (await ifThere(sets('save'), ask)) ?? [];
  return [...byRules(rules), ...byMembers(members, obeyed)];
}

// Rules in one transaction: in a container the kernel takes no more than some two thousand.
const AT_ONCE = 1_000;

// Whoever else takes rules away may make one transaction fail; the kernel lets go of a set later
// than it says that the rule is gone.
const ROUNDS = 5;
const PAUSE = 50;

async function raze(host: Host, timeout: number): Promise<'razed'> {
  const ask = asking(host, timeout);
  for (let round = 1; ; round += 1) {
    try {
      for (const [family, rules] of await allRules(host, ask)) await takeAway(family, rules, ask);
      const names = (await ifThere(sets('list', '-n'), ask)) ?? [];
      const ours = names.filter((name) => SET.test(name));
      if (ours.length > 0) await ask(destroying(ours));
      return 'razed';
    } catch (thrown) {
      const error = asActionError(thrown);
      if (error.kind !== 'tool-failed' || round === ROUNDS) throw error;
      await host.clock.sleep(PAUSE);
    }
  }
}

async function takeAway(family: Family, rules: readonly Rule[], ask: Ask): Promise<void> {
  // In the order in which they stand there, so that each is the first that is looked at.
  for (const table of ['raw', 'filter'] as const) {
    const lines = rules.filter((rule) => rule.table === table).map(({ words }) => `-D ${words}`);
    for (let from = 0; from < lines.length; from += AT_ONCE) {
      await ask(restoring(family, table, lines.slice(from, from + AT_ONCE)));
    }
  }
}

function restoring(family: Family, table: string, lines: readonly string[]): Question<'done'> {
  const command = {
    tool: `${tableTool(family)}-restore`,
    args: ['-w', '5', '--noflush'],
    stdin: [`*${table}`, ...lines, 'COMMIT', ''].join('\n'),
  };
  return {
    command,
    read: (completed) => {
      if (completed.exitCode !== 0) throw unexpected(command, completed);
      return 'done';
    },
  };
}

function destroying(names: readonly string[]): Question<'done'> {
  const command = {
    tool: 'ipset',
    args: ['restore'],
    stdin: names.map((name) => `flush ${name}\ndestroy ${name}\n`).join(''),
  };
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return 'done';
      if (says(completed, 'in use by a kernel component')) {
        const text = `a rule that is not ours looks into one of ${names.join(', ')}; remove it first`;
        throw new ActionError('tool-failed', text);
      }
      throw unexpected(command, completed);
    },
  };
}

/** Every rule of ours of `iptables` and `ip6tables`, and every member of our sets. */
export const xtablesSurvey: Survey = {
  name: 'iptables',
  backends: ['iptables', 'ipset'],
  look: () => ({
    spelled: 'iptables-save -c; ip6tables-save -c; ipset save',
    act: look,
  }),
  raze: () => ({
    spelled: 'iptables-restore, ip6tables-restore and ipset restore, without what is ours',
    act: raze,
  }),
};
