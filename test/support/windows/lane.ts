import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';
import { openWindows, type Windows } from './client.ts';
import { type Doubles, openDoubles } from './doubles.ts';

/** What the tests of a file have of Windows. */
export interface WindowsLane {
  readonly windows: Windows;
  readonly doubles: Doubles;
  /** The folder with the tests' own programs, as Linux calls it. */
  readonly programs: string;
  /** node.exe, as Linux calls it. */
  readonly node: string;
  /** The text of a file that Windows calls so. */
  read(path: string): string;
}

/**
 * A Windows with doubles, for all tests of a file; before each test the doubles forget. Where there is
 * none every test is skipped, with the reason.
 */
export function windowsLane(): WindowsLane {
  const shared = inject('windows');
  const present = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error('only inside a test');
    return thing;
  };
  const made: { windows?: Windows; doubles?: Doubles } = {};
  // Reporters show the reason of a single test only when asked to.
  if ('obstacle' in shared) console.warn(`Every test here is skipped: ${shared.obstacle}`);
  beforeAll(async () => {
    if ('obstacle' in shared) return;
    // Two files that run at the same time have different numbers.
    const number = Number(process.env['VITEST_POOL_ID'] ?? 1);
    const prefix = present(shared.prefixes[number % shared.prefixes.length]);
    made.windows = await openWindows(prefix, shared.node);
    made.doubles = await openDoubles(prefix, shared.programs);
  });
  beforeEach(({ skip }) => {
    if ('obstacle' in shared) skip(shared.obstacle);
    made.doubles?.reset();
  });
  afterAll(async () => {
    await made.doubles?.[Symbol.asyncDispose]();
    await made.windows?.[Symbol.asyncDispose]();
  });
  return {
    get windows() {
      return present(made.windows);
    },
    get doubles() {
      return present(made.doubles);
    },
    get programs() {
      return present('programs' in shared ? shared.programs : undefined);
    },
    get node() {
      return present('node' in shared ? shared.node : undefined);
    },
    read: (path) => readFileSync(present(made.windows).linux(path), 'utf8'),
  };
}
