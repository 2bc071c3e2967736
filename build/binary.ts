import { createHash } from 'node:crypto';
import { access, chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Base } from './bases.ts';
import type { Bundle } from './bundle.ts';
import { BuildError } from './failure.ts';
import { signAdHoc } from './formats/macho-sign.ts';
import { verifySignature } from './formats/macho-verify.ts';
import { authenticode } from './formats/pe.ts';
import { hashFile, hashFolder } from './hash.ts';
import type { Injector } from './inject/injector.ts';
import { runtimeSettings } from './inject/runtime.ts';
import { locked } from './lockfile.ts';
import { cache, root } from './paths.ts';
import { prepare } from './prepare.ts';
import { say, timed } from './progress.ts';
import { stripTool } from './strip.ts';
import { hostTarget, type Target } from './targets.ts';
import { withWorkspace } from './workspace.ts';

/** What one executable is made of. */
export interface Recipe {
  readonly target: Target;
  readonly bundle: Bundle;
  readonly base: Base;
  readonly engine: Injector;
  /** What the program must answer when it is called by this name and asked for its version. */
  readonly name: string;
  readonly version: string;
}

/** Makes the executable of a recipe, unless the last one was made of the same things. */
export async function binaryFor(recipe: Recipe): Promise<string> {
  const { target, engine } = recipe;
  const folder = path.join(cache, 'binaries', `${target.id}-${engine.name}`);
  const finished = path.join(folder, `${await fingerprint(recipe)}${target.suffix}`);
  if (await exists(finished)) {
    say(target.id, 'nothing has changed since the last injection');
    return finished;
  }
  await withWorkspace(cache, async (work) => {
    const base = await prepare(target, recipe.base, work);
    const program = path.join(work, 'program.cjs');
    const output = path.join(work, `output${target.suffix}`);
    await writeFile(program, recipe.bundle.text);
    const seconds = await timed(() =>
      engine.inject({
        bundle: program,
        target,
        base,
        version: recipe.base.version,
        output,
      }),
    );
    say(target.id, `injected with ${engine.name} in ${seconds}`);
    await finish(target, output);
    await answers(recipe, output);
    await mkdir(folder, { recursive: true });
    await keepOnly(folder, finished, output);
  });
  return finished;
}

/** A digest of everything that has a part in the result. */
async function fingerprint({ target, bundle, base, engine }: Recipe): Promise<string> {
  const parts = {
    program: bundle.text,
    base: await hashFile(base.executable, 'sha256', 'hex'),
    strip: target.pkg.platform === 'linux' && (await stripTool(target)),
    engine: [engine.name, await locked(engine.package)],
    settings: runtimeSettings(target),
    build: await hashFolder(path.join(root, 'build')),
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** Does what a platform asks of an executable after it was written, and looks at the result. */
async function finish(target: Target, output: string): Promise<void> {
  if (target.pkg.platform === 'macos') {
    const signed = signAdHoc(await readFile(output), 'riposte');
    const { faults, pages } = verifySignature(signed);
    if (faults.length > 0) {
      throw new BuildError(
        `The signature of ${target.id} is wrong: ${faults.slice(0, 3).join(', ')}.`,
      );
    }
    await writeFile(output, signed);
    say(target.id, `signed ad hoc (${pages} pages)`);
  }
  if (target.pkg.platform === 'win' && authenticode(await readFile(output))) {
    throw new BuildError(`${target.id} still carries a signature that does not fit it.`);
  }
  await chmod(output, 0o750);
}

/** A binary that this machine can run must at least know its version. */
async function answers({ target, name, version }: Recipe, output: string): Promise<void> {
  if (target !== hostTarget()) return;
  const result = await execa(output, ['--version'], {
    argv0: name,
    stdin: 'ignore',
    timeout: 20_000,
    all: true,
    reject: false,
  });
  if (result.failed || !result.stdout.includes(version)) {
    const said = result.all.trim() || result.shortMessage || 'nothing';
    throw new BuildError(
      `The new ${target.id} binary does not answer --version with ${version}. It said: ${said}`,
    );
  }
}

/** The folder holds one executable: a checkout that is built often must not fill the disk. */
async function keepOnly(folder: string, finished: string, output: string): Promise<void> {
  const old = (await readdir(folder)).map((name) => path.join(folder, name));
  await rename(output, finished);
  for (const file of old) if (file !== finished) await rm(file, { force: true });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
