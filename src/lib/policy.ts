import type { Host } from './host.ts';
import { type Mode, modeOf, modesIn } from './mode.ts';
import { ActionError, asActionError } from './outcome.ts';
import type { Files } from './ports.ts';
import { fleetLists, type Given, ownLists, type Protected, united } from './protect.ts';
import { objectIn, SETTINGS } from './settings.ts';

/** What root and the fleet have settled for all actions of this host. */
export interface Policy extends Protected {
  readonly modeOf: (action: string) => Mode;
}

/** The fleet's settings, which the manager distributes and the agent's own account can write. */
export const FLEET = 'etc/shared/riposte.json';

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
 * What others could have written in its place, and what it cannot use of the fleet's, it passes over
 * and says so: neither takes the other one away.
 */
export async function policyOf({ files, log }: Pick<Host, 'files' | 'log'>): Promise<Policy> {
  const own = await ownSettings({ files, log });
  const fleet = await fleetSettings(files);
  const complain = (why: string) => {
    throw new ActionError('bad-settings', `${SETTINGS}: ${why}`);
  };
  const complaints = [...fleet.complaints];
  const note = (why: string) => complaints.push(`${FLEET}: ${why}`);
  const lists = [ownLists(own, complain), fleetLists(fleet.given, note)] as const;
  const modes = [modesIn(own, complain), modesIn(fleet.given, note)];
  for (const why of complaints.slice(0, 5)) await log.say(why);
  return { ...united(...lists), modeOf: (action) => modeOf(action, modes) };
}

async function ownSettings({ files, log }: Pick<Host, 'files' | 'log'>): Promise<Given> {
  let text: string | undefined;
  try {
    text = await files.readOwn(SETTINGS, MAX_LENGTH);
  } catch (thrown) {
    await log.say(`Without root's list of what is protected: ${asActionError(thrown).message}`);
  }
  return text === undefined ? {} : objectIn(text);
}

async function fleetSettings(
  files: Pick<Files, 'read'>,
): Promise<{ readonly given: Given; readonly complaints: readonly string[] }> {
  const text = await files.read(FLEET, MAX_LENGTH);
  try {
    return { given: text === undefined ? {} : objectIn(text, FLEET), complaints: [] };
  } catch (thrown) {
    return { given: {}, complaints: [(thrown as Error).message] };
  }
}
