import { join } from 'node:path';
import type { Door, Manner } from '../execd/conversation.ts';
import type { Ended, Start } from '../execd/program.ts';
import { type JsonAgent, execd as jsonAgent } from '../execd.ts';
import { ENVIRONMENT, fromLinux } from './client.ts';
import type { WindowsHome } from './home.ts';
import type { WindowsLane } from './lane.ts';
import type { Running } from './running.ts';

/** The agent of a lane and whose home it is. */
export interface Options {
  readonly lane: WindowsLane;
  readonly home: Pick<WindowsHome, 'windows'>;
  /** The file's name in `active-response\bin`. */
  readonly program: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which a program that hangs is ended and the call fails; execd has none. */
  readonly deadline?: number;
}

/** How an agent of Windows starts a program: with pipes, without output on a delete, or with nothing. */
type Manners = 'add' | 'listen' | 'delete' | 'legacy';

const DEADLINE = 40_000;
const BUFFER = 8192;

/** Starts a program as an agent does; what it prints is on the output of what is given back. */
export function launch(
  { lane, home, env = ENVIRONMENT, deadline = DEADLINE }: Omit<Options, 'program'>,
  manners: Manners,
  line: string,
): Running {
  return lane.windows.spawn({
    file: fromLinux(join(lane.programs, 'execd.exe')),
    args: [manners, String(deadline), line],
    cwd: home.windows,
    env,
    // It ends the program itself before that, and says so.
    deadline: deadline + 5_000,
  });
}

/** An agent that speaks JSON, on Windows. */
export function windowsExecd(
  dialect: 'wazuh4' | 'wazuh5',
  options: Options & { readonly listen?: boolean },
): JsonAgent {
  const { home, program, listen = true } = options;
  return jsonAgent({
    home: home.windows,
    dialect,
    program,
    listen,
    ...(options.deadline !== undefined && { deadline: options.deadline }),
    door: doorOf(options),
  });
}

function doorOf(options: Options): Door {
  const begin = ({ path }: Start, manners: Manners, { deadline }: Manner) =>
    launch({ ...options, deadline }, manners, `"${path}"`);
  return {
    async converse(what, message, answer, manner) {
      const program = begin(what, manner.listen ? 'listen' : 'add', manner);
      program.write(`${message}\n`);
      const said = await program.until((text) => text.includes('\n') || text.length >= BUFFER);
      const end = said.indexOf('\n');
      const line = end < 0 ? said || undefined : said.slice(0, end);
      if (line !== undefined) program.write(`${answer(line.slice(0, BUFFER - 1))}\n`);
      program.end();
      const ended = await endOf(program);
      return { ...ended, line, stdoutAfter: program.stdout.slice((line?.length ?? -1) + 1) };
    },
    async tell(what, message, manner) {
      const program = begin(what, 'delete', manner);
      program.write(`${message}\n`);
      program.end();
      return endOf(program);
    },
  };
}

async function endOf(program: Running): Promise<Ended> {
  const { exitCode, milliseconds, stderr } = await program.ended;
  if (stderr !== '') throw new Error(`${stderr}\n${program.transcript}`);
  return { exitCode, signal: undefined, milliseconds };
}

/** Runs a program as agents up to 4.1 do: words in quotes, one long last one, no streams at all. */
export async function legacyRun(
  options: Options,
  verb: string,
  words: readonly string[],
): Promise<Ended> {
  const quoted = words.map((word) => `"${word}"`).join(' ');
  const line = `"active-response/bin/${options.program}" ${verb} ${quoted}`;
  const program = launch(options, 'legacy', line);
  program.end();
  return endOf(program);
}
