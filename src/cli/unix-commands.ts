import type { Subcommand } from '../lib/person.ts';
import { shimCommand } from './shim.ts';

/** The commands that only these systems have a use for. */
export const UNIX_COMMANDS: readonly Subcommand[] = [shimCommand];
