import { rmdirSync, rmSync } from 'node:fs';
import type { Host } from '../../lib/host.ts';
import { said } from '../../lib/node/errors.ts';
import { ActionError } from '../../lib/outcome.ts';
import type { Collection } from '../../lib/person.ts';
import { chooseStore, giveBack, keep, NEARBY } from './backup.ts';
import {
  BACKUP,
  freshManifest,
  MANIFEST,
  type Manifest,
  readManifest,
  writeManifest,
} from './manifest.ts';
import { type Choice, namesOf, type Plan, planFor } from './plan.ts';
import type { Platform } from './platform.ts';
import { copyProgram, freshIn, nameIt, recogniser, sweepTemporary, syncFolder } from './program.ts';
import { at, changedAt, FOLDERS, type Site } from './site.ts';
import { tryOut, verify } from './verify.ts';

/** What is installed, and where. */
export interface Work {
  /** The program to install. */
  readonly program: string;
  readonly collection: Collection;
  readonly choice: Choice;
  readonly site: Site;
  readonly platform: Platform;
  readonly host: Host;
}

/** What would be done; nothing is touched. */
export async function plan({ collection, choice, site, platform, host }: Work): Promise<Plan> {
  const manifest = (await readManifest(host)) ?? freshManifest(site);
  return planFor(choice, manifest, site, namesOf(collection, platform), platform);
}

/**
 * Puts the program into the home under every wanted name. Whoever dies on the way leaves a manifest
 * from which the next run goes on, or uninstalling goes back; where nothing was replaced yet, nothing
 * is left behind.
 */
export async function carryOut(work: Work): Promise<Plan> {
  const { site, platform, host } = work;
  const known = at(`${site.home}/${MANIFEST}`) !== undefined;
  try {
    return await host.lock.with('install', () => alone(work));
  } catch (thrown) {
    if (!known && at(`${site.home}/${MANIFEST}`) === undefined) {
      leaveState(site);
      // What went wrong first is what a person must hear of.
      await restoreTimes(site.changed, FOLDERS, site, platform, host).catch(() => {});
    }
    throw thrown;
  }
}

async function alone(work: Work): Promise<Plan> {
  const { collection, choice, site, platform, host } = work;
  const former = await readManifest(host);
  const before = former ?? freshManifest(site);
  const plan = planFor(choice, before, site, namesOf(collection, platform), platform);
  let manifest: Manifest;
  try {
    await writeManifest(before, host);
    manifest = await prepare(work, plan, before);
  } catch (thrown) {
    sweepTemporary(site, platform);
    if (!former) forget(site);
    throw thrown;
  }
  replaceAll(plan, site, platform);
  const names = returnAll(plan, manifest, site, platform);
  sweepTemporary(site, platform);
  syncFolder(site.bin);
  await verify(plan.wanted, collection.version, site, platform);
  const { only: _, ...rest } = manifest;
  const only = plan.only && { only: plan.only };
  await writeManifest({ ...rest, ...only, names, phase: 'installed' }, host);
  return plan;
}

/**
 * Brings the new program into the folder, sees that it runs there, and keeps all that it will replace:
 * no name has changed when this is done.
 */
async function prepare(work: Work, plan: Plan, before: Manifest): Promise<Manifest> {
  const { program, collection, site, platform, host } = work;
  sweepTemporary(site, platform);
  const content = copyProgram(program, site, platform);
  await tryOut({ path: freshIn(site, platform), version: collection.version }, site, platform);
  const others = before.programs.filter(({ sha256 }) => sha256 !== content.sha256);
  const manifest: Manifest = {
    ...before,
    phase: 'changing',
    programs: [...others, content],
    store: chooseStore(before, site, platform),
  };
  const names = { ...manifest.names };
  for (const name of plan.replaced) names[name] = keep(name, manifest, site, platform);
  // Who removed a name of ours by hand may still want back what was there before.
  for (const name of plan.added) names[name] ??= { was: 'nothing' };
  for (const name of plan.renewed) names[name] ??= { was: 'nothing' };
  syncFolder(`${site.home}/${manifest.store}`);
  const whole = { ...manifest, names };
  await writeManifest(whole, host);
  return whole;
}

function replaceAll(plan: Plan, site: Site, platform: Platform): void {
  for (const name of plan.wanted) {
    try {
      nameIt(name, site, platform);
    } catch (thrown) {
      const help = 'some names are replaced already: install again, or uninstall to go back';
      const text = `${site.bin}/${name} could not be replaced: ${said(thrown)}; ${help}`;
      throw new ActionError('tool-failed', text, { cause: thrown });
    }
  }
}

/** The names that stay ours, after those that are not wanted any more are what they were. */
function returnAll(
  plan: Plan,
  manifest: Manifest,
  site: Site,
  platform: Platform,
): Manifest['names'] {
  const isOurs = recogniser(manifest.programs);
  const names = { ...manifest.names };
  for (const name of plan.returned) {
    const former = names[name];
    const answer = former && giveBack(name, former, manifest, site, platform, isOurs);
    if (answer !== undefined && answer !== 'lost') delete names[name];
  }
  return names;
}

/** Nothing was replaced: then there is nothing to remember. */
function forget({ home }: Site): void {
  for (const folder of [NEARBY, BACKUP]) {
    rmSync(`${home}/${folder}`, { recursive: true, force: true });
  }
}

/** Takes our folder away if it holds nothing but empty folders. */
export function leaveState({ state }: Site): void {
  for (const folder of [`${state}/lock`, state]) {
    try {
      if (at(folder)) rmdirSync(folder);
    } catch {
      // There is something in it: then it was used before.
      return;
    }
  }
}

/** Puts the times of some folders back, as far as they are known. */
export async function restoreTimes(
  changed: Manifest['changed'] | undefined,
  folders: readonly string[],
  { home }: Site,
  platform: Platform,
  host: Host,
): Promise<void> {
  for (const folder of folders) {
    const when = changed?.[folder];
    const path = `${home}/${folder}`;
    if (when === undefined || when === changedAt(path)) continue;
    await platform.setChanged(path, BigInt(when), host);
  }
}
