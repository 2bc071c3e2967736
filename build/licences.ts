import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Base, nodeLicence } from './bases.ts';
import { BuildError } from './failure.ts';
import { readObject, textAt } from './json.ts';

/** The licence of something that is inside the binary. */
export interface Licence {
  /** A file name: package and version. */
  readonly file: string;
  readonly text: string;
}

/**
 * Collects the licences of the runtime, where one is inside, and of every bundled package; a missing
 * one is an error.
 */
export async function licences(
  base: Base | undefined,
  packages: readonly string[],
): Promise<readonly Licence[]> {
  const node = base && [{ file: `node-${base.version}.txt`, text: await nodeLicence(base) }];
  return [...(node ?? []), ...(await Promise.all(packages.map(packageLicence)))];
}

async function packageLicence(folder: string): Promise<Licence> {
  const manifest = await readObject(path.join(folder, 'package.json'));
  const name = textAt(manifest, 'name', folder);
  const version = textAt(manifest, 'version', folder);
  const found = (await readdir(folder)).find((file) => /^(licen[cs]e|copying)(\.|-|$)/i.test(file));
  const text = found === undefined ? '' : await readFile(path.join(folder, found), 'utf8');
  if (text.trim() === '') {
    throw new BuildError(
      `${name}@${version} is part of the program and has no licence file; it cannot be delivered.`,
    );
  }
  return { file: `${name.replaceAll('/', '__')}-${version}.txt`, text };
}
