import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import type { System } from '../src/lib/system.ts';
import type { Entry } from './actions.ts';
import { elsewhere, knownOf } from './elsewhere.ts';
import { BuildError } from './failure.ts';
import { isOurs, onDemand, refuseDefaultExports, sharing } from './on-demand.ts';
import { bundleFolder, root } from './paths.ts';
import { globalProcess } from './process.ts';

/** One program in one file. */
export interface Bundle {
  readonly text: string;
  /** How much of it is text that most runs never look into. */
  readonly lazyBytes: number;
  /** Folders of the npm packages that have code in it. */
  readonly packages: readonly string[];
}

/** What is evaluated when, by module: at every start, or when a chunk is asked for. */
export interface Inventory {
  readonly always: readonly string[];
  readonly onDemand: Readonly<Record<string, readonly string[]>>;
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

/**
 * Bundles the library and a system's entry points. Each action, the command line for people and
 * whatever else is imported on demand is kept as text, so that a run pays for its own action alone.
 */
export async function bundle(
  system: System,
  entries: readonly Entry[],
  version: string,
): Promise<Bundle> {
  // What the program holds anyway is found first, so that the chunks can leave it out. What they then
  // take from it may need more, so that it holds more.
  const found = new Set<string>();
  const draft = await program(system, entries, version, [], (file) => found.add(file));
  let held: ReadonlySet<string>;
  let next = ours(draft.metafile);
  let chunks: ReadonlyMap<string, Output>;
  let texts: ReadonlyMap<string, string>;
  let final: Output;
  do {
    held = next;
    const used = new Set<string>();
    chunks = await chunksOf(system, found, held, used);
    await refuseDefaultExports(used);
    texts = new Map([...chunks].map(([file, { text }]) => [file, text]));
    final = await program(system, entries, version, [...used].sort(), () => {}, texts);
    next = ours(final.metafile);
  } while (next.size > held.size);

  const inventory: Inventory = {
    always: [...ours(final.metafile)],
    onDemand: Object.fromEntries(
      [...chunks].map(([file, { metafile }]) => [file, [...ours(metafile)]]),
    ),
  };
  await mkdir(bundleFolder, { recursive: true });
  // For people and tests to look at; the build goes on with what it has in memory, because another
  // one may write here at the same time.
  await writeFile(path.join(bundleFolder, `${system}.cjs`), final.text);
  await writeFile(
    path.join(bundleFolder, `${system}.meta.json`),
    `${JSON.stringify(inventory, undefined, 2)}\n`,
  );
  return {
    text: final.text,
    lazyBytes: [...texts.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0),
    packages: packagesOf([...inventory.always, ...Object.values(inventory.onDemand).flat()]),
  };
}

interface Output {
  readonly text: string;
  readonly metafile: Metafile;
}

/** The modules that something is left of. */
const ours = ({ outputs }: Metafile): ReadonlySet<string> =>
  new Set(
    Object.values(outputs)
      .flatMap(({ inputs }) => Object.entries(inputs))
      .filter(([input, { bytesInOutput }]) => bytesInOutput > 0 && isOurs(input) && input !== ENTRY)
      .map(([input]) => input),
  );

const ENTRY = 'entry.ts';

async function program(
  system: System,
  entries: readonly Entry[],
  version: string,
  shared: readonly string[],
  onFound: (file: string) => void,
  texts?: ReadonlyMap<string, string>,
): Promise<Output> {
  const module = (index: number) => `shared${index}`;
  const contents = [
    `import { main } from './src/lib/main.ts';`,
    `import { share } from './build/runtime/chunks.ts';`,
    ...shared.map((file, index) => `import * as ${module(index)} from './${file}';`),
    `share({ ${shared.map((file, index) => `'${file}': ${module(index)}`).join(', ')} });`,
    `void main({`,
    `  actions: [`,
    ...entries.map(
      ({ file, name, aliases }) =>
        `{ names: ${JSON.stringify([name, ...aliases])}, load: () => import('./${file}') },`,
    ),
    `  ],`,
    `  version: ${JSON.stringify(version)},`,
    `  cli: () => import('./src/cli/manual.ts'),`,
    `  commands: () => import('./src/cli/index.ts'),`,
    `});`,
  ].join('\n');
  return run({
    ...common,
    define: { ...knownOf(system) },
    stdin: { contents, resolveDir: root, sourcefile: ENTRY, loader: 'ts' },
    plugins: [elsewhere(system), globalProcess, onDemand(onFound, texts)],
  });
}

async function chunksOf(
  system: System,
  files: Iterable<string>,
  held: ReadonlySet<string>,
  used: Set<string>,
): Promise<ReadonlyMap<string, Output>> {
  const chunks = new Map<string, Output>();
  for (const file of files) {
    chunks.set(file, await chunk(system, file, held, (shared) => used.add(shared)));
  }
  return chunks;
}

const chunk = (
  system: System,
  file: string,
  held: ReadonlySet<string>,
  onUsed: (file: string) => void,
): Promise<Output> =>
  run({
    ...common,
    define: { ...knownOf(system) },
    entryPoints: [file],
    plugins: [elsewhere(system), globalProcess, sharing(held, onUsed)],
  });

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
