import type { Host } from './host.ts';
import { type Mode, modeOf, modesIn } from './mode.ts';
import { ActionError, asActionError } from './outcome.ts';
import type { Files } from './ports.ts';
import { fleetLists, type Given, type Lists, ownLists, type Protected, united } from './protect.ts';
import { objectIn, SETTINGS } from './settings.ts';

/** What root and the fleet have settled for all actions of this host. */
export interface Policy extends Protected {
  readonly modeOf: (action: string) => Mode;
}

/** Where nothing is settled. */
export const OPEN: Policy = {
  addresses: [],
  names: [],
  users: new Set(),
  logins: false,
  modeOf: () => 'enforce',
};

const MAX_LENGTH = 1 << 20;

/**
 * Root's settings and the fleet's as one. Throws `bad-settings` for root's that cannot be understood.
 * Of what others could have written in its place only what it protects counts; what cannot be used of
 * the fleet's is passed over. Both are said, and neither takes the other one away.
 */
export async function policyOf({
  files,
  layout: { fleet: place },
  log,
}: Pick<Host, 'files' | 'layout' | 'log'>): Promise<Policy> {
  const own = await ownSettings({ files, log });
  const fleet = await fleetSettings(files, place);
  const complain = (why: string) => {
    throw new ActionError('bad-settings', `${SETTINGS}: ${why}`);
  };
  const complaints = [...fleet.complaints];
  const note = (why: string) => complaints.push(`${place}: ${why}`);
  const doubted = fleetLists(own.doubtful, (why) => complaints.push(`${SETTINGS}: ${why}`));
  const lists = [
    joined(ownLists(own.given, complain), doubted),
    fleetLists(fleet.given, note),
  ] as const;
  const modes = [modesIn(own.given, complain), modesIn(fleet.given, note)];
  for (const why of complaints.slice(0, 5)) await log.say(why);
  return { ...united(...lists, place), modeOf: (action) => modeOf(action, modes) };
}

/** Root's settings, and what stands in their place where others could have written it. */
async function ownSettings({
  files,
  log,
}: Pick<Host, 'files' | 'log'>): Promise<{ readonly given: Given; readonly doubtful: Given }> {
  try {
    const text = await files.readOwn(SETTINGS, MAX_LENGTH);
    return { given: text === undefined ? {} : objectIn(text), doubtful: {} };
  } catch (thrown) {
    const { kind, message } = asActionError(thrown);
    if (kind !== 'bad-state') throw thrown;
    await log.say(`Of root's settings only what they protect counts: ${message}`);
    return { given: {}, doubtful: readable(await files.read(SETTINGS, MAX_LENGTH)) };
  }
}

/** The object that a text is; an empty one where it is none. */
function readable(text = '{}'): Given {
  try {
    return objectIn(text);
  } catch {
    return {};
  }
}

/** More can only protect more: whoever wrote that may have wanted it, or cannot do harm by it. */
const joined = (own: Lists, doubted: Lists): Lists => ({
  ...own,
  addresses: [...own.addresses, ...doubted.addresses],
  names: [...own.names, ...doubted.names],
  users: [...own.users, ...doubted.users],
});

async function fleetSettings(
  files: Pick<Files, 'read'>,
  place: string,
): Promise<{ readonly given: Given; readonly complaints: readonly string[] }> {
  const text = await files.read(place, MAX_LENGTH);
  try {
    return { given: text === undefined ? {} : objectIn(text, place), complaints: [] };
  } catch (thrown) {
    return { given: {}, complaints: [(thrown as Error).message] };
  }
}
