import { defineConfig } from 'vitest/config';

const SLOW = ['build', 'blackbox', 'bsd', 'system', 'windows'];

/** A lane of tests: fast ones in parallel, those that touch the real machine one file at a time. */
const lane = (
  name: string,
  include: string[],
  seconds: number,
  parallel: boolean,
  globalSetup: string[] = [],
) => ({
  test: {
    name,
    include,
    globalSetup,
    testTimeout: seconds * 1000,
    hookTimeout: seconds * 1000,
    fileParallelism: parallel,
    sequence: { groupOrder: SLOW.indexOf(name) + 1 },
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      lane('unit', ['test/unit/**/*.test.ts'], 20, true),
      lane('laws', ['test/laws/**/*.test.ts'], 20, true),
      lane('golden', ['test/golden/**/*.test.ts'], 20, true),
      lane('build', ['test/build/**/*.test.ts'], 600, false),
      lane('blackbox', ['test/blackbox/**/*.test.ts'], 60, false),
      lane('bsd', ['test/bsd/**/*.test.ts'], 60, true, ['test/support/bsd/setup.ts']),
      lane('system', ['test/system/**/*.test.ts'], 120, false),
      lane('windows', ['test/windows/**/*.test.ts'], 120, true, ['test/support/windows/setup.ts']),
    ],
  },
});
