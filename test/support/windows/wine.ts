import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { baseFor } from '../../../build/bases.ts';
import { UnreachableError } from '../../../build/failure.ts';
import { targets } from '../../../build/targets.ts';

// Debian's /usr/bin/wine complains about a missing wine32, which nothing here needs.
const WINE = '/usr/lib/wine/wine64';
const SERVER = '/usr/lib/wine/wineserver64';

/** The compiler for the doubles; Debian: gcc-mingw-w64-x86-64-win32. */
export const COMPILER = '/usr/bin/x86_64-w64-mingw32-gcc-win32';

/** The tools of Windows that are ours here; wine would run its own over such a file. */
export const DOUBLED = [
  'icacls',
  'logoff',
  'net',
  'netsh',
  'powershell',
  'quser',
  'route',
  'schtasks',
] as const;

/** A tool of Windows that the tests answer for. */
export type Doubled = (typeof DOUBLED)[number];

/** Why no program of Windows can be run here, or nothing. */
export async function wineObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it needs Linux on x64';
  const missing = [WINE, SERVER, COMPILER].filter((file) => !existsSync(file));
  if (missing.length > 0) {
    return `there is no ${missing.join(', no ')}; Debian: apt-get install wine64 gcc-mingw-w64-x86-64-win32`;
  }
  try {
    await windowsNode();
    return undefined;
  } catch (error) {
    if (error instanceof UnreachableError) return error.message;
    throw error;
  }
}

/** The node.exe that the programs of Windows are made of. */
export async function windowsNode(): Promise<string> {
  const target = targets.find(({ id }) => id === 'win-x64');
  if (!target) throw new Error('there is no target win-x64');
  return (await baseFor(target)).executable;
}

/** A folder with a Windows in it, as other processes can be told of it. */
export interface Prefix {
  readonly path: string;
}

/** Makes a Windows of its own. */
export async function makePrefix(): Promise<Prefix> {
  const path = await mkdtemp(join(tmpdir(), 'riposte-wine-'));
  const prefix = { path };
  try {
    // Wine makes links to folders of the user's own home.
    await mkdir(join(path, 'home'));
    await wine(prefix, ['wineboot', '--init']);
    // Node refuses to run on the version that Debian's wine says it is.
    await wine(prefix, ['winecfg', '-v', 'win10']);
    // The first session has two service managers, which know nothing of one another's services.
    await ended(SERVER, ['-k'], prefix);
    await ended(SERVER, ['-w'], prefix);
    return prefix;
  } catch (error) {
    await removePrefix(prefix);
    throw error;
  }
}

/** Makes a copy of one in which nothing runs; that is quicker than to make another. */
export async function copyPrefix({ path }: Prefix): Promise<Prefix> {
  const copy = { path: await mkdtemp(join(tmpdir(), 'riposte-wine-')) };
  try {
    await execa('cp', ['-a', '--reflink=auto', `${path}/.`, copy.path]);
    return copy;
  } catch (error) {
    await removePrefix(copy);
    throw error;
  }
}

/** Ends every process in a Windows, and then it is gone. */
export async function removePrefix(prefix: Prefix): Promise<void> {
  // It says with 1 that nothing was running.
  await ended(SERVER, ['-k'], prefix);
  await ended(SERVER, ['-w'], prefix);
  await rm(prefix.path, { recursive: true, force: true });
}

/** Starts a program of Windows; its standard streams must be files. */
export function startWine(prefix: Prefix, words: readonly string[], stdio: SpawnOptions['stdio']) {
  return spawn(WINE, words, { env: environment(prefix), stdio, detached: true });
}

async function wine(prefix: Prefix, words: readonly string[]): Promise<void> {
  const code = await ended(WINE, words, prefix);
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}`);
}

async function ended(file: string, words: readonly string[], prefix: Prefix): Promise<unknown> {
  const child = spawn(file, words, { env: environment(prefix), stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  return code;
}

const OVERRIDES = [
  `${DOUBLED.map((tool) => `${tool}.exe`).join(',')}=n`,
  // It would write into the menus of the user's desktop, or ask to download something.
  'winemenubuilder.exe,mscoree,mshtml=',
].join(';');

const environment = ({ path }: Prefix): NodeJS.ProcessEnv => ({
  HOME: join(path, 'home'),
  PATH: '/usr/local/bin:/usr/bin:/bin',
  WINEPREFIX: path,
  WINEDEBUG: '-all',
  WINEDLLOVERRIDES: OVERRIDES,
});
