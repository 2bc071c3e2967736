import { stat } from 'node:fs/promises';
import path from 'node:path';
import { discover, type Entry, namesOf } from './actions.ts';
import { baseFor } from './bases.ts';
import { binaryFor } from './binary.ts';
import { type Bundle, bundle } from './bundle.ts';
import { BuildError, UnreachableError } from './failure.ts';
import { readObject, textAt } from './json.ts';
import { licences } from './licences.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { root } from './paths.ts';
import { say, size } from './progress.ts';
import { stage } from './stage.ts';
import type { ScriptFolder } from './targets.ts';
import { emitTypes } from './types.ts';

interface Program {
  readonly entries: readonly Entry[];
  readonly bundle: Bundle;
}

async function program(platform: ScriptFolder, version: string): Promise<Program> {
  const entries = await discover(platform);
  const made = await bundle(platform, entries, version);
  say(
    platform,
    `${entries.length} ${entries.length === 1 ? 'action' : 'actions'}, bundled ${size(Buffer.byteLength(made.text))}, ${size(made.lazyBytes)} of it loaded on demand`,
  );
  return { entries, bundle: made };
}

async function run({ targets, out, engine }: Options): Promise<void> {
  const manifest = path.join(root, 'package.json');
  const version = textAt(await readObject(manifest), 'version', manifest);
  const programs = new Map<ScriptFolder, Program>();
  for (const target of targets) {
    const made = programs.get(target.scripts) ?? (await program(target.scripts, version));
    programs.set(target.scripts, made);
    const base = await baseFor(target);
    const names = namesOf(made.entries);
    const [name = ''] = names;
    const binary = await binaryFor({ target, bundle: made.bundle, base, engine, name, version });
    const texts = await licences(base, made.bundle.packages);
    const folder = await stage({ target, binary, names, licences: texts }, out);
    await report(target.id, binary, names.length, folder);
  }
  await emitTypes(out);
  say('types', path.relative(process.cwd(), path.join(out, 'types', 'index.d.ts')));
}

async function report(id: string, binary: string, names: number, folder: string): Promise<void> {
  const { size: bytes } = await stat(binary);
  say(
    id,
    `${path.relative(process.cwd(), folder)}: ${names} ${names === 1 ? 'name' : 'names'} for one file of ${size(bytes)}`,
  );
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options) await run(options);
  else console.log(usage);
} catch (error) {
  const expected = error instanceof BuildError || error instanceof UnreachableError;
  console.error(expected ? `build: ${error.message}` : error);
  process.exitCode = 1;
}
