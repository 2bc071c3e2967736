import type { Response } from './action.ts';
import { aftermath } from './aftermath.ts';
import { byHand, failure } from './by-hand.ts';
import { actionsOf } from './collection.ts';
import { misunderstood } from './conclude.ts';
import { execute } from './execute.ts';
import { firstLine } from './hearing.ts';
import type { Host } from './host.ts';
import { identify } from './invocation.ts';
import type { Result } from './log.ts';
import { standardStreams } from './node/agent.ts';
import { calledAs } from './node/called.ts';
import { systemClock } from './node/clock.ts';
import { closeInherited } from './node/descriptors.ts';
import { existing, findHome } from './node/home.ts';
import { machine, onTerminal, say } from './node/machine.ts';
import { isPowerful, NEEDS_POWER } from './node/powers.ts';
import { PROGRAM_FILES } from './node/program-file.ts';
import { keepPrivate } from './node/umask.ts';
import { wordsOf } from './options.ts';
import { ActionError, asActionError, exitCode, type Outcome } from './outcome.ts';
import type { Collection, CommandLine, Commands } from './person.ts';
import { parseLegacy, parseRequest } from './protocol.ts';
import type { Request } from './request.ts';

/** What the multi-call program is made of. */
export interface Program extends Collection {
  /** The command line for people, evaluated only when a person calls. */
  readonly cli: () => Promise<CommandLine>;
  /** The commands of `riposte`, evaluated only when it is called by its own name. */
  readonly commands: () => Promise<Commands>;
}

/** Runs the action that the program was called by, and exits with its code. Never throws. */
export async function main(program: Program): Promise<void> {
  keepPrivate();
  try {
    process.exit(await dispatch(program));
  } catch (thrown) {
    const { kind, message } = asActionError(thrown);
    say(2, failure({ outcome: kind, detail: message }));
    await leaveTrace(kind, message);
    process.exit(exitCode(kind));
  }
}

/** A call that nobody sees fail is an agent's, or a script's: then the log tells, if it can. */
async function leaveTrace(outcome: Outcome, detail: string): Promise<void> {
  const home = findHome(calledAs(), true);
  if (home === undefined || (await onTerminal())) return;
  const file = calledBy();
  const { log } = machine(file, home, () => {});
  const name = programOf(file);
  await log.outcome({ outcome, action: name, holder: name, verb: undefined, detail });
}

/** The name that the program was called by, as a file. */
const calledBy = (): string => calledAs().split(/[/\\]/).at(-1) ?? '';

const { programOf } = PROGRAM_FILES;

/** The name of the whole, beside those of its actions; people only call it by this one. */
const WHOLE = 'riposte';

async function dispatch(program: Program): Promise<number> {
  const file = calledBy();
  const name = programOf(file);
  const words = process.argv.slice(2);
  if (name === WHOLE) return forWhole(program, words);
  const action = await find(program, name);
  const call = identify(words, words.length === 0 && (await onTerminal()));
  return call.by === 'person'
    ? forPerson(program, action, name, call.words)
    : forAgent(program, action, file, call.by === 'legacy' ? call.words : undefined);
}

async function find({ actions }: Program, name: string): Promise<Response> {
  const action = actions.find(({ names }) => names.includes(name));
  if (action) return (await action.load()).default;
  const all = actions.flatMap(({ names }) => names).join(', ');
  const known = all || 'there is none for this system yet';
  throw new ActionError('usage', `"${name}" is no action of this program; its actions: ${known}`);
}

/** `riposte ACTION WORDS…` is the action by hand; beside the actions there are commands of its own. */
async function forWhole(program: Program, words: readonly string[]): Promise<number> {
  const [first = '--help', ...rest] = words;
  if (first === '--version' || first === '-V') {
    say(1, program.version);
    return 0;
  }
  const { commands } = await program.commands();
  if (first === '--help' || first === '-h') {
    const rows = (list: readonly { name: string; summary: string }[]) =>
      list.map(({ name, summary }) => `  ${name.padEnd(22)}${summary}`);
    const usage = [`Usage: ${WHOLE} ACTION [--help]`, `       ${WHOLE} COMMAND [--help]`];
    const actions = await Promise.all(
      program.actions.map(async ({ load }) => (await load()).default),
    );
    const shown = commands.filter(({ hidden }) => !hidden);
    const lists = ['', 'Actions:', ...rows(actions), '', 'Commands:', ...rows(shown)];
    say(1, [...usage, ...lists].join('\n'));
    return 0;
  }
  // A first line `#!…/riposte shim …` arrives as one word on some systems.
  const [word] = first.split(' ', 1);
  const command = commands.find(({ name }) => name === word);
  if (command) return command.run(words, program);
  return forPerson(program, await find(program, first), first, rest.length > 0 ? rest : ['--help']);
}

async function forPerson(
  { cli, version }: Program,
  action: Response,
  name: string,
  words: readonly string[],
): Promise<number> {
  const meant = action.words?.(words);
  // An agent may call that way too.
  if (meant) closeInherited();
  const spec = { ...action, program: name, version };
  const parsed = (await cli()).parseManual(meant ?? words, spec);
  const shown = await byHand(action, parsed, name, (home) =>
    machine(name, home === undefined ? findHome(calledAs(), true) : existing(home)),
  );
  if (shown.stdout !== undefined) say(1, shown.stdout);
  if (shown.stderr !== undefined) say(2, shown.stderr);
  if (parsed.kind === 'say' && shown.exit !== 0) await leaveTrace('usage', parsed.text);
  if (shown.powerless && !isPowerful()) say(2, NEEDS_POWER);
  return shown.exit;
}

/** One run for an agent: its words if it is an old one, else its message on standard input. */
async function forAgent(
  program: Program,
  action: Response,
  file: string,
  words: readonly string[] | undefined,
): Promise<number> {
  const name = programOf(file);
  if (words) closeInherited();
  const agent = standardStreams(systemClock);
  let logged = true;
  const host = machine(file, findHome(calledAs(), false), (why) => {
    logged = false;
    say(2, why);
  });
  const ended = (result: Result) => end(result, logged);
  await host.log.say('Starting');
  let request: Request;
  try {
    request = words ? parseLegacy(words) : parseRequest(await firstLine(agent), wordsOf(action));
  } catch (thrown) {
    return ended(await misunderstood(asActionError(thrown), action.name, name, host));
  }
  const answers = request.dialect !== 'legacy' && request.verb === 'add';
  const call = { request, program: file, holder: name, ...(answers && { agent }) };
  const exit = ended(await execute(action, call, host));
  await sweepAFew(program, host);
  await aftermath(host);
  return exit;
}

/** Undoes a little of what is overdue; whatever comes of that, it is not this run's outcome. */
async function sweepAFew(program: Program, host: Host): Promise<void> {
  try {
    if (!(await host.records.isDue(host.clock.now().getTime()))) return;
    const { A_FEW, sweepOverdue } = await import('./sweep.ts');
    await sweepOverdue(await actionsOf(program), host, A_FEW);
  } catch (thrown) {
    await host.log.say(`Nothing was swept: ${asActionError(thrown).message}`);
  }
}

/** Tells on standard error, too, of a failure, and of all that no log tells; gives the exit code. */
function end(result: Result, logged: boolean): number {
  const exit = exitCode(result.outcome);
  if (exit !== 0 || !logged) say(2, failure(result));
  return exit;
}
