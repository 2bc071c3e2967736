import fs, { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { journalIn } from '../../src/lib/journal.ts';
import { filesBelow } from '../../src/lib/node/files.ts';
import { STATE } from '../../src/lib/ports.ts';

const WORKER = resolve(import.meta.dirname, '../support/journal-worker.ts');
const WORKERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const EACH = 500;

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'riposte-journal-'));
  mkdirSync(`${home}/active-response`);
});
afterEach(() => rmSync(home, { recursive: true }));

/** Lets all of them append at once; gives how often the file was shortened. */
async function append(max: number, every: number): Promise<number> {
  const runs = WORKERS.map((name) =>
    execa(process.execPath, [WORKER, home, name, EACH, max, every].map(String)),
  );
  const counts = (await Promise.all(runs)).map(({ stdout }) => Number(stdout));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What each of them wrote that is still there, by number. */
async function found() {
  const files = filesBelow(home, process.getuid?.() ?? 0, fs);
  const { entries, skipped } = await journalIn(files).read();
  const of = (name: string) =>
    entries.filter(({ holder }) => holder === name).map(({ alert }) => Number(alert));
  return { skipped, lines: new Map(WORKERS.map((name) => [name, of(name).sort((a, b) => a - b)])) };
}

const upTo = (end: number) => Array.from({ length: end }, (_, index) => index);

describe(`${WORKERS.length} processes append ${EACH} lines each to one journal`, () => {
  // What is missing here was lost to a race: the bound is above all that there is.
  test('while it is replaced all the time: every line is there, none torn', async () => {
    const shortened = await append(64 << 20, 3);
    expect(shortened).toBeGreaterThan(20);
    const { skipped, lines } = await found();
    expect(skipped).toBe(0);
    for (const name of WORKERS) expect(lines.get(name)).toEqual(upTo(EACH));
  });

  test('of a bound of few lines: it holds, and the newest lines are there', async () => {
    const max = 32 << 10;
    const shortened = await append(max, Number.POSITIVE_INFINITY);
    expect(shortened).toBeGreaterThan(5);
    const { skipped, lines } = await found();
    expect(skipped).toBe(0);
    const size = readFileSync(`${home}/${STATE}/journal.jsonl`).length;
    // Each process may add a line before the next one shortens.
    expect(size).toBeLessThan(max + WORKERS.length * 1024);
    expect(size).toBeGreaterThan(max / 4);
    // Nothing came after the very last line that could have pushed it out, whoever wrote it.
    const last = Math.max(...[...lines.values()].map((numbers) => numbers.at(-1) ?? -1));
    expect(last).toBe(EACH - 1);
    // Of one process no line is missing between two that are there, unless it was moved to the end.
    for (const numbers of lines.values()) {
      const [first = EACH] = numbers;
      expect(numbers.length).toBeGreaterThanOrEqual((EACH - first) * 0.9);
    }
  });
});

test('100 MB of junk: what is appended is found, and shortening leaves the rest behind', async () => {
  const files = filesBelow(home, process.getuid?.() ?? 0, fs);
  const journal = journalIn(files);
  const entry = {
    at: '2026-02-03T10:11:12.000Z',
    action: 'firewall-drop',
    holder: 'manual',
    verb: 'add',
    outcome: 'applied',
  };
  await journal.append(entry);
  truncateSync(`${home}/${STATE}/journal.jsonl`, 100 << 20);
  const size = await journal.append({ ...entry, outcome: 'already' });
  expect(size).toBeGreaterThan(100 << 20);
  const newest = [{ ...entry, outcome: 'already' }];
  expect((await journal.read()).entries).toEqual(newest);
  await journal.shorten(4 << 20);
  expect(await journal.read()).toEqual({ entries: newest, skipped: 0 });
  expect(statSync(`${home}/${STATE}/journal.jsonl`).size).toBeLessThan(1024);
});
