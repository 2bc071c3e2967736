import { Command, CommanderError } from 'commander';
import type { Host } from '../lib/host.ts';
import { calledAs } from '../lib/node/called.ts';
import { existing, findHome } from '../lib/node/home.ts';
import { machine, say } from '../lib/node/machine.ts';
import { ActionError } from '../lib/outcome.ts';
import type { Collection, Subcommand } from '../lib/person.ts';

/** A command of `riposte` whose words commander reads. */
export interface Described extends Subcommand {
  /** Its arguments and options, for help and for completion in shells. */
  readonly describe: () => Command;
}

/** What was said on the command line. */
export interface Given<Options> {
  readonly args: readonly string[];
  readonly options: Options;
  /** The programs that this one can be called as. */
  readonly collection: Collection;
}

/** Declares one: `shape` adds arguments, options and examples, `act` resolves to the exit code. */
export function subcommand<Options extends object>(
  name: string,
  summary: string,
  shape: (command: Command) => Command,
  act: (given: Given<Options>) => Promise<number>,
): Described {
  const describe = () =>
    shape(new Command(`riposte ${name}`).description(summary)).helpOption('-h, --help', 'this');
  return {
    name,
    summary,
    describe,
    async run([, ...words], collection) {
      const command = describe();
      const help = read(command, words);
      if (help !== undefined) {
        say(1, help);
        return 0;
      }
      // Each argument as it was given; those that were left out are not there.
      return act({ args: command.args, options: command.opts<Options>(), collection });
    },
  };
}

/** The text to show, where help was asked for. Throws `usage` for words that are not understood. */
function read(command: Command, words: readonly string[]): string | undefined {
  let said = '';
  const write = (text: string) => {
    said += text;
  };
  command.exitOverride().configureOutput({ writeOut: write, writeErr: write });
  try {
    command.parse([...words], { from: 'user' });
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return said.trimEnd();
    const [first = ''] = said.trim().split('\n');
    const mistake = /^error: (.*?)\.?$/.exec(first)?.[1] ?? first;
    throw new ActionError('usage', `${mistake}; see ${command.name()} --help`, { cause: thrown });
  }
}

/** What every command takes that looks into an agent's home. */
export interface AtHome {
  readonly home?: string;
}

/** Adds `--home`. */
export const atHome = (command: Command): Command =>
  command.option('--home <directory>', 'where the agent lives');

/** The home that was named, or the one that this program is in; nothing where there is none. */
export const homeOf = ({ home }: AtHome): string | undefined =>
  home === undefined ? findHome(calledAs(), true) : existing(home);

/** This machine, as a person uses it for the agent at the home that was named. */
export const hostOf = (given: AtHome): Host => machine('riposte', homeOf(given));
