import path from 'node:path';
import { BuildError } from './failure.ts';
import { isObject, readObject, textAt } from './json.ts';
import { root } from './paths.ts';

/** What package-lock.json fixes for one package. */
export interface Locked {
  readonly version: string;
  /** `sha512-…` of its tarball. */
  readonly integrity: string;
}

/** Reads which version of a package this checkout is fixed to. */
export async function locked(name: string): Promise<Locked> {
  const file = path.join(root, 'package-lock.json');
  const { packages } = await readObject(file);
  const entry = isObject(packages) ? packages[`node_modules/${name}`] : undefined;
  if (!isObject(entry)) {
    throw new BuildError(`package-lock.json does not list ${name}; add it to package.json.`);
  }
  return {
    version: textAt(entry, 'version', `package-lock.json: ${name}`),
    integrity: textAt(entry, 'integrity', `package-lock.json: ${name}`),
  };
}
