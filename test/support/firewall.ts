import type { Family, Place } from './net.ts';

/** The ways firewall-drop has. */
export type BackendName = 'nft' | 'ipset' | 'iptables';

/** One address that is blocked. */
export interface Blocked {
  readonly address: string;
  /** Seconds until the kernel lifts it by itself; nothing for never. */
  readonly left: number | undefined;
}

/** What a backend's own tool shows of one holder's blocks. */
export interface Probe {
  readonly name: BackendName;
  readonly tools: readonly string[];
  blocked(where: Place, family: Family, holder?: string): Promise<readonly Blocked[]>;
  /** The rules that make the blocks work: one for a set, one a chain for every address without. */
  rules(where: Place, family: Family, holder?: string): Promise<readonly string[]>;
  /** Takes every trace of ours away, as somebody might behind our back. */
  wipe(where: Place): Promise<void>;
}

const HOLDER = 'firewall-drop';

/** `iptables` or its twin for IPv6. */
export const tableTool = (family: Family) => (family === 6 ? 'ip6tables' : 'iptables');

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

/** Standard output of a question whose subject may not be there at all. */
const asked = async (where: Place, ...argv: string[]) => {
  const { exitCode, stdout } = await where.run(argv);
  return exitCode === 0 ? stdout : '';
};

interface NftElement {
  readonly val: string;
  readonly timeout?: number;
  readonly expires?: number;
}

const nft: Probe = {
  name: 'nft',
  tools: ['nft'],
  async blocked(where, family, holder = HOLDER) {
    const json = await asked(
      where,
      'nft',
      '-j',
      'list',
      'set',
      'inet',
      'riposte',
      `${holder}${family}`,
    );
    if (json === '') return [];
    const items: { set?: { elem?: (string | { elem: NftElement })[] } }[] =
      JSON.parse(json).nftables;
    const elements = items.flatMap(({ set }) => set?.elem ?? []);
    return elements.map((element) =>
      typeof element === 'string'
        ? { address: element, left: undefined }
        : { address: element.elem.val, left: element.elem.expires },
    );
  },
  async rules(where, family, holder = HOLDER) {
    const listing = await asked(where, 'nft', '-t', 'list', 'table', 'inet', 'riposte');
    return lines(listing).filter((line) => line.includes(`saddr @${holder}${family} drop`));
  },
  async wipe(where) {
    await where.run(['nft', 'delete', 'table', 'inet', 'riposte']);
  },
};

const ipset: Probe = {
  name: 'ipset',
  tools: ['ipset', 'iptables', 'ip6tables'],
  async blocked(where, family, holder = HOLDER) {
    const listing = await asked(where, 'ipset', 'list', `riposte${family}-${holder}`, '-o', 'save');
    return lines(listing)
      .filter((line) => line.startsWith('add '))
      .map((line) => {
        const left = Number(/ timeout (\d+)/.exec(line)?.[1] ?? 0);
        return { address: line.split(' ')[2] ?? '', left: left > 0 ? left : undefined };
      });
  },
  async rules(where, family, holder = HOLDER) {
    const listing = await asked(where, tableTool(family), '-t', 'raw', '-S', 'PREROUTING');
    return lines(listing).filter((line) =>
      line.includes(`--match-set riposte${family}-${holder} src`),
    );
  },
  async wipe(where) {
    for (const tool of ['iptables', 'ip6tables']) await where.run([tool, '-t', 'raw', '-F']);
    for (const name of lines(await asked(where, 'ipset', 'list', '-n'))) {
      if (name.startsWith('riposte')) await where.must(['ipset', 'destroy', name]);
    }
  },
};

const marked = async (where: Place, family: Family, holder: string) =>
  lines(await asked(where, tableTool(family), '-S')).filter((line) =>
    line.includes(`--comment "riposte ${holder}"`),
  );

const iptables: Probe = {
  name: 'iptables',
  tools: ['iptables', 'ip6tables'],
  async blocked(where, family, holder = HOLDER) {
    const rules = await marked(where, family, holder);
    const addresses = rules.map((rule) => / -s (\S+)\/\d+ /.exec(rule)?.[1] ?? '');
    // It counts as blocked only where both chains drop it.
    return [...new Set(addresses)]
      .filter((address) => addresses.filter((other) => other === address).length === 2)
      .map((address) => ({ address, left: undefined }));
  },
  rules: (where, family, holder = HOLDER) => marked(where, family, holder),
  async wipe(where) {
    for (const tool of ['iptables', 'ip6tables']) await where.run([tool, '-F']);
  },
};

/** Every backend's probe by its name. */
export const PROBES: Readonly<Record<BackendName, Probe>> = { nft, ipset, iptables };

/**
 * Everything in a place's firewall that is not ours, as text to compare: the rules of every family,
 * the sets, no counters.
 */
export async function othersOf(where: Place): Promise<string> {
  const tables = (await where.must(['nft', '-s', 'list', 'ruleset'])).split(/^(?=table )/m);
  const saved = [
    await where.must(['iptables-save']),
    await where.must(['ip6tables-save']),
    await where.must(['ipset', 'save']),
  ];
  return [
    // The tables of iptables are in its own listing, in its own words.
    ...tables.filter((table) => !/^table (inet riposte|ip6? (filter|raw|nat)) /.test(table)),
    ...lines(saved.join('\n'))
      .filter((line) => !line.startsWith('#') && !line.includes('riposte'))
      .map((line) => line.replace(/ \[\d+:\d+\]$/, '')),
  ].join('\n');
}

/** One row for each backend and IP version. */
export const COMBINATIONS = (['nft', 'ipset', 'iptables'] as const).flatMap((backend) =>
  ([4, 6] as const).map((family) => ({ backend, family, extra: ['--backend', backend] })),
);
