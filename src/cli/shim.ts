import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { failure } from '../lib/by-hand.ts';
import { misunderstood } from '../lib/conclude.ts';
import { firstLine } from '../lib/hearing.ts';
import { identify } from '../lib/invocation.ts';
import type { Result } from '../lib/log.ts';
import { standardStreams } from '../lib/node/agent.ts';
import { calledAs } from '../lib/node/called.ts';
import { systemClock } from '../lib/node/clock.ts';
import { closeInherited } from '../lib/node/descriptors.ts';
import { findHome } from '../lib/node/home.ts';
import { effectiveUser, machine, onTerminal, say } from '../lib/node/machine.ts';
import { machineScripts } from '../lib/node/scripts.ts';
import { ActionError, asActionError, exitCode } from '../lib/outcome.ts';
import type { Subcommand } from '../lib/person.ts';
import { parseLegacy, parseRequest } from '../lib/protocol.ts';
import {
  type Definition,
  parseDefinition,
  USAGE,
  unwrap,
  type Wrapped,
} from '../lib/shim/definition.ts';
import { type Shimmed, shim } from '../lib/shim/shim.ts';
import { install } from './install-shim.ts';

const HELP = `Usage: ${USAGE}

Runs an active-response script of Wazuh 3.x (argv) or 4.x (v1) under the agent of today.

  --as argv|v1       how the script wants to be called: with words, or with JSON on standard input
  --expect LIST      of srcip, user, filename what it needs; it is not run without, and gets no more
  --install NAME     write active-response/bin/NAME, which runs the script this way, and end
  --name NAME        run it now, for an agent that calls it NAME (where no wrapper can be installed)

As root, with the script in place, owned by root and writable by nobody else:
  riposte shim --as argv --install block.sh -- /var/ossec/active-response/bin/block.sh.3x`;

/** `riposte shim`: an old script under a new agent. */
export const shimCommand: Subcommand = {
  name: 'shim',
  summary: 'Keeps a script of Wazuh 3.x or 4.x working under a newer agent.',
  run,
};

async function run(words: readonly string[]): Promise<number> {
  const wrapped = unwrap(words, head);
  if (wrapped) return forAgent(wrapped);
  const rest = words.slice(1);
  if (rest.length === 0 || rest[0] === '--help' || rest[0] === '-h') {
    say(1, HELP);
    return 0;
  }
  const definition = parseDefinition(rest);
  if (definition.install !== undefined) return install(definition, definition.install);
  if (definition.name === undefined || (await onTerminal())) {
    const text = 'only an agent calls a script; to make it do so say --install NAME';
    throw new ActionError('usage', `${text}; usage: ${USAGE}`);
  }
  return serve(definition.name, findHome(calledAs(), false), [], () => definition);
}

/** Called by a wrapper's name: what to run is what the wrapper says, if only root could write it. */
async function forAgent({ wrapper, definition, words }: Wrapped): Promise<number> {
  const path = resolve(wrapper);
  return serve(basename(path), findHome(path, false), words, async (trust) => {
    await trust(path);
    return parseDefinition(definition);
  });
}

type Define = (trust: (path: string) => Promise<void>) => Definition | Promise<Definition>;

async function serve(
  program: string,
  home: string | undefined,
  words: readonly string[],
  define: Define,
): Promise<number> {
  if (words.length > 0) closeInherited();
  const host = machine(program, home);
  const scripts = machineScripts(effectiveUser());
  await host.log.say('Starting');
  let call: Shimmed;
  try {
    call = await callFor(program, await define(scripts.trust), words);
  } catch (thrown) {
    return ended(await misunderstood(asActionError(thrown), program, program, host));
  }
  return ended(await shim(call, scripts, host));
}

function ended(result: Result): number {
  const exit = exitCode(result.outcome);
  if (exit !== 0) say(2, failure(result));
  return exit;
}

async function callFor(
  program: string,
  definition: Definition,
  words: readonly string[],
): Promise<Shimmed> {
  const call = identify(words, await onTerminal());
  if (call.by === 'person') {
    const text = `only an agent calls it; to try it: ${program} add - 203.0.113.7 1.1 5710`;
    throw new ActionError('usage', text);
  }
  if (call.by === 'legacy') {
    const request = parseLegacy(call.words);
    return { program, definition, request, line: undefined, agent: undefined };
  }
  const agent = standardStreams(systemClock);
  const line = await firstLine(agent);
  // Nothing of the extra arguments is known to be no secret.
  const request = parseRequest(line, new Set());
  return { program, definition, request, line, agent: request.verb === 'add' ? agent : undefined };
}

/** The first line of a plain file; nothing where there is none. */
function head(path: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    if (!fstatSync(fd).isFile()) return undefined;
    const buffer = Buffer.alloc(4096);
    const text = buffer.toString('utf8', 0, readSync(fd, buffer));
    return text.split('\n', 1)[0];
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
