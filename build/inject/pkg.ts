import { copyFile, link, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { runnableNode } from '../bases.ts';
import { BuildError } from '../failure.ts';
import { cache } from '../paths.ts';
import { withWorkspace } from '../workspace.ts';
import type { Injection, Injector } from './injector.ts';
import type { Job } from './pkg-child.ts';
import { runtimeSettings } from './runtime.ts';

/** The engine of @yao-pkg/pkg for node's single executables. */
export const pkg: Injector = {
  name: 'pkg',
  package: '@yao-pkg/pkg',
  inject: (injection) => withWorkspace(cache, (home) => inject(injection, home)),
};

async function inject(injection: Injection, home: string): Promise<void> {
  const { bundle, target, version, output } = injection;
  await offerBase(injection, home);
  const job: Job = {
    bundle,
    settings: runtimeSettings(target),
    target: { nodeRange: `node${version}`, ...target.pkg, output },
  };
  // A process of its own: pkg changes the working folder and looks for bases in the home folder.
  // It must be this very version, because what goes into a base only suits its own version.
  const result = await execa(
    await runnableNode(version),
    [path.join(import.meta.dirname, 'pkg-child.ts'), JSON.stringify(job)],
    { env: { HOME: home, USERPROFILE: home }, all: true, reject: false },
  );
  if (result.failed) {
    throw new BuildError(`pkg could not make ${target.id}: ${result.all || result.shortMessage}`);
  }
}

/**
 * Puts a base where pkg keeps those that it has downloaded and unpacked, because pkg has no other
 * way to take one for a foreign machine. An archive that is marked as done is not looked into.
 */
async function offerBase({ base, target, version }: Injection, home: string): Promise<void> {
  const downloads = path.join(home, '.pkg-cache', 'sea');
  const name = `node-v${version}-${target.node}`;
  const windows = target.pkg.platform === 'win';
  const archive = path.join(downloads, `${name}.${windows ? 'zip' : 'tar.gz'}`);
  const executable = path.join(downloads, windows ? `${name}.exe` : `${name}/bin/node`);
  await mkdir(path.dirname(executable), { recursive: true });
  await link(base, executable).catch(() => copyFile(base, executable));
  for (const file of [archive, `${archive}.ok`, `${executable}.ok`]) await writeFile(file, '');
}
