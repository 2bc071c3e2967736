import { chmod, copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { runnableNode } from '../bases.ts';
import { BuildError } from '../failure.ts';
import { cache, root } from '../paths.ts';
import { withWorkspace } from '../workspace.ts';
import type { Injection, Injector } from './injector.ts';
import { runtimeSettings } from './runtime.ts';

/** Node's own steps for a single executable: it makes the blob, postject puts it in. */
export const postject: Injector = {
  name: 'postject',
  package: 'postject',
  inject: (injection) => withWorkspace(cache, (work) => inject(injection, work)),
};

const command = path.join(root, 'node_modules', 'postject', 'dist', 'cli.js');
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

async function inject(
  { bundle, target, base, version, output }: Injection,
  work: string,
): Promise<void> {
  const node = await runnableNode(version);
  const blob = path.join(work, 'program.blob');
  const config = path.join(work, 'config.json');
  await writeFile(
    config,
    JSON.stringify({ main: bundle, output: blob, ...runtimeSettings(target) }),
  );
  await run(node, ['--experimental-sea-config', config], 'node could not make the blob');
  await copyFile(base, output);
  await chmod(output, 0o750);
  const segment = target.pkg.platform === 'macos' ? ['--macho-segment-name', 'NODE_SEA'] : [];
  await run(
    node,
    [command, output, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse, '--overwrite', ...segment],
    'postject could not put the blob in',
  );
}

async function run(node: string, args: readonly string[], trouble: string): Promise<void> {
  const result = await execa(node, args, { all: true, reject: false });
  if (result.failed) throw new BuildError(`${trouble}: ${result.all || result.shortMessage}`);
}
