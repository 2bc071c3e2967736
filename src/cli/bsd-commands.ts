import { ActionError } from '../lib/outcome.ts';
import type { Subcommand } from '../lib/person.ts';

/** What there is on other systems alone says so; help passes it over. */
export const BSD_COMMANDS: readonly Subcommand[] = [
  {
    name: 'shim',
    summary: 'Is not for the BSDs.',
    hidden: true,
    async run() {
      const text = 'riposte shim is for Linux and macOS';
      const why =
        'it keeps a script working by a first line that names riposte, which is a script itself here';
      throw new ActionError('usage', `${text}: ${why}`);
    },
  },
];
