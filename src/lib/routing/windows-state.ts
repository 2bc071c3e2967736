import { type Ask, asking } from '../asking.ts';
import { type Command, type Completed, type Step, spell, unexpected } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { ActionError } from '../outcome.ts';
import { querying, treeOf } from '../windows/registry.ts';
import { defaultGateways, PRINTING, routesTo, type Table, tableIn } from './windows-table.ts';

/** Where the routes of IPv4 are kept that outlast a reboot: one value each, its name says it all. */
const STORED = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\PersistentRoutes';

/** What that asks, for people. */
export const looked = ({ family }: Ip): readonly Command[] =>
  family === 6 ? [PRINTING] : [PRINTING, querying(STORED, '/s')];

/** Every bit of an IPv4 address: the mask of a route to one. */
export const ONE = '255.255.255.255';

/** The routes to one address, as far as they matter. */
export interface State {
  /** The number of the loopback interface; nothing where it cannot be told. */
  readonly loopback: number | undefined;
  /** Whether there is a null route among those in use. */
  readonly active: boolean;
  /** Whether it is the first of them. */
  readonly first: boolean;
  /** Whether it is among those that outlast a reboot. */
  readonly stored: boolean;
  /** The gateways of routes to it that upstream's programs have left, which lead somewhere. */
  readonly former: readonly string[];
}

/** What was read, and what it means for one address. */
export interface Sight {
  readonly table: Table;
  readonly state: State;
}

/** One route on disk. */
export interface StoredRoute {
  readonly to: string;
  readonly mask: string;
  readonly gateway: string;
}

/** Looks at the routes to an address, in use and on disk. */
export async function look(ip: Ip, ask: Ask): Promise<Sight> {
  const table = await ask({
    command: PRINTING,
    read: (completed) => {
      const read = tableIn(completed.stdout);
      // A system without any route at all there is not, nor a table that begins elsewhere.
      if (completed.exitCode !== 0 || read.routes.length === 0) {
        throw unexpected(PRINTING, completed);
      }
      return read;
    },
  });
  const disk = ip.family === 6 ? [] : await storedRoutes(ask);
  const routes = routesTo(ip, table);
  const own = disk.filter(({ to, mask }) => to === ip.text && mask === ONE);
  const gateways = [
    ...defaultGateways(table),
    ...disk.flatMap(({ to, gateway }) => (to === '0.0.0.0' ? [gateway] : [])),
    '127.0.0.1',
  ];
  return {
    table,
    state: {
      loopback: table.loopback,
      active: routes.some(({ dead }) => dead),
      first: routes[0]?.dead === true,
      stored:
        ip.family === 6
          ? table.stored.includes(`${ip.text}/128`)
          : own.some(({ gateway }) => gateway === '0.0.0.0'),
      former: own.map(({ gateway }) => gateway).filter((one) => gateways.includes(one)),
    },
  };
}

/** All of them, of IPv4. */
export async function storedRoutes(ask: Ask): Promise<readonly StoredRoute[]> {
  const [key] = (await treeOf(STORED, ask)) ?? [];
  return (key?.values ?? []).map(({ name }) => {
    const [to = '', mask = '', gateway = ''] = name.split(',');
    return { to, mask, gateway };
  });
}

/** The state as records keep it. */
export const written = (state: State): string => JSON.stringify(state);

/** The state behind such a text; throws `bad-state` for what no version of Riposte wrote. */
export function stateIn(text: string): State {
  try {
    const state = JSON.parse(text) as State;
    const { active, first, stored, former } = state;
    if ([active, first, stored].every((one) => typeof one === 'boolean')) {
      if (Array.isArray(former)) return state;
    }
  } catch {
    // Said below.
  }
  throw new ActionError('bad-state', 'a record of an address’s former routes cannot be understood');
}

/** Runs a command. Where it complains, what it was for is looked for all the same. */
export const doing = <Answer extends string>(
  command: Command,
  answer: Answer,
  ip: Ip,
  done: (state: State) => boolean,
): Step<Answer> => ({
  spelled: spell(command),
  act: async (host, timeout) => {
    const ask = asking(host, timeout);
    const completed = await ask({ command, read: (one: Completed) => one });
    if (completed.exitCode === 0 || done((await look(ip, ask)).state)) return answer;
    throw unexpected(command, completed);
  },
});
