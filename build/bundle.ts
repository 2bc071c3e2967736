import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import type { Entry } from './actions.ts';
import { BuildError } from './failure.ts';
import { bundleFolder, root } from './paths.ts';
import type { ScriptFolder } from './targets.ts';

/** One program in one file. */
export interface Bundle {
  readonly text: string;
  /** How much of it is the text of the command-line chunk. */
  readonly cliBytes: number;
  /** Folders of the npm packages that have code in it. */
  readonly packages: readonly string[];
}

const common = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  minify: true,
  // Errors and actions are told apart by name in what people read.
  keepNames: true,
  // The licences are delivered as files.
  legalComments: 'none',
  logLevel: 'warning',
  // A chunk made from text, and a single executable, can require() but not import().
  supported: { 'dynamic-import': false },
} as const satisfies BuildOptions;

/** Bundles a platform's entry points, the library and, as text, the command line for people. */
export async function bundle(
  platform: ScriptFolder,
  entries: readonly Entry[],
  version: string,
): Promise<Bundle> {
  // What the program holds anyway is found first, so that the chunk can leave it out.
  const draft = await program(entries, version, '', []);
  const cli = await chunk(sources(draft.metafile));
  await refuseDefaultExports(cli.shared);
  const final = await program(entries, version, cli.text, cli.shared);

  const oneShot = Object.keys(final.metafile.inputs).filter((input) => input !== virtualInput);
  const lazy = Object.keys(cli.metafile.inputs);
  await mkdir(bundleFolder, { recursive: true });
  // For people and tests to look at; the build goes on with what it has in memory, because another
  // one may write here at the same time.
  await writeFile(path.join(bundleFolder, `${platform}.cjs`), final.text);
  await writeFile(
    path.join(bundleFolder, `${platform}.meta.json`),
    `${JSON.stringify({ oneShot, cli: lazy }, undefined, 2)}\n`,
  );
  return {
    text: final.text,
    cliBytes: Buffer.byteLength(cli.text),
    packages: packagesOf([...oneShot, ...lazy]),
  };
}

interface Output {
  readonly text: string;
  readonly metafile: Metafile;
}

async function program(
  entries: readonly Entry[],
  version: string,
  cli: string,
  shared: readonly string[],
): Promise<Output> {
  const list = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const actions = list(entries.length, 'action');
  const modules = list(shared.length, 'shared');
  const contents = [
    `import { main } from './src/lib/main.ts';`,
    `import { evaluate } from './build/runtime/evaluate.ts';`,
    `import cli from '${virtual}';`,
    ...entries.map(({ file }, index) => `import ${actions[index]} from './${file}';`),
    ...shared.map((file, index) => `import * as ${modules[index]} from './${file}';`),
    `const shared = {${shared.map((file, index) => `'${file}': ${modules[index]}`).join(', ')}};`,
    `void main({`,
    `  actions: [${actions.join(', ')}],`,
    `  version: ${JSON.stringify(version)},`,
    `  cli: () => evaluate(cli, shared),`,
    `});`,
  ].join('\n');
  return run({
    ...common,
    stdin: { contents, resolveDir: root, sourcefile: 'entry.ts', loader: 'ts' },
    plugins: [textModule(cli)],
  });
}

async function chunk(
  oneShot: ReadonlySet<string>,
): Promise<Output & { readonly shared: readonly string[] }> {
  const shared = new Set<string>();
  const output = await run({
    ...common,
    entryPoints: ['src/cli/index.ts'],
    plugins: [sharing(oneShot, shared)],
  });
  return { ...output, shared: [...shared].sort() };
}

const virtual = 'riposte:cli';
const virtualInput = `riposte:${virtual}`;

/** Lets the program import the text of the chunk. */
function textModule(contents: string): Plugin {
  return {
    name: 'cli-text',
    setup(context) {
      context.onResolve({ filter: /^riposte:cli$/ }, () => ({
        path: virtual,
        namespace: 'riposte',
      }));
      context.onLoad({ filter: /.*/, namespace: 'riposte' }, () => ({ contents, loader: 'text' }));
    },
  };
}

/**
 * Leaves out of the chunk what the program around it has already: that keeps it small, and one
 * module stays one module, so that an error thrown on one side is an `instanceof` on the other.
 */
function sharing(oneShot: ReadonlySet<string>, used: Set<string>): Plugin {
  return {
    name: 'shared-modules',
    setup(context) {
      context.onResolve({ filter: /^\.\.?\// }, ({ path: wanted, resolveDir, kind }) => {
        const file = path.relative(root, path.resolve(resolveDir, wanted)).replaceAll('\\', '/');
        if (kind === 'entry-point' || !oneShot.has(file)) return undefined;
        used.add(file);
        return { path: file, external: true };
      });
    },
  };
}

/** Our own library modules among the inputs of a bundle. */
function sources({ inputs }: Metafile): ReadonlySet<string> {
  return new Set(Object.keys(inputs).filter((input) => input.startsWith('src/')));
}

/** A default export would not survive the way from the program into the chunk. */
async function refuseDefaultExports(files: readonly string[]): Promise<void> {
  for (const file of files) {
    if (/^export default\b/m.test(await readFile(path.join(root, file), 'utf8'))) {
      throw new BuildError(
        `${file} is shared with the command line and must use named exports, not a default one.`,
      );
    }
  }
}

async function run(options: BuildOptions & { write: false; metafile: true }): Promise<Output> {
  const { outputFiles, metafile } = await build(options).catch(() => {
    throw new BuildError('The program cannot be bundled; see the messages above.');
  });
  const [output] = outputFiles;
  if (!output) throw new BuildError('esbuild gave no output.');
  return { text: output.text, metafile };
}

/** The npm package folders that bundle inputs come from. */
export function packagesOf(inputs: readonly string[]): readonly string[] {
  const found = inputs.flatMap((input) => {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    return match?.[1] === undefined ? [] : [path.resolve(root, match[1])];
  });
  return [...new Set(found)].sort();
}
