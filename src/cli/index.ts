import type { Subcommand } from '../lib/person.ts';
import { completionCommand } from './completion.ts';
import { doctorCommand } from './doctor.ts';
import { installCommand } from './install.ts';
import { listCommand } from './list.ts';
import { logCommand } from './log.ts';
import { newCommand } from './new.ts';
import { protectCommand } from './protect.ts';
import { shimCommand } from './shim.ts';
import { showCommand } from './show.ts';
import { sweepCommand } from './sweep.ts';
import { undoCommand } from './undo.ts';
import { uninstallCommand } from './uninstall.ts';

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
  shimCommand,
  newCommand,
  completionCommand(() => commands),
];
