import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ActionError } from '../../src/lib/outcome.ts';
import { disturbed, makeQuarry, OCCASION, type Quarry } from '../support/quarry.ts';

/** Where the home is and where the attacker is: one file system, or two. */
const STAGES = [
  ['on one file system', '/dev/shm', '/dev/shm'],
  ['across file systems', '/dev/shm', '/tmp'],
] as const;

/** What an attacker may do to the file and its parents at one moment. */
const MOVES: Readonly<Record<string, (quarry: Quarry) => void>> = {
  'the file is swapped for a link to the canary': ({ base, file, canary }) => {
    fs.symlinkSync(join(canary, 'shadow'), join(base, 'link'));
    fs.renameSync(join(base, 'link'), file);
  },
  'the file is moved away and a link put there': ({ base, file, canary }) => {
    moveAway(file, join(base, 'moved'));
    fs.symlinkSync(join(canary, 'shadow'), file);
  },
  'the file is swapped for a second name of the canary': ({ base, file, canary }) => {
    fs.linkSync(join(canary, 'shadow'), join(base, 'name'));
    fs.renameSync(join(base, 'name'), file);
  },
  'the file is swapped for another one': ({ base, file }) => {
    moveAway(file, join(base, 'moved'));
    fs.writeFileSync(file, 'other');
  },
  'the file is moved away': ({ base, file }) => moveAway(file, join(base, 'moved')),
  'the file grows': ({ file }) => {
    if (fs.existsSync(file)) fs.appendFileSync(file, ', more');
  },
  'the file is written anew, no longer than it was': ({ file }) => {
    if (fs.existsSync(file)) fs.writeFileSync(file, 'worm');
  },
  'a folder takes its place': ({ base, file }) => {
    moveAway(file, join(base, 'moved'));
    fs.mkdirSync(file);
    fs.writeFileSync(join(file, 'inner'), 'inner');
  },
  'a FIFO takes its place': ({ base, file }) => {
    moveAway(file, join(base, 'moved'));
    expect(spawnSync('mkfifo', [file]).status).toBe(0);
  },
  'its folder is swapped for a link to the canary’s': ({ base, file, canary }) => {
    fs.renameSync(dirname(file), join(base, 'moved'));
    fs.symlinkSync(canary, dirname(file));
  },
  'a folder further up is swapped for a link': ({ base, canary }) => {
    fs.renameSync(join(base, 'a'), join(base, 'moved'));
    fs.mkdirSync(join(base, 'c'));
    fs.symlinkSync(canary, join(base, 'c', 'b'));
    fs.symlinkSync(join(base, 'c'), join(base, 'a'));
  },
  'its folder is moved and another one made': ({ base, file }) => {
    fs.renameSync(dirname(file), join(base, 'moved'));
    fs.mkdirSync(dirname(file));
    fs.writeFileSync(file, 'other');
  },
  'our private folder is swapped for a link': (quarry) =>
    forHideout(quarry, (path) => fs.symlinkSync(quarry.canary, path)),
  'our private folder is swapped for a public one': (quarry) =>
    forHideout(quarry, (path) => {
      fs.mkdirSync(path);
      fs.chmodSync(path, 0o777);
    }),
  'our private folder is moved away': (quarry) => forHideout(quarry, () => {}),
};

function moveAway(from: string, to: string): void {
  if (fs.existsSync(from)) fs.renameSync(from, to);
}

function forHideout({ base, file }: Quarry, replace: (path: string) => void): void {
  const name = fs.readdirSync(dirname(file)).find((one) => one.startsWith('.riposte-'));
  if (name === undefined) return;
  const path = join(dirname(file), name);
  fs.renameSync(path, join(base, 'hideout'));
  replace(path);
}

describe.each(STAGES)('%s', (_where, homeUnder, baseUnder) => {
  test('undisturbed, the file is taken and the folder is as it was without it', async () => {
    using quarry = makeQuarry(homeUnder, baseUnder);
    expect(await quarry.vault.check(quarry.file, OCCASION)).toBe('present');
    const kept = await quarry.vault.quarantine(quarry.file, OCCASION);
    expect(await quarry.vault.list()).toEqual([kept]);
    expect([quarry.kept(), quarry.left()]).toEqual([['evil'], []]);
    expect(fs.readdirSync(dirname(quarry.file))).toEqual([]);
    expect(await quarry.vault.check(quarry.file, OCCASION)).toBe('absent');
    expect(await quarry.vault.quarantine(quarry.file, OCCASION)).toBeUndefined();
  });

  test.each(Object.entries(MOVES))(
    'whenever %s, the canary is untouched and nothing is lost',
    async (_what, move) => {
      let calls = Number.POSITIVE_INFINITY;
      for (let at = 0; at < calls; at += 1) {
        using quarry = makeQuarry(homeUnder, baseUnder);
        const before = quarry.portrait();
        let mine: readonly string[] = [];
        const system = disturbed(at, () => {
          // What was taken by now is ours to keep; a copy of what the attacker has is not.
          const taken = quarry.left().length === 0 ? quarry.kept() : [];
          move(quarry);
          mine = [...taken, ...quarry.left()];
        });
        const ended = await quarry
          .vaultOn(system)
          .quarantine(quarry.file, OCCASION)
          .then(
            (kept) => kept,
            (thrown: unknown) => thrown,
          );
        calls = system.calls();
        const where = `call ${at} of ${calls}: ${ended instanceof Error ? ended.message : ''}`;
        expect(quarry.portrait(), where).toBe(before);
        const now = [...quarry.kept(), ...quarry.left()];
        for (const text of mine) expect(now, where).toContain(text);
        if (ended instanceof Error) expect(ended, where).toBeInstanceOf(ActionError);
        for (const { id, path } of await quarry.vault.list()) {
          expect(path, where).toBe(quarry.file);
          // What a run does not own up to it does not keep either.
          expect(JSON.stringify(ended, ['id']) + where, where).toContain(id);
        }
      }
      expect(calls).toBeGreaterThan(30);
    },
  );

  test.each(['file', 'inode', 'kind', 'parent', 'grandparent'])(
    'while another process swaps the %s, the canary is untouched and only the attacker’s is taken',
    async (kind) => {
      using quarry = makeQuarry(homeUnder, baseUnder);
      const before = quarry.portrait();
      await using _attacker = await attack(kind, quarry);
      let taken = 0;
      const end = Date.now() + 60_000;
      for (let round = 0; round < ROUNDS || taken < 5; round += 1) {
        expect(Date.now(), `${taken} taken in ${round} rounds`).toBeLessThan(end);
        try {
          const kept = await quarry.vault.quarantine(quarry.file, OCCASION);
          if (kept) taken += 1;
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ActionError);
          if (/ was taken /.test(`${thrown}`)) taken += 1;
        }
      }
      expect(quarry.portrait()).toBe(before);
      for (const text of quarry.kept()) expect(text).toMatch(/^(?:evil.*)?$/);
      expect(await quarry.vault.list()).toHaveLength(taken);
    },
  );
});

const ROUNDS = 200;

/** The attacker as a process of its own: an unprivileged one, where that can be had. */
async function attack(kind: string, { base, canary }: Quarry): Promise<AsyncDisposable> {
  const root = process.getuid?.() === 0;
  const nobody = 65_534;
  for (const path of root ? [base, join(base, 'a'), join(base, 'a', 'b')] : []) {
    fs.chownSync(path, nobody, nobody);
  }
  const script = new URL('../support/swapper.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--no-warnings', script, kind, base, canary], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(root && { uid: nobody, gid: nobody }),
  });
  await once(child.stdout, 'data');
  return {
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
      expect(child.exitCode).toBe(0);
    },
  };
}
