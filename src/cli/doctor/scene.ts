import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Response } from '../../lib/action.ts';
import type { Host } from '../../lib/host.ts';
import type { Log } from '../../lib/log.ts';
import { calledAs } from '../../lib/node/called.ts';
import { findHome, slashed, USUAL_HOME } from '../../lib/node/home.ts';
import { effectiveUser, machine } from '../../lib/node/machine.ts';
import { PROGRAM_FILES } from '../../lib/node/program-file.ts';
import { ActionError } from '../../lib/outcome.ts';
import type { Collection } from '../../lib/person.ts';
import { type Ar, arIn } from './ar-conf.ts';
import { see, textOf } from './seen.ts';

/** Milliseconds for one question to a tool. */
export const PATIENCE = 3_000;

/** What all checks look at. */
export interface Scene {
  /** This machine, with a log that goes nowhere: a doctor leaves no trace. */
  readonly host: Host;
  /** The home that was named and does not exist. */
  readonly lost: string | undefined;
  readonly home: string | undefined;
  readonly uid: number;
  /** Whether this process may change the network's rules; nothing where that is not known. */
  readonly netAdmin: boolean | undefined;
  readonly version: string;
  /** Every action of the program. */
  readonly actions: readonly Response[];
  /** Those that are to be looked at. */
  readonly chosen: readonly Response[];
  /** Whether they were asked for by name. */
  readonly named: boolean;
  /** The agent's own lists of what it calls; nothing where they cannot be read. */
  readonly arConf: readonly Ar[] | undefined;
  readonly ossecConf: string | undefined;
}

const MAX_CONFIG = 1 << 22;

const nowhere = async (): Promise<void> => {};
const SILENT: Log = {
  say: nowhere,
  honoured: nowhere,
  declined: nowhere,
  outcome: nowhere,
  putAside: nowhere,
  size: () => 0,
};

/** Sets the scene; throws `usage` for names that no action has. */
export async function sceneOf(
  collection: Collection,
  names: readonly string[],
  named: string | undefined,
): Promise<Scene> {
  const actions = await Promise.all(
    collection.actions.map(async ({ load }) => (await load()).default),
  );
  const chosen = names.length > 0 ? names.map((name) => one(actions, name)) : actions;
  const lost = named !== undefined && !mayBeHome(named) ? named : undefined;
  const home = lost === undefined ? homeAt(named) : undefined;
  const host = { ...machine('riposte', home, () => {}), log: SILENT };
  const ar = await host.files.read(host.layout.arConf, MAX_CONFIG);
  return {
    host,
    lost,
    home,
    uid: effectiveUser(),
    netAdmin: mayChangeNetwork(),
    version: collection.version,
    actions,
    chosen: [...new Set(chosen)],
    named: names.length > 0,
    arConf: ar === undefined ? undefined : arIn(ar),
    ossecConf: await host.files.read(host.layout.ossecConf, MAX_CONFIG),
  };
}

function one(actions: readonly Response[], name: string): Response {
  const program = PROGRAM_FILES.programOf(name);
  const found = actions.find((action) => namesOf(action).includes(program));
  if (found) return found;
  const all = actions.map((action) => action.name).join(', ');
  throw new ActionError('usage', `"${name}" is no action of this program; its actions: ${all}`);
}

/** All names that an action can be called by. */
export const namesOf = ({
  name,
  aliases,
}: Pick<Response, 'name' | 'aliases'>): readonly string[] => [name, ...aliases];

/** The files of those names. */
export const filesOf = (action: Pick<Response, 'name' | 'aliases'>): readonly string[] =>
  namesOf(action).map(PROGRAM_FILES.fileOf);

/** The home that was named, or is found; one that is closed to this user is a home too. */
function homeAt(named: string | undefined): string | undefined {
  if (named !== undefined) return slashed(resolve(named));
  return findHome(calledAs(), true) ?? (mayBeHome(USUAL_HOME) ? USUAL_HOME : undefined);
}

function mayBeHome(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return see(path) === 'hidden';
  }
}

// The bit of CAP_NET_ADMIN.
const NET_ADMIN = 12n;

function mayChangeNetwork(): boolean | undefined {
  const [, bits] = /^CapEff:\s*([0-9a-f]+)$/m.exec(textOf('/proc/self/status') ?? '') ?? [];
  return bits === undefined ? undefined : ((BigInt(`0x${bits}`) >> NET_ADMIN) & 1n) === 1n;
}
