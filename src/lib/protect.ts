import type { Host } from './host.ts';
import { type Lifeline, networkOf } from './lifelines/addresses.ts';
import { ActionError, asActionError } from './outcome.ts';
import type { Files } from './ports.ts';
import { isObject, objectIn, SETTINGS } from './settings.ts';

/** What an operator never wants to be touched. */
export interface Protected {
  readonly addresses: readonly Lifeline[];
  readonly users: ReadonlySet<string>;
}

/** The fleet's settings, which the manager distributes and the agent's own account can write. */
export const FLEET = 'etc/shared/riposte.json';

const MAX_LENGTH = 1 << 20;

// A fleet's list may not protect half of the internet: whoever writes it there is not root here.
const WIDEST = { ipv4: 8, ipv6: 32 } as const;

interface Lists {
  readonly addresses: readonly string[];
  readonly users: readonly string[];
  /** Entries of the fleet's lists that this host does not want. */
  readonly not: readonly string[];
}

const NONE: Lists = { addresses: [], users: [], not: [] };

/**
 * The lists under `protect` in root's settings and in the fleet's, as one. Throws `bad-settings` for
 * root's that cannot be understood. What others could have written in its place, and what it cannot
 * use of the fleet's, it passes over and says so: neither takes the other list away.
 */
export async function protectedBy({ files, log }: Pick<Host, 'files' | 'log'>): Promise<Protected> {
  const own = await ownLists({ files, log });
  const fleet = await fleetLists(files, (why) => log.say(`${FLEET}: ${why}`));
  const wanted = (entry: string) => !own.not.includes(entry);
  const lifelines = (list: readonly string[], why: string): Lifeline[] =>
    list.map((network) => ({ network, why }));
  return {
    addresses: [
      ...lifelines(own.addresses, 'is protected by the settings'),
      ...lifelines(fleet.addresses.filter(wanted), 'is protected by the fleet’s settings'),
    ],
    users: new Set([...own.users, ...fleet.users.filter(wanted)]),
  };
}

async function ownLists({ files, log }: Pick<Host, 'files' | 'log'>): Promise<Lists> {
  let text: string | undefined;
  try {
    text = await files.readOwn(SETTINGS, MAX_LENGTH);
  } catch (thrown) {
    await log.say(`Without root's list of what is protected: ${asActionError(thrown).message}`);
  }
  if (text === undefined) return NONE;
  const bad = (why: string) => new ActionError('bad-settings', `${SETTINGS}: ${why}`);
  const lists = listsIn(objectIn(text), (why) => {
    throw bad(why);
  });
  for (const entry of lists.addresses) {
    if (!networkOf(entry)) throw bad(`protect.addresses: ${entry} is no address and no network`);
  }
  return lists;
}

async function fleetLists(
  files: Pick<Files, 'read'>,
  say: (why: string) => Promise<void>,
): Promise<Lists> {
  const text = await files.read(FLEET, MAX_LENGTH);
  if (text === undefined) return NONE;
  const complaints: string[] = [];
  let lists = NONE;
  try {
    lists = listsIn(objectIn(text), (why) => complaints.push(why));
  } catch (thrown) {
    complaints.push((thrown as Error).message);
  }
  const addresses = lists.addresses.filter((entry) => {
    const network = networkOf(entry);
    const usable = network && network[1] >= WIDEST[network[0].kind()];
    if (!usable)
      complaints.push(`protect.addresses: ${entry} is no address, or too wide a network`);
    return usable;
  });
  for (const why of complaints.slice(0, 5)) await say(why);
  return { ...lists, addresses };
}

function listsIn(root: Readonly<Record<string, unknown>>, complain: (why: string) => void): Lists {
  const protect = root['protect'] ?? {};
  if (!isObject(protect)) {
    complain('protect must be {"addresses": […], "users": […]}');
    return NONE;
  }
  const list = (name: keyof Lists): readonly string[] => {
    const value = protect[name] ?? [];
    if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
    complain(`protect.${name} must be a list of texts`);
    return [];
  };
  for (const name of Object.keys(protect)) {
    if (!Object.hasOwn(NONE, name))
      complain(`protect.${name} is unknown; it has addresses, users and not`);
  }
  return { addresses: list('addresses'), users: list('users'), not: list('not') };
}
