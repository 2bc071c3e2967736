import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { System } from '../src/lib/system.ts';
import { discover, type Entry, namesOf } from './actions.ts';
import { baseFor } from './bases.ts';
import { binaryFor, type Recipe } from './binary.ts';
import { type Bundle, bundle } from './bundle.ts';
import { BuildError, UnreachableError } from './failure.ts';
import { readObject, textAt } from './json.ts';
import { licences } from './licences.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { root } from './paths.ts';
import { say, size } from './progress.ts';
import { scriptFor } from './script.ts';
import { type Delivery, stage } from './stage.ts';
import { type AnyTarget, isScript, SCRIPTS } from './targets.ts';
import { emitTypes } from './types.ts';

interface Program {
  readonly entries: readonly Entry[];
  readonly bundle: Bundle;
}

async function program(system: System, version: string): Promise<Program> {
  const entries = await discover(SCRIPTS[system]);
  const made = await bundle(system, entries, version);
  say(
    system,
    `${entries.length} ${entries.length === 1 ? 'action' : 'actions'}, bundled ${size(Buffer.byteLength(made.text))}, ${size(made.lazyBytes)} of it loaded on demand`,
  );
  return { entries, bundle: made };
}

async function run({ targets, out, engine }: Options): Promise<void> {
  const manifest = path.join(root, 'package.json');
  const version = textAt(await readObject(manifest), 'version', manifest);
  const programs = new Map<System, Program>();
  for (const target of targets) {
    const made = programs.get(target.system) ?? (await program(target.system, version));
    programs.set(target.system, made);
    const names = namesOf(made.entries);
    const [name = ''] = names;
    const one = await make(target, made.bundle, { engine, name, version });
    const folder = await stage({ target, names, ...one }, out);
    await report(target.id, one.program, names.length, folder);
  }
  await emitTypes(out);
  say('types', path.relative(process.cwd(), path.join(out, 'types', 'index.d.ts')));
}

/** The one file of a target, and the licences of what is in it. */
async function make(
  target: AnyTarget,
  bundle: Bundle,
  rest: Pick<Recipe, 'engine' | 'name' | 'version'>,
): Promise<Pick<Delivery, 'program' | 'licences'>> {
  if (isScript(target)) {
    const program = await scriptFor({ target, bundle, ...rest });
    return { program, licences: await licences(undefined, bundle.packages) };
  }
  const base = await baseFor(target);
  const program = await binaryFor({ target, bundle, base, ...rest });
  return { program, licences: await licences(base, bundle.packages) };
}

async function report(id: string, program: string, names: number, folder: string): Promise<void> {
  const { size: bytes } = await stat(program);
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
