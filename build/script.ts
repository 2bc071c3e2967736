import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Bundle } from './bundle.ts';
import { BuildError } from './failure.ts';
import { cache } from './paths.ts';
import type { ScriptTarget } from './targets.ts';

/** What one script is made of. */
export interface ScriptRecipe {
  readonly target: ScriptTarget;
  readonly bundle: Pick<Bundle, 'text'>;
  /** What the program must answer when it is called by this name and asked for its version. */
  readonly name: string;
  readonly version: string;
}

// A file without an ending is what the nearest package.json says, in whatever folder above: where it is
// taken for an ES module it has to make itself what a script is given.
const EITHER_WAY =
  '"use strict";var require=typeof require==="function"?require:process.getBuiltinModule("module").createRequire("/");';

/** The text of a script: the bundle, with a first line that says who reads it. */
export const scriptText = (
  { interpreter }: Pick<ScriptTarget, 'interpreter'>,
  { text }: Pick<Bundle, 'text'>,
): string => `#!${interpreter}\n${EITHER_WAY}\n${text}`;

/** Writes the script of a recipe, as the file of its name. */
export async function scriptFor({ target, bundle, name, version }: ScriptRecipe): Promise<string> {
  const folder = path.join(cache, 'scripts', target.id);
  const file = path.join(folder, name);
  await mkdir(folder, { recursive: true });
  // Hard links to a former one must stay what they are.
  await rm(file, { force: true });
  await writeFile(file, scriptText(target, bundle));
  await chmod(file, 0o750);
  // Any node can say its version by it, whatever system it is for.
  const words = [file, '--version'];
  const result = await execa(process.execPath, words, { timeout: 20_000, reject: false });
  if (result.failed || result.stdout.trim() !== version) {
    const said = result.stderr.trim() || result.stdout.trim() || 'nothing';
    throw new BuildError(
      `The new ${target.id} script does not answer --version with ${version}: ${said}`,
    );
  }
  return file;
}
