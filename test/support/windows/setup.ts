import type { TestProject } from 'vitest/node';
import { compilePrograms } from './programs.ts';
import {
  copyPrefix,
  makePrefix,
  type Prefix,
  removePrefix,
  windowsNode,
  wineObstacle,
} from './wine.ts';

/** What all files of the lane share. */
export interface Shared {
  /** One for each file that runs at a time: they share nothing. */
  readonly prefixes: readonly Prefix[];
  /** node.exe, as Linux calls it. */
  readonly node: string;
  /** The folder with the tests' own programs of Windows. */
  readonly programs: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** What there is of Windows, or why there is nothing. */
    windows: Shared | { readonly obstacle: string };
  }
}

/** Makes what the run of the lane needs, and takes it away after it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const obstacle = await wineObstacle();
  if (obstacle !== undefined) {
    project.provide('windows', { obstacle });
    return async () => {};
  }
  const [node, programs] = await Promise.all([windowsNode(), compilePrograms()]);
  const prefixes = [await makePrefix()];
  const removeAll = async () => {
    await Promise.all(prefixes.map(removePrefix));
  };
  try {
    prefixes.push(...(await Promise.all(prefixes.map(copyPrefix))));
  } catch (error) {
    await removeAll();
    throw error;
  }
  project.provide('windows', { prefixes, node, programs });
  return removeAll;
}
