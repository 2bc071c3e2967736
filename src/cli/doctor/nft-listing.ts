import { TABLE } from '../../lib/firewall/nft-table.ts';

/** Our table as a terse listing shows it. */
export interface Table {
  readonly dormant: boolean;
  readonly sets: readonly string[];
  /** The lines inside of each chain, without their indent. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

/** Reads our table from `nft -t list ruleset`; nothing where it is not there. */
export function tableIn(ruleset: string): Table | undefined {
  const lines = ruleset.split('\n');
  const first = lines.indexOf(`table inet ${TABLE} {`);
  if (first < 0) return undefined;
  const last = lines.indexOf('}', first);
  const inside = lines.slice(first + 1, last < 0 ? undefined : last);
  const sets = inside.flatMap((line) => /^\tset (\S+) \{$/.exec(line)?.[1] ?? []);
  const chains = new Map(
    inside.flatMap((line, place) => {
      const [, name] = /^\tchain (\S+) \{$/.exec(line) ?? [];
      if (name === undefined) return [];
      const end = inside.indexOf('\t}', place);
      return [[name, inside.slice(place + 1, end).map((rule) => rule.trim())] as const];
    }),
  );
  return { dormant: inside.some((line) => /^\tflags .*dormant/.test(line)), sets, chains };
}

/** The flowtables of all tables, by name. */
export const flowtablesIn = (ruleset: string): readonly string[] =>
  [...ruleset.matchAll(/^\tflowtable (\S+) \{$/gm)].map(([, name = '']) => name);
