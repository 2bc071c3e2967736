import type { TestProject } from 'vitest/node';
import { compilePrograms } from './programs.ts';
import { makePrefix, type Prefix, removePrefix, windowsNode, wineObstacle } from './wine.ts';

/** What all files of the lane share. */
export interface Shared {
  readonly prefix: Prefix;
  /** node.exe, as Linux calls it. */
  readonly node: string;
  /** The folder with the tests' own programs of Windows. */
  readonly programs: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** A Windows for the lane, or why there is none. */
    windows: Shared | { readonly obstacle: string };
  }
}

/** Makes one Windows for the run of the lane, and takes it away after it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const obstacle = await wineObstacle();
  if (obstacle !== undefined) {
    project.provide('windows', { obstacle });
    return async () => {};
  }
  const [node, programs] = await Promise.all([windowsNode(), compilePrograms()]);
  const prefix = await makePrefix();
  project.provide('windows', { prefix, node, programs });
  return () => removePrefix(prefix);
}
