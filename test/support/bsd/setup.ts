import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import type { TestProject } from 'vitest/node';
import { discover, namesOf } from '../../../build/actions.ts';
import { baseFor } from '../../../build/bases.ts';
import { bundle } from '../../../build/bundle.ts';
import { readObject, textAt } from '../../../build/json.ts';
import { cache, root } from '../../../build/paths.ts';
import { scriptText } from '../../../build/script.ts';
import { hostTarget, SCRIPTS, scriptTargets } from '../../../build/targets.ts';
import type { BsdSystem } from '../model/bsd/host.ts';
import { noRoots } from './root.ts';
import { STAGE } from './settings.ts';

/** What all files of the lane share. */
export interface Shared {
  /** The folder of it. */
  readonly folder: string;
  /** The runtime of the systems that are played. */
  readonly node: string;
  readonly bash: string;
  readonly version: string;
  /** The names of the program. */
  readonly names: readonly string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    /** What systems are played with, or why none can be. */
    bsd: Shared | { readonly obstacle: string };
  }
}

/** How a script of each system begins; the program of macOS is no script, and is stood for by one. */
const INTERPRETER = Object.fromEntries(
  scriptTargets.map(({ system, interpreter }) => [system, interpreter]),
);

/** Makes the programs as they are delivered, and the doubles, once for all files. */
export default async function setup(project: TestProject): Promise<void> {
  const obstacle = noRoots();
  const target = hostTarget();
  if (obstacle !== undefined || target === undefined) {
    project.provide('bsd', { obstacle: obstacle ?? 'there is no runtime to play with' });
    return;
  }
  const folder = join(cache, 'bsd');
  await mkdir(folder, { recursive: true });
  const manifest = join(root, 'package.json');
  const version = textAt(await readObject(manifest), 'version', manifest);
  const { executable: node } = await baseFor(target);
  const entries = await discover(SCRIPTS.freebsd);
  for (const system of ['macos', 'freebsd', 'openbsd', 'netbsd'] as const) {
    await writeProgram(join(folder, system), system, await bundle(system, entries, version));
  }
  await writeDouble(join(folder, 'double'));
  const { stdout } = await execa('which', ['bash']);
  const bash = stdout.trim();
  await copyLibraries([node, bash], join(folder, 'base'));
  project.provide('bsd', { folder, node, bash, version, names: namesOf(entries) });
}

/** The program of a system, byte for byte as it is delivered, and on macOS what calls it as its runtime would. */
async function writeProgram(
  folder: string,
  system: BsdSystem,
  made: { readonly text: string },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const interpreter = INTERPRETER[system];
  if (interpreter !== undefined) {
    await write(join(folder, 'program'), scriptText({ interpreter }, made));
    return;
  }
  await write(join(folder, 'program.cjs'), made.text);
  const call = `exec -a "$0" ${STAGE}/node ${STAGE}/program.cjs "$@"`;
  await write(join(folder, 'program'), `#!${STAGE}/bash --norc\n${call}\n`);
}

async function writeDouble(file: string): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'double.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    banner: { js: `#!${STAGE}/node` },
  });
  await write(file, outputFiles[0]?.text ?? '');
}

async function write(file: string, text: string): Promise<void> {
  // Links to a former one stay what they are.
  await rm(file, { force: true });
  await writeFile(file, text);
  await chmod(file, 0o755);
}

/** What programs of this machine need to run where nothing else of it is. */
async function copyLibraries(programs: readonly string[], base: string): Promise<void> {
  for (const program of programs) {
    const { stdout } = await execa('ldd', [program]);
    for (const [, path] of stdout.matchAll(/(\/\S+) \(0x/g)) {
      if (path === undefined) continue;
      const to = join(base, path.replace(/^\/usr\/lib/, '/lib'));
      await mkdir(dirname(to), { recursive: true });
      await copyFile(path, to);
    }
  }
}
