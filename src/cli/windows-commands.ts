import { ActionError } from '../lib/outcome.ts';
import type { Subcommand } from '../lib/person.ts';

/** What there is on other systems alone says so; help passes it over. */
export const WINDOWS_COMMANDS: readonly Subcommand[] = [
  {
    name: 'shim',
    summary: 'Is not for Windows.',
    hidden: true,
    async run() {
      const text = 'riposte shim is for Linux and other Unix systems';
      const why = 'it keeps a script working by its first line, which Windows does not read';
      throw new ActionError('usage', `${text}: ${why}`);
    },
  },
];
