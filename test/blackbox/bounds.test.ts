import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Home, makeHome, outcomesIn, unbuilt } from '../support/home.ts';
import { alert } from './support/messages.ts';

const built = unbuilt();

describe.skipIf(built)('how large files become', () => {
  let home: Home;
  const state = () => `${home.path}/active-response/riposte`;
  const set = (settings: unknown) =>
    writeFileSync(`${state()}/riposte.json`, JSON.stringify(settings), { mode: 0o600 });
  /** A run that changes nothing: its address is protected. */
  const refused = () =>
    execa(`${home.path}/active-response/bin/firewall-drop`, {
      cwd: home.path,
      input: `${alert('127.0.0.1')}\n`,
      reject: false,
    });

  beforeEach(async () => {
    home = await makeHome();
    mkdirSync(state(), { mode: 0o700 });
  });
  afterEach(() => home.remove());

  test('a log above its bound is put aside after the last line of a run', async () => {
    set({ log: { max: '64 KiB' } });
    const before = `${'x'.repeat(99)}\n`.repeat(700);
    writeFileSync(home.logFile, before, { mode: 0o640 });
    expect((await refused()).exitCode).toBe(5);
    const aside = readFileSync(`${home.logFile}.1`, 'utf8');
    expect(aside.startsWith(before)).toBe(true);
    expect(outcomesIn(aside)).toMatchObject([{ outcome: 'refused' }]);
    expect(home.log()).toBe('');
    const [now, then] = [statSync(home.logFile), statSync(`${home.logFile}.1`)];
    expect([now.mode, now.uid, now.gid]).toEqual([then.mode, then.uid, then.gid]);
    await refused();
    expect(home.outcomes()).toHaveLength(1);
    expect(readFileSync(`${home.logFile}.1`, 'utf8')).toBe(aside);
  });

  test('a call that nobody understands counts too', async () => {
    set({ log: { max: '64 KiB' } });
    writeFileSync(home.logFile, `${'x'.repeat(99)}\n`.repeat(700));
    const path = `${home.path}/active-response/bin/firewall-drop`;
    await execa(path, { cwd: home.path, input: 'x\n', reject: false });
    expect(existsSync(`${home.logFile}.1`)).toBe(true);
  });

  test('without a bound the log is left alone', async () => {
    writeFileSync(home.logFile, `${'x'.repeat(99)}\n`.repeat(7_000));
    await refused();
    expect(existsSync(`${home.logFile}.1`)).toBe(false);
  });

  test('a journal above its bound keeps its newest half', async () => {
    set({ journal: { max: '64 KiB' } });
    const line = (index: number) =>
      `${JSON.stringify({ at: 'x', action: 'a', holder: 'h', outcome: 'applied', alert: `${index}` })}\n`;
    const journal = `${state()}/journal.jsonl`;
    writeFileSync(journal, Array.from({ length: 2_000 }, (_, i) => line(i)).join(''), {
      mode: 0o600,
    });
    await refused();
    const text = readFileSync(journal, 'utf8');
    expect(text.length).toBeLessThanOrEqual(32 << 10);
    expect(text.length).toBeGreaterThan(31 << 10);
    const entries = text
      .trimEnd()
      .split('\n')
      .map((one) => JSON.parse(one));
    expect(entries.at(-1)).toMatchObject({ outcome: 'refused', target: '127.0.0.1' });
    expect(entries.at(-2)).toMatchObject({ alert: '1999' });
    expect(statSync(journal).mode & 0o777).toBe(0o600);
  });

  test('a bound that cannot be understood fails nothing and is said once', async () => {
    set({ log: { max: 'ten' }, journal: [] });
    expect((await refused()).exitCode).toBe(5);
    const said = home
      .log()
      .split('\n')
      .filter((one) => one.includes('With the usual bounds: '));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/journal must be like .*; .*log\.max must be a number of bytes/);
  });
});
