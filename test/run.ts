import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { wineObstacle } from './support/windows/wine.ts';

/**
 * Runs the checks and lanes one after another, every one of them whatever failed before, and prints
 * the sum as the last line. `check` is what one runs while working, `all` is everything.
 */
const CHECKS = [
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'lint', command: ['biome', 'lint', '--error-on-warnings', '.'] },
  { name: 'format', command: ['biome', 'format', '.'] },
];
const FAST = ['unit', 'laws', 'golden'];
const SLOW = ['build', 'blackbox', 'bsd', 'system', 'windows'];
const REPORT = '.cache/vitest.json';

const total = { passed: 0, failed: 0, skipped: 0 };

function run(command: readonly string[]): boolean {
  const [program = '', ...words] = command;
  const { status, error } = spawnSync(program, words, { stdio: 'inherit' });
  if (error) console.error(`${program} could not be run: ${error.message}; run npm ci`);
  return status === 0;
}

function step(name: string, command: readonly string[]): void {
  const start = performance.now();
  const good = run(command);
  total[good ? 'passed' : 'failed'] += 1;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${good ? 'ok' : 'FAILED'}  ${name} (${seconds} s)`);
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

function lanes(names: readonly string[]): void {
  rmSync(REPORT, { force: true });
  mkdirSync('.cache', { recursive: true });
  const projects = names.flatMap((name) => ['--project', name]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`];
  const good = run(['vitest', 'run', ...projects, ...reporters]);
  let report: Report | undefined;
  try {
    report = JSON.parse(readFileSync(REPORT, 'utf8')) as Report;
  } catch {
    console.error(`FAILED  ${names.join(', ')}: vitest left no report`);
  }
  total.passed += report?.numPassedTests ?? 0;
  total.skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  // A file that could not be loaded has no test that failed; it must not pass unseen.
  total.failed += Math.max(report?.numFailedTests ?? 0, good ? 0 : 1);
}

const what = process.argv[2];
if (what !== 'check' && what !== 'all') {
  console.error('usage: node test/run.ts check|all');
  process.exit(2);
}
for (const { name, command } of CHECKS) step(name, command);
lanes(FAST);
if (what === 'all') {
  step('build', [process.execPath, 'build/main.ts']);
  const obstacle = await wineObstacle();
  // The lane says so too, and counts what it skips.
  if (obstacle !== undefined)
    console.log(`not built for Windows, where its tests cannot run: ${obstacle}`);
  else step('build for Windows', [process.execPath, 'build/main.ts', '--target', 'win-x64']);
  lanes(SLOW);
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed === 0 ? 0 : 1);
