import type { Plugin } from 'esbuild';
import type { ScriptFolder } from './targets.ts';

/** What a folder of entry points runs on, as the runtime calls it. */
const RUNS_ON: Readonly<Record<ScriptFolder, string | undefined>> = {
  linux: 'linux',
  windows: 'win32',
  // The BSDs too, so that only the running program knows.
  macos: undefined,
};

/** What is known of the running program beforehand, for esbuild's `define`. */
export function knownOf(platform: ScriptFolder): Readonly<Record<string, string>> {
  const system = RUNS_ON[platform];
  return system === undefined ? {} : { 'process.platform': JSON.stringify(system) };
}

const NAMED = /\/(windows|unix)-[\w-]+\.ts$/;

/**
 * Leaves out the modules that are named after a system, Windows or all others, where that is not what
 * the program runs on: whatever would call them is known never to be reached there, but a bundler sees
 * that only after it has chosen what to take, and each would bring modules of the runtime with it.
 */
export function elsewhere(platform: ScriptFolder): Plugin {
  return {
    name: 'elsewhere',
    setup(context) {
      const here = platform === 'windows' ? 'windows' : 'unix';
      context.onResolve({ filter: NAMED }, ({ path, importer }) =>
        // Actions of Windows are told apart by their folder.
        NAMED.exec(path)?.[1] !== here && /[/\\]src[/\\](?:lib[/\\]node|cli)[/\\]/.test(importer)
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
