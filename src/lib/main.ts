import fs from 'node:fs';
import { release } from 'node:os';
import type * as cli from '../cli/manual.ts';
import type { Action } from './action.ts';
import { plan } from './dryrun.ts';
import { choose, execute, read } from './execute.ts';
import { heldIn } from './held.ts';
import { type Agent, DEADLINE, type Host } from './host.ts';
import { identify } from './invocation.ts';
import { journalIn } from './journal.ts';
import { lockIn } from './lock.ts';
import { logTo, type Result } from './log.ts';
import { standardStreams } from './node/agent.ts';
import { systemClock } from './node/clock.ts';
import { filesBelow } from './node/files.ts';
import { findHome } from './node/home.ts';
import { logFile } from './node/log-file.ts';
import { machineProcesses } from './node/processes.ts';
import { spawningRunner } from './node/runner.ts';
import { ActionError, asActionError, exitCode, type Outcome } from './outcome.ts';
import { parseLegacy, parseRequest } from './protocol.ts';
import type { Request } from './request.ts';

/** What the multi-call program is made of. */
export interface Program {
  readonly actions: readonly Action[];
  readonly version: string;
  /** The command line for people, evaluated only when a person calls. */
  readonly cli: () => Promise<typeof cli>;
}

/** Runs the action that the program was called by, and sets the exit code. Never throws. */
export async function main(program: Program): Promise<void> {
  process.umask(0o077);
  try {
    process.exit(await dispatch(program));
  } catch (thrown) {
    const { kind, message } = asActionError(thrown);
    say(2, message);
    process.exit(exitCode(kind));
  }
}

// Nobody may be reading: on stderr an agent never is.
function say(fd: 1 | 2, text: string): void {
  try {
    fs.writeSync(fd, `${text}\n`);
  } catch {}
}

/** The name that a program was called by, as the agent has it. */
export const programName = (argv0: string): string => argv0.split(/[/\\]/).at(-1) ?? '';

async function dispatch(program: Program): Promise<number> {
  const { argv0 } = process;
  const name = programName(argv0);
  const action = program.actions.find((one) => one.name === name || one.aliases.includes(name));
  if (!action) {
    const names = program.actions.flatMap((one) => [one.name, ...one.aliases]).join(', ');
    throw new ActionError('usage', `"${name}" is no action of this program; call it as ${names}`);
  }
  const words = process.argv.slice(2);
  const call = identify(words, words.length === 0 && (await onTerminal()));
  if (call.by === 'person') return byHand(program, action, name, call.words);

  const agent = standardStreams(systemClock);
  const host = machine(name, findHome(argv0, false));
  await host.log.say('Starting');
  const request = await receive(() =>
    call.by === 'legacy' ? parseLegacy(call.words) : firstLine(agent),
  );
  if (request instanceof ActionError) return rejected(action, name, request, host);
  const answers = request.dialect !== 'legacy' && request.verb === 'add';
  const result = await execute(
    action,
    { request, program: name, holder: name, ...(answers && { agent }) },
    host,
  );
  return concluded(result);
}

/** Only a character device can be a terminal, and asking costs the runtime a stream. */
async function onTerminal(): Promise<boolean> {
  try {
    return fs.fstatSync(0).isCharacterDevice() && (await import('node:tty')).isatty(0);
  } catch {
    return false;
  }
}

async function firstLine(agent: Agent): Promise<Request> {
  const heard = await agent.hear(DEADLINE.request);
  if (typeof heard !== 'string') return parseRequest(heard.line);
  const why = {
    end: 'it ended before a message came',
    silence: `no message came within ${DEADLINE.request / 1000} s`,
    flood: 'the line is longer than any message',
  }[heard];
  throw new ActionError('bad-request', `Cannot read input from stdin: ${why}`);
}

async function receive(parse: () => Request | Promise<Request>): Promise<Request | ActionError> {
  try {
    return await parse();
  } catch (thrown) {
    return asActionError(thrown);
  }
}

async function rejected(action: Action, holder: string, error: ActionError, { log }: Host) {
  await log.say(error.message);
  const outcome = error.kind;
  const result = { outcome, action: action.name, holder, verb: undefined, detail: error.message };
  await log.outcome(result);
  return concluded(result);
}

const failed = (outcome: Outcome) => exitCode(outcome) !== 0;

function concluded({ outcome, detail }: Pick<Result, 'outcome' | 'detail'>): number {
  if (failed(outcome)) say(2, `${outcome}: ${detail}`);
  return exitCode(outcome);
}

function machine(name: string, home: string | undefined): Host {
  const clock = systemClock;
  const uid = process.geteuid?.() ?? 0;
  // Without a home there is nowhere to keep state: every use of it fails with that path in the text.
  const files = filesBelow(home ?? '/nonexistent', uid, fs);
  const [major = 0, minor = 0] = release().split(/\D/).map(Number);
  return {
    runner: spawningRunner(),
    clock,
    files,
    held: heldIn(files),
    journal: journalIn(files),
    lock: lockIn(files, machineProcesses, clock),
    log: logTo(
      logFile(home, (message) => say(2, message)),
      clock,
      name,
      process.argv0,
    ),
    kernel: [major, minor],
  };
}

async function byHand(
  { cli, version }: Program,
  action: Action,
  name: string,
  words: readonly string[],
): Promise<number> {
  const manual = (await cli()).parseManual(words, { ...action, program: name, version });
  if (manual.kind === 'say') {
    say(manual.exit === 0 ? 1 : 2, manual.text);
    return manual.exit;
  }
  const { request, options, dryRun } = manual;
  if (dryRun) {
    const circumstance = { holder: 'manual', expiry: manual.seconds, kernel: [6, 12] as const };
    const backends = action.backends(read(action, request), circumstance);
    const tried = request.verb === 'add' ? choose(backends, options, request) : backends;
    say(1, plan(request.verb, tried));
    return exitCode('planned');
  }
  const host = machine(name, manual.home ?? findHome(process.argv0, true));
  const call = { request, program: name, holder: 'manual', options };
  const result = await execute(action, call, host);
  if (!failed(result.outcome)) say(1, `${result.detail}${manual.epilogue(result)}`);
  else if (process.geteuid?.() !== 0) say(2, 'This needs root: run it with sudo.');
  return concluded(result);
}
