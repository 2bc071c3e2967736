import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UNIX } from '../../src/lib/layout.ts';
import { ASIDE } from '../../src/lib/node/log-file.ts';
import { SETTINGS } from '../../src/lib/settings.ts';
import { type Home, makeHome, unbuilt } from '../support/home.ts';

const WORKER = resolve(import.meta.dirname, '../support/log-worker.ts');
const WORKERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const PREFIX = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d active-response\/bin\/firewall-drop: /;

const upTo = (end: number) => Array.from({ length: end }, (_, index) => index);

/** The lines of a file, each of which must be whole. */
function linesOf(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  for (const line of lines) expect(line.slice(0, 80)).toMatch(PREFIX);
  return lines.map((line) => line.replace(PREFIX, ''));
}

describe('one log of many processes', () => {
  let home: string;
  const log = () => `${home}/${UNIX.log}`;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'riposte-log-'));
    for (const folder of ['logs', 'active-response']) mkdirSync(`${home}/${folder}`);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const write = (count: number, length: number) =>
    Promise.all(
      WORKERS.map((name) =>
        execa(process.execPath, [WORKER, home, name, count, length].map(String)),
      ),
    );

  const expected = (count: number, length: number) =>
    WORKERS.flatMap((name) => upTo(count).map((i) => `${name} ${i} ${name.repeat(length)}`));

  test('lines of 200 KiB do not run into each other', async () => {
    await write(20, 200 << 10);
    const lines = linesOf(log());
    // Not by `toEqual`, which would print them all.
    expect(
      lines.toSorted().join('\n') ===
        expected(20, 200 << 10)
          .toSorted()
          .join('\n'),
    ).toBe(true);
  });

  // All of it is more than the bound and less than two of it: then nothing goes for its age.
  test.each([1, 2, 3])('put aside while all of them write, nothing is lost (%i)', async () => {
    mkdirSync(`${home}/active-response/riposte`, { mode: 0o700 });
    writeFileSync(`${home}/${SETTINGS}`, '{"log": {"max": "64 KiB"}}', { mode: 0o600 });
    await write(60, 150);
    const [now, before] = [linesOf(log()), linesOf(`${log()}${ASIDE}`)];
    expect(before.length).toBeGreaterThan(0);
    expect([...before, ...now].toSorted()).toEqual(expected(60, 150).toSorted());
  });
});

const RUNS = 100;

/** How many runs ended how, which tells a run that was starved from a line that was lost. */
function outcomes(home: Home): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { outcome } of home.outcomes()) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
const built = unbuilt();

test.skipIf(built)(`${RUNS} programs at once, each logging a message of 72 KiB`, async () => {
  await using home = await makeHome();
  const text = (run: number) => `${String(run).padStart(3, '0')}.`.repeat(18 << 10);
  const message = (run: number) =>
    JSON.stringify({
      version: 1,
      origin: { name: 'node01', module: 'wazuh-execd' },
      command: 'add',
      parameters: {
        extra_args: [],
        alert: { data: { srcip: 'nobody' }, full_log: text(run) },
        program: 'active-response/bin/firewall-drop',
      },
    });
  // From a file: a pipe holds less, and on a busy machine the test would fill it too late.
  const feed = async (run: number) => {
    const file = `${home.path}/message-${run}`;
    writeFileSync(file, `${message(run)}\n`);
    const program = `${home.path}/active-response/bin/firewall-drop`;
    const words = ['-c', 'exec "$0" < "$1"', program, file];
    await execa('bash', words, { cwd: home.path, reject: false });
  };
  await Promise.all(upTo(RUNS).map(feed));
  expect(outcomes(home)).toEqual({ 'bad-field': RUNS });
  const failed = linesOf(home.logFile).filter((line) => line.startsWith('Failed: '));
  const said = failed.map((line) => line.slice('Failed: '.length)).toSorted();
  expect(said.join('\n') === upTo(RUNS).map(message).toSorted().join('\n')).toBe(true);
});
