import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Plugin } from 'esbuild';
import { BuildError } from './failure.ts';
import { root } from './paths.ts';

/** Path of a module below the checkout, with forward slashes. */
const below = (resolveDir: string, wanted: string): string =>
  path.relative(root, path.resolve(resolveDir, wanted)).replaceAll('\\', '/');

const RUNTIME = './build/runtime/chunks.ts';

/**
 * Leaves what is imported on demand out of the program: `onFound` hears of each. With its text given,
 * it is carried as that.
 */
export function onDemand(
  onFound: (file: string) => void,
  texts: ReadonlyMap<string, string> = new Map(),
): Plugin {
  return {
    name: 'on-demand',
    setup(context) {
      context.onResolve({ filter: /^\.\.?\// }, ({ path: wanted, resolveDir, kind }) => {
        if (kind !== 'dynamic-import') return undefined;
        const file = below(resolveDir, wanted);
        onFound(file);
        return { path: file, namespace: 'on-demand' };
      });
      context.onLoad({ filter: /.*/, namespace: 'on-demand' }, ({ path: file }) => ({
        contents: [
          `const { evaluate, unpack } = require('${RUNTIME}');`,
          `module.exports = evaluate(${carried(texts.get(file) ?? '')});`,
        ].join('\n'),
        loader: 'js',
        resolveDir: root,
      }));
    },
  };
}

// Every start reads the whole program, texts too; what is so large is unpacked by those few who need it.
const LARGE = 100_000;

/** An expression for a text. */
const carried = (text: string): string =>
  text.length < LARGE
    ? JSON.stringify(text)
    : `unpack('${brotliCompressSync(text).toString('base64')}')`;

/** What belongs to no module of ours. */
export const isOurs = (input: string): boolean =>
  !/^(?:on-demand|elsewhere|global-process):/.test(input);

/**
 * Leaves out of a chunk what the program around it has already: that keeps it small, and one module
 * stays one module, so that an error thrown on one side is an `instanceof` on the other.
 */
export function sharing(held: ReadonlySet<string>, onUsed: (file: string) => void): Plugin {
  return {
    name: 'sharing',
    setup(context) {
      context.onResolve({ filter: /^\.\.?\// }, ({ path: wanted, resolveDir, kind }) => {
        const file = below(resolveDir, wanted);
        if (kind === 'entry-point' || !held.has(file)) return undefined;
        onUsed(file);
        return { path: file, external: true, sideEffects: false };
      });
    },
  };
}

/** A default export would not survive the way from the program into a chunk. */
export async function refuseDefaultExports(files: Iterable<string>): Promise<void> {
  for (const file of files) {
    if (/^export default\b/m.test(await readFile(path.join(root, file), 'utf8'))) {
      throw new BuildError(
        `${file} is shared with what is loaded on demand and must use named exports, not a default one.`,
      );
    }
  }
}
