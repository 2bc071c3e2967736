import type { Plugin } from 'esbuild';
import type { System } from '../src/lib/system.ts';

/** What the runtime calls a system. */
const RUNS_ON: Readonly<Record<System, NodeJS.Platform>> = {
  linux: 'linux',
  windows: 'win32',
  macos: 'darwin',
  freebsd: 'freebsd',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
};

/** What is known of the running program beforehand, for esbuild's `define`. */
export function knownOf(system: System): Readonly<Record<string, string>> {
  return { 'process.platform': JSON.stringify(RUNS_ON[system]) };
}

const NAMED = /\/(windows|unix|bsd|runtime)-[\w-]+\.ts$/;

/**
 * The kinds of modules that a system has a use for: those of Windows, of all others, of macOS and the
 * BSDs, and those by which the runtime does what tools do on Linux.
 */
const OF: Readonly<Record<System, readonly string[]>> = {
  linux: ['unix'],
  windows: ['windows', 'runtime'],
  macos: ['unix', 'bsd', 'runtime'],
  freebsd: ['unix', 'bsd', 'runtime'],
  openbsd: ['unix', 'bsd', 'runtime'],
  netbsd: ['unix', 'bsd', 'runtime'],
};

/**
 * Leaves out the modules that are named after a kind of systems where that is not what
 * the program runs on: whatever would call them is known never to be reached there, but a bundler sees
 * that only after it has chosen what to take, and each would bring modules of the runtime with it.
 */
export function elsewhere(system: System): Plugin {
  return {
    name: 'elsewhere',
    setup(context) {
      context.onResolve({ filter: NAMED }, ({ path, importer }) =>
        // Actions of Windows are told apart by their folder.
        !OF[system].includes(NAMED.exec(path)?.[1] ?? '') &&
        /[/\\]src[/\\](?:lib[/\\]node|cli)[/\\]/.test(importer)
          ? { path, namespace: 'elsewhere' }
          : undefined,
      );
      context.onLoad({ filter: /.*/, namespace: 'elsewhere' }, () => ({
        contents: 'module.exports = {};',
        loader: 'js',
      }));
    },
  };
}
