import { readdirSync, realpathSync, rmSync } from 'node:fs';
import type { Host } from '../../lib/host.ts';
import { BIN } from '../../lib/node/home.ts';
import { ActionError } from '../../lib/outcome.ts';
import type { Collection } from '../../lib/person.ts';
import { STATE } from '../../lib/ports.ts';
import { giveBack, type Returned } from './backup.ts';
import { leaveState, restoreTimes } from './carry-out.ts';
import { liftEverything } from './lift.ts';
import { BACKUP, MANIFEST, type Manifest, readManifest, writeManifest } from './manifest.ts';
import { namesOf } from './plan.ts';
import type { Platform } from './platform.ts';
import { recogniser, sweepTemporary, syncFolder, wrapperOf } from './program.ts';
import { at, type Site } from './site.ts';

/** What a person wants. */
export interface Wish {
  /** Blocks stay, and with them what is on record of them. */
  readonly keepBlocks: boolean;
  /** What is in quarantine goes too, for good, and root's settings. */
  readonly purge: boolean;
}

/** What is to be uninstalled, and from where. */
export interface Removal {
  readonly wish: Wish;
  readonly collection: Collection;
  readonly site: Site;
  readonly platform: Platform;
  readonly host: Host;
}

/** What is there to be removed. */
export interface Found {
  readonly manifest: Manifest | undefined;
  readonly timer: boolean;
  readonly state: boolean;
  /** Names in quarantine. */
  readonly quarantined: number;
  /** Wrappers that would not run without us. */
  readonly wrappers: readonly string[];
}

/** What was removed, and what was not. */
export interface Removed {
  readonly lifted: number;
  readonly timers: readonly string[];
  readonly names: Readonly<Record<Returned, readonly string[]>>;
  /** Wrappers that still need the program, for which it stays. */
  readonly wrappers: readonly string[];
  /** What stays of our folder. */
  readonly kept: readonly string[];
  /** Programs that are still in use, where they are now. */
  readonly busy: readonly string[];
}

const QUARANTINE = 'quarantine';
const SETTINGS = 'riposte.json';

/** Looks; nothing is touched. */
export async function look({
  site,
  platform,
  host,
}: Pick<Removal, 'site' | 'platform' | 'host'>): Promise<Found> {
  const state = at(site.state);
  if (state && state.kind !== 'folder') {
    throw new ActionError('bad-state', `${site.state} is no directory; remove it`);
  }
  return {
    manifest: await readManifest(host),
    timer: await platform.timer.has(site.home, host),
    state: state !== undefined,
    quarantined: state ? (await host.files.list(`${STATE}/${QUARANTINE}`)).length : 0,
    wrappers: readdirSync(site.bin).filter((name) => runsBy(`${site.bin}/riposte`, site, name)),
  };
}

function runsBy(program: string, { bin }: Site, name: string): boolean {
  const interpreter = wrapperOf(`${bin}/${name}`);
  try {
    return interpreter !== undefined && realpathSync(interpreter) === program;
  } catch {
    // It is not there: then it does not run anyway.
    return false;
  }
}

/** Undoes all of it; doing it twice, or after a run that died, ends the same. */
export function remove(removal: Removal): Promise<Removed> {
  return removal.host.lock.with('install', () => alone(removal));
}

async function alone(removal: Removal): Promise<Removed> {
  const { wish, collection, site, platform, host } = removal;
  const found = await look(removal);
  const { manifest } = found;
  const timers = await platform.timer.remove(site.home, host);
  sweepTemporary(site, platform);
  const [whole = ''] = namesOf(collection, platform);
  const names = new Names(manifest, site, platform);
  if (manifest) await writeManifest({ ...manifest, phase: 'changing' }, host);
  // The agent must make no new block behind our back, and the program itself must stay until all
  // blocks are lifted: a person may have to call it again.
  for (const name of Object.keys(manifest?.names ?? {})) if (name !== whole) names.giveBack(name);
  const lifted = wish.keepBlocks ? 0 : await liftEverything(host, collection);
  const former = manifest?.names[whole];
  const wrappers = former?.was === 'nothing' ? found.wrappers : [];
  if (wrappers.length === 0) names.giveBack(whole);
  const { naming } = platform;
  const busy = naming.evict(naming.tidy(site.bin));
  syncFolder(site.bin);
  const result = { lifted, timers, names: names.returned(), wrappers, busy };
  if (wrappers.length > 0) return { ...result, kept: ['riposte', BACKUP] };
  const untouched = result.names.theirs.length + result.names.lost.length === 0;
  const changed = untouched ? manifest?.changed : undefined;
  if (manifest) discard(`${site.home}/${manifest.store}`);
  // As long as the manifest is there, since only it knows when.
  await restoreTimes(changed, [BIN], site, platform, host);
  const kept = clear(found, wish, manifest, site);
  if (kept.length === 0) await restoreTimes(changed, ['active-response'], site, platform, host);
  return { ...result, kept };
}

const discard = (path: string): void => rmSync(path, { recursive: true, force: true });

class Names {
  readonly #manifest: Manifest | undefined;
  readonly #site: Site;
  readonly #platform: Platform;
  readonly #isOurs: (path: string) => boolean;
  readonly #returned: Record<Returned, string[]> = {
    restored: [],
    removed: [],
    theirs: [],
    lost: [],
  };

  constructor(manifest: Manifest | undefined, site: Site, platform: Platform) {
    this.#manifest = manifest;
    this.#site = site;
    this.#platform = platform;
    this.#isOurs = recogniser(manifest?.programs ?? []);
  }

  giveBack(name: string): void {
    const former = this.#manifest?.names[name];
    if (!former || !this.#manifest) return;
    const [site, platform] = [this.#site, this.#platform];
    const answer = giveBack(name, former, this.#manifest, site, platform, this.#isOurs);
    this.#returned[answer].push(name);
  }

  returned(): Removed['names'] {
    return this.#returned;
  }
}

/** Empties our folder but for what is to stay; the manifest goes last. What stayed is the answer. */
function clear(
  { quarantined }: Found,
  { keepBlocks, purge }: Wish,
  manifest: Manifest | undefined,
  site: Site,
): readonly string[] {
  const stays = (name: string) =>
    keepBlocks ||
    (name === QUARANTINE && quarantined > 0 && !purge) ||
    (name === SETTINGS && manifest?.settings !== false && !purge);
  if (!at(site.state)) return [];
  const entries = readdirSync(site.state).filter((name) => name !== 'backup');
  for (const name of entries) if (!stays(name)) discard(`${site.state}/${name}`);
  discard(`${site.home}/${MANIFEST}`);
  discard(`${site.home}/${BACKUP}`);
  leaveState(site);
  return at(site.state) ? readdirSync(site.state) : [];
}
