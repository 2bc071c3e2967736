import { type Ask, asking, type Question } from '../asking.ts';
import { type Asked, type Backend, type Command, spell } from '../effect.ts';
import type { Ip } from '../fields.ts';
import type { Host } from '../host.ts';
import { ActionError } from '../outcome.ts';

/** Tables of an administrator's: who put an address into them can be told by nobody. */
export interface SharedTables {
  /** The backend's name. */
  readonly name: string;
  readonly tool: string;
  /** What they can be called, best first. */
  readonly names: readonly string[];
  /** The ones that rules block by, of those names; a sentence where none would have any effect. */
  readonly inUse: (ask: Ask) => Promise<readonly string[] | string>;
  /** What that asks, for people. */
  readonly looking: Command;
  /** Whether an address is in a table; nothing where there is no such table. */
  readonly test: (table: string, ip: Ip) => Question<boolean | undefined>;
  readonly add: (table: string, ip: Ip) => Asked<'made'>;
  readonly remove: (table: string, ip: Ip) => Asked<'undone'>;
}

// A state is a list of `TABLE in`, `TABLE out`, and `unused` behind those that no rule blocks by.
const partOf = (state: string, table: string) =>
  state.split(', ').find((part) => part.split(' ')[0] === table);
const isIn = (part: string | undefined) => part?.split(' ')[1] === 'in';
const isUsed = (part: string) => part !== '' && !part.endsWith(' unused');

/**
 * Blocks the address by putting it into a table that an administrator has made for that purpose. It
 * has no room for a mark: whose an address is, is on record alone.
 */
export function sharedTable(ip: Ip, tables: SharedTables): Backend {
  const [usual = ''] = tables.names;
  let idle: string | undefined;
  let holding = usual;

  const look = async (host: Host, timeout: number) => {
    const ask = asking(host, timeout);
    const used = await tables.inUse(ask);
    idle = typeof used === 'string' ? used : undefined;
    const parts: string[] = [];
    for (const table of tables.names) {
      const there = await ask(tables.test(table, ip));
      if (there === undefined) continue;
      if (there) holding = table;
      const heeded = typeof used !== 'string' && used.includes(table);
      parts.push(`${table} ${there ? 'in' : 'out'}${heeded ? '' : ' unused'}`);
    }
    return parts.join(', ');
  };
  const chosen = (state: string) => state.split(', ').find(isUsed)?.split(' ')[0] ?? usual;

  return {
    name: tables.name,
    tools: [tables.tool],
    longest: 0,
    record: true,
    lock: tables.name,
    effects: [],
    memory: {
      what: `${ip.text} in a table of ${tables.tool}`,
      look: {
        spelled: [tables.looking, tables.test(usual, ip).command].map(spell).join('\n'),
        act: look,
      },
      spare: {
        spelled: `# unless no rule blocks by ${tables.names.join(' or ')}`,
        act: async () => {
          if (idle !== undefined) throw new ActionError('no-effect', idle);
          return 'good';
        },
      },
      holds: (state) => state.split(', ').some((part) => isUsed(part) && isIn(part)),
      make: (state) => [tables.add(chosen(state), ip)],
      former: (now, recorded) => recorded ?? `${chosen(now)} out`,
      restore: (former, now) => {
        const [table = '', how] = former.split(' ');
        return how === 'out' && isIn(partOf(now, table)) ? [tables.remove(table, ip)] : [];
      },
      usual: { former: `${usual} out`, made: `${usual} in` },
      get lift() {
        return tables.remove(holding, ip).command;
      },
    },
  };
}
