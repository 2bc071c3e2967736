import { parseUser } from '../lib/fields.ts';
import { canonicalNetwork } from '../lib/lifelines/addresses.ts';
import { ActionError, asActionError } from '../lib/outcome.ts';
import { isHostName, type ListName, ownLists } from '../lib/protect.ts';
import { objectIn, SETTINGS } from '../lib/settings.ts';

/** Something to protect, and the list that it belongs to. */
export interface Entry {
  readonly list: Exclude<ListName, 'not'>;
  readonly text: string;
}

/** An address, a network or the name of a host. Throws `usage` for anything else. */
export function entryOf(text: string): Entry {
  const network = canonicalNetwork(text);
  if (network !== undefined) return { list: 'addresses', text: network };
  if (isHostName(text)) return { list: 'names', text: text.toLowerCase() };
  const shown = JSON.stringify(text.slice(0, 80));
  throw new ActionError('usage', `${shown} is no address, no network and no name of a host`);
}

/** The name of an account. Throws `usage` for what can be none. */
export function userOf(text: string): Entry {
  try {
    return { list: 'users', text: parseUser(text).text };
  } catch (thrown) {
    throw new ActionError('usage', asActionError(thrown).message);
  }
}

/** Settings after a change. */
export interface Edited {
  readonly text: string;
  /** The entries that made a difference. */
  readonly changed: readonly Entry[];
}

/**
 * Root's settings with entries put on the lists under `protect`, or taken off them; everything else
 * in there stays. Throws `bad-settings` for settings that cannot be understood.
 */
export function edited(
  before: string | undefined,
  verb: 'add' | 'remove',
  entries: readonly Entry[],
): Edited {
  const root = before === undefined ? {} : objectIn(before);
  const lists = ownLists(root, (why) => {
    throw new ActionError('bad-settings', `${SETTINGS}: ${why}`);
  });
  const protect: Record<string, unknown> = { ...(root['protect'] as object | undefined) };
  const changed: Entry[] = [];
  for (const entry of entries) {
    const { list, text } = entry;
    const now = (protect[list] as readonly string[] | undefined) ?? lists[list];
    const others = now.filter((one) => plain(list, one) !== text);
    const there = others.length < now.length;
    if (there === (verb === 'add')) continue;
    changed.push(entry);
    protect[list] = verb === 'add' ? [...now, text] : others;
  }
  return { text: `${JSON.stringify({ ...root, protect }, undefined, 2)}\n`, changed };
}

/** An entry as it stands in a file, in the form that `entryOf` gives. */
function plain(list: Entry['list'], text: string): string {
  if (list === 'addresses') return canonicalNetwork(text) ?? text;
  return list === 'names' ? text.toLowerCase() : text;
}
