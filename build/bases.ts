import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { BuildError } from './failure.ts';
import { hashFile } from './hash.ts';
import { readObject } from './json.ts';
import { locked } from './lockfile.ts';
import { npmPack } from './npm.ts';
import { cache, root } from './paths.ts';
import { say } from './progress.ts';
import { hostTarget, type Target } from './targets.ts';
import { withWorkspace } from './workspace.ts';

/** A node executable that a program is put into. */
export interface Base {
  readonly executable: string;
  readonly version: string;
  /** The package's folder; it may hold node's licence. */
  readonly folder: string;
}

/** Finds the base of a target among the installed packages, else fetches it. */
export async function baseFor(target: Target): Promise<Base> {
  const { package: name, file } = target.base;
  const { version, integrity } = await locked(name);
  const installed = path.join(root, 'node_modules', name);
  const folder = (await isInstalled(installed, version)) ? installed : fetchedFolder(name, version);
  if (folder !== installed) await fetchOnce(target, version, integrity, folder);
  return { executable: path.join(folder, file), version, folder };
}

/** The node of the wanted version that runs on this machine; it makes what goes into a base. */
export async function runnableNode(version: string): Promise<string> {
  const host = hostTarget();
  if (host) {
    const base = await baseFor(host);
    if (base.version === version) return base.executable;
  }
  if (process.versions.node === version) return process.execPath;
  throw new BuildError(
    `Node ${version} is needed to build and there is no package of it for ${process.platform} on ${process.arch}; run the build with exactly that version.`,
  );
}

/** The text of node's licence, which also covers the libraries in the executable. */
export async function nodeLicence(base: Base): Promise<string> {
  const host = hostTarget();
  const folders = [base.folder, ...(host ? [(await baseFor(host)).folder] : [])];
  for (const folder of folders) {
    const text = await readFile(path.join(folder, 'LICENSE'), 'utf8').catch(() => '');
    if (text.startsWith('Node.js is licensed')) return text;
  }
  throw new BuildError(`The licence of node is not in ${folders.join(' or ')}.`);
}

/** Compares a tarball with the digest that the lock file promises; a wrong one is removed. */
export async function verifyTarball(file: string, integrity: string): Promise<void> {
  const wanted = /^sha512-(\S+)$/.exec(integrity)?.[1];
  if (wanted === undefined) {
    throw new BuildError(`package-lock.json has no sha512 for ${path.basename(file)}.`);
  }
  if ((await hashFile(file, 'sha512', 'base64')) === wanted) return;
  await rm(file, { force: true });
  throw new BuildError(
    `${path.basename(file)} is not the file that package-lock.json names (its sha512 differs); it was removed. Build again, and if it happens again do not trust the registry in use.`,
  );
}

function fetchedFolder(name: string, version: string): string {
  return path.join(cache, 'bases', `${name}-${version}`);
}

async function isInstalled(folder: string, version: string): Promise<boolean> {
  const manifest = path.join(folder, 'package.json');
  if (!(await exists(manifest))) return false;
  const { version: found } = await readObject(manifest);
  return found === version;
}

async function fetchOnce(
  target: Target,
  version: string,
  integrity: string,
  folder: string,
): Promise<void> {
  if (await exists(path.join(folder, target.base.file))) return;
  say(target.id, `fetching ${target.base.package}@${version} from the npm registry`);
  const bases = path.join(cache, 'bases');
  await mkdir(bases, { recursive: true });
  await withWorkspace(bases, async (work) => {
    const tarball = await npmPack(target.base.package, version, work);
    await verifyTarball(tarball, integrity);
    await execa('tar', ['-xzf', path.basename(tarball)], { cwd: work });
    // Another build may have put the same files there meanwhile.
    await rename(path.join(work, 'package'), folder).catch(async (error: unknown) => {
      if (!(await exists(path.join(folder, target.base.file)))) throw error;
    });
  });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
