import { chmod, constants, copyFile, cp, link, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BuildError, messageOf } from './failure.ts';
import type { Licence } from './licences.ts';
import { root } from './paths.ts';
import { writeSums } from './sums.ts';
import type { AnyTarget } from './targets.ts';
import { withWorkspace } from './workspace.ts';

/** What is delivered for one target. */
export interface Delivery {
  readonly target: AnyTarget;
  /** The one file of all names. */
  readonly program: string;
  readonly names: readonly string[];
  readonly licences: readonly Licence[];
}

/** Lays out `<out>/<target>/`; until all of it is there the former one stays. */
export async function stage(delivery: Delivery, out: string): Promise<string> {
  const final = path.join(out, delivery.target.id);
  await withWorkspace(out, async (work) => {
    const tree = path.join(work, 'new');
    await mkdir(tree, { mode: 0o755 });
    await putNames(delivery, path.join(tree, 'active-response', 'bin'));
    await putLicences(delivery.licences, tree);
    // For the manager, wherever it runs: it comes with every target.
    await cp(path.join(root, 'ruleset'), path.join(tree, 'ruleset'), { recursive: true });
    await writeSums(tree);
    await replace(final, tree, path.join(work, 'old'));
  });
  return final;
}

async function putNames({ target, program, names }: Delivery, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const [first, ...others] = names.map((name) => path.join(folder, fileOf(name, target)));
  if (first === undefined) throw new BuildError(`There is no name for ${target.id}.`);
  await copyFile(program, first, constants.COPYFILE_FICLONE);
  await chmod(first, 0o750);
  for (const other of others) {
    await link(first, other).catch((error: unknown) => {
      throw new BuildError(
        `${folder} must be on a file system with hard links, one file for all names: ${messageOf(error)}`,
      );
    });
  }
}

/** A name that brings an end of its own is kept: agents of Windows call a `netsh.cmd` by that name. */
export const fileOf = (name: string, { suffix }: Pick<AnyTarget, 'suffix'>): string =>
  suffix !== '' && name.endsWith('.cmd') ? name : `${name}${suffix}`;

async function putLicences(licences: readonly Licence[], tree: string): Promise<void> {
  await copyFile(path.join(root, 'LICENSE'), path.join(tree, 'LICENSE'));
  const folder = path.join(tree, 'licenses');
  await mkdir(folder);
  for (const { file, text } of licences) await writeFile(path.join(folder, file), text);
}

/** Puts a finished tree in place of the former one. */
async function replace(final: string, tree: string, old: string): Promise<void> {
  // Another build may put its own there in between; the last one wins.
  for (let attempt = 1; ; attempt += 1) {
    const aside = `${old}-${attempt}`;
    const moved = await moveAside(final, aside);
    try {
      await rename(tree, final);
      return;
    } catch (error) {
      if (attempt < 5 && isOccupied(error)) continue;
      if (moved) await rename(aside, final).catch(() => undefined);
      throw error;
    }
  }
}

async function moveAside(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

const isOccupied = (error: unknown) => ['ENOTEMPTY', 'EEXIST'].includes(codeOf(error));

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
