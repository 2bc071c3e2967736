import { afterEach, beforeEach, inject } from 'vitest';
import type { BsdSystem } from '../model/bsd/host.ts';
import { makeRoot, type Nature, type Root } from './root.ts';
import type { Shared } from './setup.ts';

/** The systems that are played. */
export const SYSTEMS: readonly BsdSystem[] = ['macos', 'freebsd', 'openbsd', 'netbsd'];

/** Makes roots for the tests of a file, and takes each away after its test. Where there can be none every test is skipped. */
export function bsdLane(): {
  readonly shared: Shared;
  readonly root: (system: BsdSystem, nature?: Nature) => Root;
} {
  const given = inject('bsd');
  const made: Root[] = [];
  // Reporters show the reason of a single test only when asked to.
  if ('obstacle' in given) console.warn(`Every test here is skipped: ${given.obstacle}`);
  beforeEach(({ skip }) => {
    if ('obstacle' in given) skip(given.obstacle);
  });
  afterEach(() => {
    for (const root of made.splice(0)) root.remove();
  });
  const shared = () => {
    if ('obstacle' in given) throw new Error('only inside a test');
    return given;
  };
  return {
    get shared() {
      return shared();
    },
    root(system, nature) {
      const root = makeRoot(system, shared(), nature);
      made.push(root);
      return root;
    },
  };
}
