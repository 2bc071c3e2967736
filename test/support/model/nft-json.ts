import type { Table } from './nft.ts';

const MARKS = { counter: { packets: 0, bytes: 0 } };

/** A limit as nft's JSON has it. */
function limitOf(text: string): object {
  const [, rate, per, burst] =
    /^limit rate over (\d+)\/(\w+) burst (\d+) packets$/.exec(text) ?? [];
  return { limit: { rate: Number(rate), burst: Number(burst), per, inv: true } };
}

/** One table as `nft -j list table` of 1.0.6 prints it. */
export function jsonOf(name: string, { dormant, sets, chains }: Table, now: number): object {
  const [family, table] = name.split(' ');
  const at = { family, table };
  // Its own word for the flag is a set's type, or whatever lies there.
  const flags = dormant ? { flags: 'ipv4_addr' } : {};
  return {
    nftables: [
      { metainfo: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 } },
      { table: { family, name: table, handle: 1, ...flags } },
      ...[...sets].map(([set, { type, size, flags, kept, elements }]) => ({
        set: {
          ...{ ...at, name: set, type, handle: 2, size, ...(flags && { flags: [flags] }) },
          ...(elements.size > 0 && {
            elem: [...elements].map(([val, { ends, limit }]) => {
              const left = ends === undefined ? undefined : (ends - now) / 1000;
              const elem = {
                val,
                ...(left !== undefined && { timeout: Math.ceil(left), expires: Math.floor(left) }),
                ...(kept === 'counter' && MARKS),
                ...(limit !== undefined && limitOf(limit)),
              };
              return Object.keys(elem).length > 1 ? { elem } : val;
            }),
          }),
        },
      })),
      ...[...chains].flatMap(([chain, { hook, rules }]) => {
        const [, type, where, policy] =
          /^type (\w+) hook (\w+) priority [\w-]+; policy (\w+);$/.exec(hook ?? '') ?? [];
        const base = hook === undefined ? {} : { type, hook: where, prio: -300, policy };
        return [
          { chain: { ...at, name: chain, handle: 1, ...base } },
          ...rules.map((rule) => ({
            rule: { ...at, chain, handle: 5, expr: expressionsOf(rule) },
          })),
        ];
      }),
    ],
  };
}

/** The parts of a rule that looks into a set. */
function expressionsOf(rule: string): readonly object[] {
  const [, protocol, right, verdict = ''] = /^(ip6?) saddr (@\S+) (.+)$/.exec(rule) ?? [];
  const left = { payload: { protocol, field: 'saddr' } };
  return [
    { match: { op: '==', left, right } },
    ...verdict.split(' ').map((word) => (word === 'counter' ? MARKS : { [word]: null })),
  ];
}
