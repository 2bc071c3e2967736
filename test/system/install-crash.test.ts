import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unbuilt } from '../support/home.ts';
import { apart, differences, FEW, PROGRAM, type Subject, subjects } from '../support/installing.ts';
import { rootObstacle } from '../support/private.ts';

const why = unbuilt() ?? rootObstacle(['strace']);
if (why !== undefined) console.warn(`Every test here is skipped: ${why}`);

const MANIFEST = 'active-response/riposte/backup/manifest.json';
// More than any run makes of one of these calls.
const MANY = 60;

/** Runs it until the kernel kills it at the call of that number; false where it made fewer. */
async function dies(argv: readonly string[], call: string, number: number): Promise<boolean> {
  const inject = `inject=${call}:signal=KILL:when=${number}`;
  const strace = ['strace', '-f', '-qqq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject];
  const { exitCode, stderr } = await apart.run([...strace, ...argv]);
  if (exitCode === 0) return false;
  expect([exitCode, stderr]).toEqual([-1, '']);
  return true;
}

/** Before the manifest is there and after it is gone nothing knows when this folder was changed. */
const unless = (known: boolean, found: readonly string[]): readonly string[] =>
  known ? found : found.filter((line) => !/^[-+] active-response {2}/.test(line));

describe.skipIf(why)('killed at any call, and called again', () => {
  const subject = subjects();
  const argv = (verb: string, { tree }: Subject) => [PROGRAM, verb, '--home', tree.path];
  const known = ({ tree }: Subject) => existsSync(join(tree.path, MANIFEST));

  describe.each(['mkdir', 'link', 'rename', 'unlink', 'fsync'])('%s', (call) => {
    test('install ends in the right state, and uninstall goes back', async () => {
      let number = 1;
      for (; number < MANY; number += 1) {
        const it = subject();
        const died = await dies([...argv('install', it), ...FEW], call, number);
        const sure = known(it);
        // Every other time it is not even finished first.
        if (number % 2 === 0) {
          const again = await it.install(...FEW);
          expect([call, number, again.exitCode, again.stderr]).toEqual([call, number, 0, '']);
        }
        const { exitCode, stderr } = await it.uninstall();
        expect([call, number, exitCode, stderr]).toEqual([call, number, 0, '']);
        expect([call, number, ...unless(sure, differences(it.before, it.print()))]).toEqual([
          call,
          number,
        ]);
        it.tree[Symbol.dispose]();
        if (!died) break;
      }
      expect(number).toBeGreaterThan(1);
      expect(number).toBeLessThan(MANY);
    });
  });

  test.each(['rename', 'unlink', 'rmdir'])('%s: uninstall goes back all the same', async (call) => {
    let number = 1;
    for (; number < MANY; number += 1) {
      const it = subject();
      await it.install(...FEW);
      const died = await dies(argv('uninstall', it), call, number);
      const sure = known(it) || !died;
      const { exitCode, stderr } = await it.uninstall();
      expect([call, number, exitCode, stderr]).toEqual([call, number, 0, '']);
      expect([call, number, ...unless(sure, differences(it.before, it.print()))]).toEqual([
        call,
        number,
      ]);
      it.tree[Symbol.dispose]();
      if (!died) break;
    }
    expect(number).toBeGreaterThan(1);
    expect(number).toBeLessThan(MANY);
  });
});
