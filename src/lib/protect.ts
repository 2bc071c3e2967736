import { type Lifeline, networkOf } from './lifelines/addresses.ts';
import { isObject } from './settings.ts';

/** What an operator never wants to be touched. */
export interface Protected {
  readonly addresses: readonly Lifeline[];
  /** Names of hosts, which have addresses that must not be touched. */
  readonly names: readonly Lifeline[];
  readonly users: ReadonlySet<string>;
  /** Whether addresses are spared from which an administrator is logged in. */
  readonly logins: boolean;
}

/** One list under `protect`, as it stands there. */
export interface Lists {
  readonly addresses: readonly string[];
  readonly names: readonly string[];
  readonly users: readonly string[];
  /** Entries of the fleet's lists that this host does not want. */
  readonly not: readonly string[];
  readonly logins?: boolean;
}

/** The lists that hold texts. */
export type ListName = Exclude<keyof Lists, 'logins'>;

/** Hears what is wrong with settings, or throws it. */
export type Complain = (why: string) => void;

/** Settings as JSON has them. */
export type Given = Readonly<Record<string, unknown>>;

// A fleet's list may not protect half of the internet: whoever writes it there is not root here.
const WIDEST = { ipv4: 8, ipv6: 32 } as const;
const MOST_NAMES = { own: 64, fleet: 32 } as const;

const MEMBERS: readonly string[] = ['addresses', 'names', 'users', 'not', 'logins'];

// A last label of digits would be that of an address with a mistake in it.
const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST_NAME = new RegExp(`^(?:${LABEL}\\.)*(?!\\d+\\.?$)${LABEL}\\.?$`, 'i');

/** Whether a text can be the name of a host. */
export const isHostName = (text: string): boolean => text.length <= 253 && HOST_NAME.test(text);

/** Root's lists. What cannot be understood there goes to `complain`, which throws. */
export function ownLists(settings: Given, complain: Complain): Lists {
  const lists = listsIn(settings, complain);
  for (const entry of lists.addresses) {
    if (!networkOf(entry)) complain(`protect.addresses: ${entry} is no address and no network`);
  }
  for (const entry of lists.names) {
    if (!isHostName(entry)) complain(`protect.names: ${entry} is no name of a host`);
  }
  const { own } = MOST_NAMES;
  if (lists.names.length > own) complain(`protect.names: there are more than ${own} names`);
  return lists;
}

/** The fleet's lists, without what cannot be used of them. */
export function fleetLists(settings: Given, complain: Complain): Lists {
  const lists = listsIn(settings, complain);
  const usable = (entry: string) => {
    const network = networkOf(entry);
    return network !== undefined && network[1] >= WIDEST[network[0].kind()];
  };
  const addresses = lists.addresses.filter((entry) => {
    if (usable(entry)) return true;
    complain(`protect.addresses: ${entry} is no address, or too wide a network`);
    return false;
  });
  const names = lists.names.filter((entry) => {
    if (isHostName(entry)) return true;
    complain(`protect.names: ${entry} is no name of a host`);
    return false;
  });
  const { fleet } = MOST_NAMES;
  if (names.length > fleet) complain(`protect.names: only the first ${fleet} are used`);
  return { ...lists, addresses, names: names.slice(0, fleet) };
}

/**
 * Both as one: united, but for what root does not want; a single value is root's where he gave one.
 * `place` is where the fleet's come from, for people.
 */
export function united(own: Lists, fleet: Lists, place: string): Protected {
  const wanted = (entry: string) => !own.not.includes(entry);
  const both = (list: 'addresses' | 'names'): Lifeline[] => [
    ...lifelines(own[list], 'is protected by the settings', 'riposte.json'),
    ...lifelines(fleet[list].filter(wanted), 'is protected by the fleet’s settings', place),
  ];
  return {
    addresses: both('addresses'),
    names: both('names'),
    users: new Set([...own.users, ...fleet.users.filter(wanted)]),
    logins: own.logins ?? fleet.logins ?? false,
  };
}

const lifelines = (list: readonly string[], why: string, from: string): Lifeline[] =>
  list.map((network) => ({ network, why, from }));

function listsIn(settings: Given, complain: Complain): Lists {
  const none: Lists = { addresses: [], names: [], users: [], not: [] };
  const protect = settings['protect'] ?? {};
  if (!isObject(protect)) {
    complain('protect must be {"addresses": […], "names": […], "users": […]}');
    return none;
  }
  const list = (name: ListName): readonly string[] => {
    const value = protect[name] ?? [];
    if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
    complain(`protect.${name} must be a list of texts`);
    return [];
  };
  const { logins } = protect;
  if (logins !== undefined && typeof logins !== 'boolean') {
    complain('protect.logins must be true or false');
  }
  for (const name of Object.keys(protect)) {
    if (!MEMBERS.includes(name)) {
      complain(`protect.${name} is unknown; it has ${MEMBERS.join(', ')}`);
    }
  }
  return {
    addresses: list('addresses'),
    names: list('names'),
    users: list('users'),
    not: list('not'),
    ...(typeof logins === 'boolean' && { logins }),
  };
}
