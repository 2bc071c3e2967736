import { closeSync, fstatSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Option } from 'commander';
import { failure } from '../lib/by-hand.ts';
import { ASIDE } from '../lib/node/log-file.ts';
import { NO_HOME } from '../lib/node/no-files.ts';
import { LAYOUT } from '../lib/node/system.ts';

import { ActionError, asActionError, exitCode } from '../lib/outcome.ts';
import { oneLine } from '../lib/text.ts';
import { Followed } from './log/follow.ts';
import { Table } from './log/rows.ts';
import { jsonOf, type Run, runIn, timeOf } from './log/runs.ts';
import { endOfLines, linesBefore, openLog } from './log/source.ts';
import { isWanted, parseCount, parseOutcomes, parseSince, type Wanted } from './log/wanted.ts';
import { type Output, standardOutput } from './output.ts';
import { complain } from './print.ts';
import { type AtHome, atHome, homeOf, subcommand } from './subcommand.ts';

interface LogOptions extends AtHome, Wanted {
  readonly last?: number;
  readonly json?: true;
  readonly raw?: true;
  readonly follow?: true;
}

const USUAL_COUNT = 50;

// Milliseconds between two looks at a log that is followed.
const POLL = 250;

// A clock that was put back, or summer's end, makes older lines look newer.
const DISORDER = 2 * 60 * 60 * 1000;

const EXAMPLES = `
Examples:
  riposte log --since 1h --outcome failed
  riposte log --target 203.0.113.7
  riposte log --follow --json`;

/** `riposte log`: how runs ended. */
export const logCommand = subcommand<LogOptions>(
  'log',
  'Shows how runs ended, from the agent’s log.',
  (command) =>
    atHome(command)
      .option(
        '--outcome <list>',
        'only these outcomes; ok and failed stand for many',
        parseOutcomes,
      )
      .option('--action <name>', 'only this action, by its own name or the one it was called by')
      .option('--target <text>', 'only this target; * stands for any text')
      .option('--since <time>', 'only what is newer, like 1h, 2d or 2026-02-03T10:00', (text) =>
        parseSince(text, new Date()),
      )
      .option(
        '--last <count>',
        `the newest so many (${USUAL_COUNT} unless --since is said)`,
        parseCount,
      )
      .addOption(new Option('--json', 'a line of JSON for each').conflicts('raw'))
      .option('--raw', 'the lines as they are, also those of other programs')
      .option('-f, --follow', 'go on with what comes, until interrupted')
      .addHelpText('after', EXAMPLES),
  async ({ options }) => {
    try {
      return await show(options);
    } catch (thrown) {
      // Told here and not in the log that was asked for.
      const { kind, message } = asActionError(thrown);
      complain(failure({ outcome: kind, detail: message }));
      return exitCode(kind);
    }
  },
);

async function show(options: LogOptions): Promise<number> {
  const home = homeOf(options);
  if (home === undefined) throw new ActionError('usage', NO_HOME.replace('keep state in', 'read'));
  const path = `${home}/${LAYOUT.log}`;
  const fd = openLog(path);
  if (fd === undefined) {
    const fix = 'no program has run there yet; is it the right home? name another with --home';
    throw new ActionError('usage', `${path} is not there: ${fix}`);
  }
  const interrupted = new AbortController();
  for (const signal of options.follow ? (['SIGINT', 'SIGTERM', 'SIGHUP'] as const) : []) {
    process.on(signal, () => interrupted.abort());
  }
  const output = standardOutput(interrupted.signal);
  const shown = shownAs(options);
  // Of what is appended from now on nothing is lost between the two ways of reading.
  const end = endOfLines(fd);
  const items = newest(fd, end, path, options);
  const text = shown.text(items);
  const read = await output.write(text === '' && !options.follow ? shown.none : text);
  if (read && options.follow) {
    await follow(new Followed(path, fd, end), options, shown, output, interrupted.signal);
  } else {
    closeSync(fd);
  }
  return 0;
}

/** A line of the log, and the run that it is the end of. */
interface Item {
  readonly line: string;
  readonly run: Run | undefined;
}

interface Shown {
  text(items: readonly Item[]): string;
  /** What a person is told where there is nothing to show. */
  readonly none: string;
}

function shownAs({ raw, json }: LogOptions): Shown {
  const each = (show: (item: Item) => string) => ({
    text: (items: readonly Item[]) => items.map((item) => `${show(item)}\n`).join(''),
    none: '',
  });
  if (raw) return each(({ line }) => oneLine(line));
  if (json) return each(({ run }) => (run ? jsonOf(run) : ''));
  const table = new Table();
  return {
    text: (items) => (items.length > 0 ? table.of(items.flatMap(({ run }) => run ?? [])) : ''),
    none: 'No run that was asked for is in the log.\n',
  };
}

/** Whether anything is asked of runs; then even `--raw` shows no other lines. */
const asksOfRuns = ({ outcome, action, target }: Wanted): boolean =>
  [outcome, action, target].some((one) => one !== undefined);

function itemIn(line: string, options: LogOptions): Item | undefined {
  if (line === '') return undefined;
  const run = runIn(line);
  if (run) return isWanted(run, options) ? { line, run } : undefined;
  if (!options.raw || asksOfRuns(options)) return undefined;
  const { since } = options;
  const at = timeOf(line);
  return since && at && at < since ? undefined : { line, run };
}

/** The newest that are wanted, oldest first; also from the log that was put aside. */
function newest(fd: number, end: number, path: string, options: LogOptions): readonly Item[] {
  const { since, last = since ? Number.POSITIVE_INFINITY : USUAL_COUNT } = options;
  const items: Item[] = [];
  for (const line of linesOfBoth(fd, end, path)) {
    const at = since && timeOf(line);
    if (at && since.getTime() - at.getTime() > DISORDER) break;
    const item = itemIn(line, options);
    if (item) items.push(item);
    if (items.length >= last) break;
  }
  return items.reverse();
}

function* linesOfBoth(fd: number, end: number, path: string): Generator<string> {
  yield* linesBefore(fd, end);
  const aside = openAside(`${path}${ASIDE}`);
  if (aside === undefined) return;
  try {
    // It may have been put aside since it was opened: then it was read already.
    if (inodeOf(aside) !== inodeOf(fd)) yield* linesBefore(aside, endOfLines(aside));
  } finally {
    closeSync(aside);
  }
}

/** Of Windows the number of a file needs all its digits. */
const inodeOf = (fd: number): bigint => fstatSync(fd, { bigint: true }).ino;

/** What else may have that name is nothing to complain of. */
function openAside(path: string): number | undefined {
  try {
    return openLog(path);
  } catch {
    return undefined;
  }
}

async function follow(
  log: Followed,
  options: LogOptions,
  shown: Shown,
  output: Output,
  interrupted: AbortSignal,
): Promise<void> {
  while (!interrupted.aborted) {
    const items = log.lines().flatMap((line) => itemIn(line, options) ?? []);
    if (!(await output.write(shown.text(items)))) break;
    await wait(POLL, undefined, { signal: interrupted }).catch(() => {});
  }
  log.close();
}
