import { ON_BSD, ON_WINDOWS } from '../lib/node/system.ts';
import type { Subcommand } from '../lib/person.ts';
import { BSD_COMMANDS } from './bsd-commands.ts';
import { completionCommand } from './completion.ts';
import { doctorCommand } from './doctor.ts';
import { installCommand } from './install.ts';
import { listCommand } from './list.ts';
import { logCommand } from './log.ts';
import { newCommand } from './new.ts';
import { protectCommand } from './protect.ts';
import { showCommand } from './show.ts';
import { sweepCommand } from './sweep.ts';
import { undoCommand } from './undo.ts';
import { uninstallCommand } from './uninstall.ts';
import { UNIX_COMMANDS } from './unix-commands.ts';
import { WINDOWS_COMMANDS } from './windows-commands.ts';

/** The commands of `riposte` beside the actions, in the order of its help. */
export const commands: readonly Subcommand[] = [
  listCommand,
  showCommand,
  undoCommand,
  sweepCommand,
  doctorCommand,
  logCommand,
  protectCommand,
  installCommand,
  uninstallCommand,
  ...(ON_WINDOWS ? WINDOWS_COMMANDS : ON_BSD ? BSD_COMMANDS : UNIX_COMMANDS),
  newCommand,
  completionCommand(() => commands),
];
