import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { calledAs } from '../../lib/node/called.ts';
import { BIN, existing, findHome, slashed, USUAL_HOME } from '../../lib/node/home.ts';
import { distrust } from '../../lib/node/trust.ts';
import { ActionError } from '../../lib/outcome.ts';
import { STATE } from '../../lib/ports.ts';

/** The agent's home as it was found, before anything in it was touched. */
export interface Site {
  /** Absolute, no link on its way. */
  readonly home: string;
  /** Where the programs are, absolute. */
  readonly bin: string;
  /** Our own folder, absolute; it need not be there. */
  readonly state: string;
  /** The number of the agent's group. */
  readonly group: number;
  /** When the folders were last changed, in nanoseconds since 1970, by their paths below the home. */
  readonly changed: Readonly<Record<string, string>>;
}

/** The folders whose times installing moves, the inner one first. */
export const FOLDERS = [BIN, 'active-response'] as const;

/**
 * Looks at a home. Throws `usage` where there is none, and `bad-state` where somebody else than root
 * could put programs there.
 */
export function siteAt(named: string | undefined): Site {
  const found = named === undefined ? findHome(calledAs(), true) : existing(named);
  if (found === undefined) {
    const text = `no agent was found here (there is no ${USUAL_HOME})`;
    throw new ActionError('usage', `${text}; install the agent first, or say --home DIRECTORY`);
  }
  const home = slashed(realpathSync(found));
  const bin = `${home}/${BIN}`;
  for (const folder of FOLDERS) demandFolder(home, folder);
  const others = distrust([bin], 0);
  if (others) {
    const text = `${bin} is not touched: ${others.what} ${others.why}`;
    throw new ActionError('bad-state', text);
  }
  return {
    home,
    bin,
    state: `${home}/${STATE}`,
    group: groupOf(home, bin),
    changed: Object.fromEntries(FOLDERS.map((folder) => [folder, changedAt(`${home}/${folder}`)])),
  };
}

function demandFolder(home: string, folder: string): void {
  const path = `${home}/${folder}`;
  const status = at(path);
  if (status?.kind === 'folder') return;
  const what = status ? `${path} is no directory` : `there is no ${path}`;
  const text = `${what}, so that ${home} is no agent's home; say another with --home DIRECTORY`;
  throw new ActionError('usage', text);
}

/** The group of the programs that are there, else of the folders around them. */
function groupOf(home: string, bin: string): number {
  const programs = readdirSync(bin).map((name) => lstatSync(`${bin}/${name}`));
  const all = [...programs.filter((one) => one.isFile()), lstatSync(bin), lstatSync(home)];
  return all.map(({ gid }) => gid).find((gid) => gid !== 0) ?? 0;
}

/** What has a name. */
export interface At {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Which file it is, whatever its name; of Windows the numbers need all their digits. */
  readonly identity: string;
}

/** What is there, links not followed; nothing where nothing is. */
export function at(path: string): At | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  if (!found) return undefined;
  const { mode, uid, gid, size, dev, ino } = found;
  const kinds = { file: found.isFile(), folder: found.isDirectory(), link: found.isSymbolicLink() };
  const [kind = 'other'] = (['file', 'folder', 'link'] as const).filter((one) => kinds[one]);
  const [bits, user, group] = [Number(mode), Number(uid), Number(gid)];
  const identity = `${dev}:${ino}`;
  return { kind, mode: bits, uid: user, gid: group, size: Number(size), identity };
}

/** When it was last changed, in nanoseconds since 1970. */
export const changedAt = (path: string): string => `${lstatSync(path, { bigint: true }).mtimeNs}`;
