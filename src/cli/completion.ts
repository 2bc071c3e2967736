import { Argument } from 'commander';
import { ON_WINDOWS } from '../lib/node/system.ts';
import type { Subcommand } from '../lib/person.ts';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import { type Grammar, grammarOf } from './completion/grammar.ts';
import { powershellScript } from './completion/powershell.ts';
import { zshScript } from './completion/zsh.ts';
import { print } from './print.ts';
import { type Described, subcommand } from './subcommand.ts';

const SHELLS: Readonly<Record<string, (grammar: Grammar) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
};

const EXAMPLES = ON_WINDOWS
  ? `
Examples:
  riposte completion powershell | Out-String | Invoke-Expression
  riposte completion powershell >> $PROFILE`
  : `
Examples:
  riposte completion bash > /etc/bash_completion.d/riposte
  riposte completion zsh > /usr/local/share/zsh/site-functions/_riposte
  riposte completion fish > /etc/fish/conf.d/riposte.fish`;

/** `riposte completion`: what a shell needs to complete the commands and the actions by their names. */
export const completionCommand = (commands: () => readonly Subcommand[]): Described =>
  subcommand(
    'completion',
    'Prints a script that makes a shell complete the words of all programs.',
    (command) =>
      command
        .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(SHELLS)))
        .addHelpText('after', EXAMPLES),
    async ({ args: [shell = ''], collection }) => {
      const actions = await Promise.all(
        collection.actions.map(async ({ load }) => (await load()).default),
      );
      const grammar = grammarOf(commands(), actions, collection.version);
      print(SHELLS[shell]?.(grammar) ?? '');
      return 0;
    },
  );
