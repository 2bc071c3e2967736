import { existsSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execaSync } from 'execa';
import { type Place, place } from './net.ts';

/** Tools to be replaced: the text of a script, or `missing`. */
export type Toolbox = Readonly<Record<string, string>>;

/** A tool that is not there. */
export const MISSING = 'missing';
/** A tool that says no. */
export const FAILING = '#!/bin/sh\necho "out of order" >&2\nexit 1\n';
/** A tool that never ends. */
export const HANGING = '#!/bin/sh\nexec sleep 60\n';

/** A place where some tools are others, in a private mount namespace. */
export interface Rigged extends AsyncDisposable {
  readonly at: Place;
  /** Where the real tools are meanwhile, for scripts that call them. */
  readonly real: string;
}

// Where this machine keeps the tools; elsewhere these are links to one another.
const FOLDER = '/usr/sbin';

/**
 * The place with other tools in it, or with other files in some other folder. The folder becomes one of
 * links into its former self; nobody outside a command run in this place sees it.
 */
export async function rig(
  where: Place,
  toolbox: (real: string) => Toolbox,
  folder = FOLDER,
): Promise<Rigged> {
  const base = await mkdtemp(join(tmpdir(), 'riposte-tools-'));
  const [front, real] = [join(base, 'front'), join(base, 'real')];
  await mkdir(front);
  await mkdir(real);
  const tools = toolbox(real);
  for (const name of readdirSync(folder)) {
    const text = tools[name];
    if (text === undefined) symlinkSync(join(real, name), join(front, name));
    else if (text !== MISSING) writeFileSync(join(front, name), text, { mode: 0o755 });
  }
  const mounts = `mount --rbind ${folder} ${real} && mount --bind ${front} ${folder}`;
  return {
    at: mounted(where, mounts),
    real,
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
  };
}

const hide = (file: string) => `mount --bind /dev/null ${file}`;

/** The place without some tools, whatever folders their links are in. */
export const lacking = (where: Place, ...tools: string[]): Place => {
  const paths = [FOLDER, '/usr/bin', '/sbin', '/bin'].flatMap((folder) =>
    tools.map((tool) => `${folder}/${tool}`),
  );
  const files = new Set(paths.filter((path) => existsSync(path)).map((path) => realpathSync(path)));
  return mounted(where, [':', ...[...files].map(hide)].join(' && '));
};

/** The place without the library of TCP wrappers. */
export async function withoutWrappers(where: Place): Promise<Rigged> {
  const folder = dirname(realpathSync(libraryOf('/usr/sbin/tcpd')));
  const names = readdirSync(folder).filter((name) => name.startsWith('libwrap.so'));
  return rig(where, () => Object.fromEntries(names.map((name) => [name, MISSING])), folder);
}

/** The TCP wrappers that a program is linked with. */
function libraryOf(program: string): string {
  const { stdout } = execaSync('ldd', [program], { env: { LC_ALL: 'C' } });
  const [path] = /\/\S+\/libwrap\.so\.\d+/.exec(stdout) ?? [];
  if (path === undefined) throw new Error(`${program} is not linked with libwrap: ${stdout}`);
  return path;
}

/** The place with a folder that cannot be written. */
export const readOnly = (where: Place, folder: string): Place =>
  mounted(where, `mount --bind ${folder} ${folder} && mount -o remount,ro,bind ${folder}`);

/** The place after some mounts that only it sees; they are made anew for every command. */
export const mounted = (where: Place, mounts: string): Place =>
  place(where.name, [
    ...where.enter,
    ...['unshare', '-m', '--propagation', 'private'],
    ...['sh', '-c', `${mounts} && exec "$@"`, 'sh'],
  ]);
