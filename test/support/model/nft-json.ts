import type { ElementSet, Table } from './nft.ts';

/** One table as `nft -j list table` prints it, as far as anybody here asks. */
export function jsonOf(name: string, { sets, chains }: Table, now: number): object {
  const [family, table] = name.split(' ');
  const rule = (chain: string, text: string) => {
    const [, protocol, set, counts] = /^(ip6?) saddr (@\S+) (counter )?drop$/.exec(text) ?? [];
    const left = { payload: { protocol, field: 'saddr' } };
    return {
      family,
      table,
      chain,
      expr: [
        { match: { op: '==', left, right: set } },
        ...(counts ? [{ counter: { packets: 0, bytes: 0 } }] : []),
        ...(set === undefined ? [] : [{ drop: null }]),
      ],
    };
  };
  return {
    nftables: [
      { metainfo: { version: '1.0.6', json_schema_version: 1 } },
      { table: { family, name: table } },
      ...[...sets].map(([set, value]) => ({
        set: { family, name: set, table, type: value.type, ...elements(value, now) },
      })),
      ...[...chains].map(([chain, { hook }]) => ({
        chain: { family, table, name: chain, ...(hook && { hook: 'prerouting' }) },
      })),
      ...[...chains].flatMap(([chain, { rules }]) =>
        rules.map((text) => ({ rule: rule(chain, text) })),
      ),
    ],
  };
}

function elements({ elements, kept }: ElementSet, now: number): object {
  const elem = [...elements].map(([val, { ends, limit }]) => {
    const more = {
      ...(ends !== undefined && { expires: Math.floor((ends - now) / 1000) }),
      ...(kept === 'counter' && { counter: { packets: 0, bytes: 0 } }),
      ...(limit !== undefined && { limit: { rate: 10, per: 'second', inv: true } }),
    };
    return Object.keys(more).length > 0 ? { elem: { val, ...more } } : val;
  });
  return elem.length > 0 ? { elem } : {};
}
