import { mkdir, mkdtemp, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { installed, type Place, place } from './net.ts';
import { mounted } from './tools.ts';

/** A place with folders of its own. Outside of a command that runs there nothing is mounted. */
export interface Private extends AsyncDisposable {
  readonly at: Place;
  /** The folder by which this machine sees them. */
  readonly folder: string;
}

/** Why there can be none here, or nothing: what is root's must be seen to be root's. */
export function rootObstacle(tools: readonly string[]): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it needs root on Linux';
  const missing = ['unshare', 'mount', 'chroot', ...tools].filter((tool) => !installed(tool));
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
}

const here = place('here', []);

/** This machine with a copy of /etc in the place of /etc. */
export async function privateEtc(): Promise<Private> {
  const base = await mkdtemp(join(tmpdir(), 'riposte-etc-'));
  const folder = join(base, 'etc');
  await execa('cp', ['-a', '/etc', folder]);
  return {
    at: mounted(here, `mount --bind ${folder} /etc`),
    folder,
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
  };
}

/** This machine with a root folder of its own, in which everything else is in its place. */
export async function privateRoot(): Promise<Private> {
  const base = await mkdtemp(join(tmpdir(), 'riposte-root-'));
  const folder = join(base, 'root');
  await mkdir(folder, { mode: 0o755 });
  const binds: string[] = [];
  for (const entry of await readdir('/', { withFileTypes: true })) {
    const own = join(folder, entry.name);
    if (entry.isSymbolicLink()) await symlink(await readlink(`/${entry.name}`), own);
    else if (entry.isDirectory() && entry.name !== 'ipblock') {
      await mkdir(own);
      binds.push(`mount --rbind /${entry.name} ${own}`);
    }
  }
  const inside = mounted(here, binds.join(' && '));
  return {
    at: place('here', [...inside.enter, 'chroot', folder]),
    folder,
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
  };
}
