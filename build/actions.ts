import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BuildError, messageOf } from './failure.ts';
import { isObject } from './json.ts';
import { root } from './paths.ts';
import type { ScriptFolder } from './targets.ts';

/** An entry point and the names it answers to. */
export interface Entry {
  /** Path below the checkout, with forward slashes. */
  readonly file: string;
  readonly name: string;
  readonly aliases: readonly string[];
}

/** Learns from every entry point of a platform which names it answers to. */
export async function discover(
  folder: ScriptFolder,
  scripts: string = path.join(root, 'scripts'),
): Promise<readonly Entry[]> {
  const directory = path.join(scripts, folder);
  const files = (await readdir(directory).catch(() => []))
    .filter((file) => file.endsWith('.ts'))
    .sort();
  const entries = await Promise.all(
    files.map(async (file) => describe(path.join(directory, file), `scripts/${folder}/${file}`)),
  );
  refuseDoubles(entries);
  return entries;
}

/** Every file name that the binary gets: its own, and those of its actions. */
export function namesOf(entries: readonly Entry[]): readonly string[] {
  return ['riposte', ...entries.flatMap(({ name, aliases }) => [name, ...aliases])];
}

async function describe(absolute: string, file: string): Promise<Entry> {
  const { name, aliases = [] } = await defaultExport(absolute, file);
  if (typeof name !== 'string') {
    throw new BuildError(`${file} must export an action by default; it has no "name".`);
  }
  if (!isTexts(aliases)) throw new BuildError(`${file}: "aliases" must be a list of names.`);
  if (name !== path.basename(file, '.ts')) {
    throw new BuildError(`${file} declares the action "${name}"; file and action must agree.`);
  }
  for (const each of [name, ...aliases]) {
    if (!/^[a-z0-9][a-z0-9._-]*$/i.test(each)) {
      throw new BuildError(`${file}: "${each}" cannot be the name of an executable.`);
    }
  }
  return { file, name, aliases };
}

async function defaultExport(absolute: string, file: string): Promise<Record<string, unknown>> {
  try {
    const module: { readonly default?: unknown } = await import(pathToFileURL(absolute).href);
    return isObject(module.default) ? module.default : {};
  } catch (error) {
    throw new BuildError(`${file} cannot be loaded: ${messageOf(error)}`);
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function refuseDoubles(entries: readonly Entry[]): void {
  const owner = new Map<string, string>();
  for (const { file, name, aliases } of entries) {
    for (const each of [name, ...aliases]) {
      // Windows and macOS do not tell names apart by case.
      const key = each.toLowerCase();
      const other = owner.get(key);
      if (other) throw new BuildError(`${file}: the name "${each}" is already taken by ${other}.`);
      owner.set(key, file);
    }
  }
}
