import type { Subcommand } from '../lib/person.ts';
import { newCommand } from './new.ts';
import { shimCommand } from './shim.ts';
import { undoCommand } from './undo.ts';

export { parseManual } from './manual.ts';

/** The commands of `riposte` beside the actions, in the order of its help. */
export const commands: readonly Subcommand[] = [newCommand, shimCommand, undoCommand];
