import type { Host } from '../lib/host.ts';
import { managersIn } from '../lib/lifelines/manager.ts';
import { lifelinesOf } from '../lib/neverblock.ts';
import { ON_WINDOWS } from '../lib/node/system.ts';
import type { Policy } from '../lib/policy.ts';
import { table } from './table.ts';

/** One thing that is never touched. */
export interface Row {
  readonly kind: 'network' | 'name' | 'user';
  /** An address, a network, a name of a host or of an account. */
  readonly what: string;
  readonly why: string;
  /** Where that is known from. */
  readonly from: string;
}

/** What is refused wherever it is met; a test asks for each of them. */
export const BUILT_IN: readonly Row[] = [
  ...classOf('is loopback', '127.0.0.0/8', '::1'),
  ...classOf('is unspecified: this network, or every address', '0.0.0.0/8', '::'),
  ...classOf('is the broadcast address', '255.255.255.255'),
  ...classOf('is multicast', '224.0.0.0/4', 'ff00::/8'),
  ...classOf('is link-local', '169.254.0.0/16', 'fe80::/10'),
  {
    kind: 'user',
    what: ON_WINDOWS ? 'Administrator' : 'root',
    why: `is this host’s administrator${ON_WINDOWS ? ', whatever its name' : ''}`,
    from: 'built in',
  },
];

function classOf(why: string, ...networks: string[]): Row[] {
  return networks.map((what) => ({ kind: 'network', what, why, from: 'built in' }));
}

const UNRESOLVED = 'has no address that is known yet';

/** All that is never touched on a host, as it is now. */
export async function rowsOf(policy: Policy, host: Host): Promise<readonly Row[]> {
  const lifelines = await lifelinesOf(policy, host);
  const { names } = managersIn((await host.files.read(host.layout.ossecConf, 1 << 22)) ?? '');
  const all = [
    ...policy.names.map(({ network, from = '' }) => [network, from] as const),
    ...names.map((name) => [name, host.layout.ossecConf] as const),
  ];
  const known = await host.names.known(all.map(([name]) => name));
  return [
    ...BUILT_IN,
    ...lifelines.map(({ network, why, from = '' }) => ({
      kind: 'network' as const,
      what: network,
      why,
      from,
    })),
    ...all
      .filter(([name]) => (known.get(name) ?? []).length === 0)
      .map(([what, from]) => ({ kind: 'name' as const, what, why: UNRESOLVED, from })),
    ...[...policy.users].map((what) => ({
      kind: 'user' as const,
      what,
      why: 'is protected by the settings',
      from: 'riposte.json, or the fleet’s',
    })),
  ];
}

/** The rows for people, in columns. */
export const tableOf = (rows: readonly Row[]): string =>
  table(
    ['WHAT', 'WHY', 'KNOWN FROM'],
    rows.map(({ kind, what, why, from }) => [kind === 'user' ? `user ${what}` : what, why, from]),
  );
