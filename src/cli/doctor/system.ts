import type { Response } from '../../lib/action.ts';
import type { Command } from '../../lib/effect.ts';
import type { Host } from '../../lib/host.ts';
import { BSD_LIKE, ON_WINDOWS } from '../../lib/node/system.ts';
import type { Access } from './access.ts';
import { BSD } from './bsd-system.ts';
import type { Finding } from './finding.ts';
import type { Program, ProgramsFacts } from './programs.ts';
import type { StateFacts } from './state.ts';
import { UNIX } from './unix-system.ts';
import { WINDOWS } from './windows-system.ts';

/** A question that changes nothing, to a tool that may be there and of no use. */
export interface ToolQuestion {
  readonly command: Command;
  /** What it means when the tool says no. */
  readonly no: string;
  /** Whether the tool’s own words tell more. */
  readonly quoted?: true;
}

/** What checks that every system has need to know of the one they run on. */
export interface System {
  /** Whether an executable of the agent's configuration is meant for agents on another system. */
  readonly isForeign: (executable: string) => boolean;
  readonly questions: Readonly<Record<string, ToolQuestion>>;
  /** Tools that the kernel lets only some users use. */
  readonly network: ReadonlySet<string>;
  /** What an action lacks that no dry run looks for. */
  readonly lack: (action: Response, host: Host) => Promise<string | undefined>;
  /** What to do where no action that blocks is ready. */
  readonly noWay: string;
  /** Whose settings they are that are not the fleet's. */
  readonly owners: string;
  /** How to get the rights that are missing. */
  readonly elevate: string;
  /** How files are removed, or a folder. */
  readonly removal: (paths: readonly string[], folder?: boolean) => string;
  /** How a file gets a single name again. */
  readonly single: (path: string) => string;
  /** What to do about a file that cannot be written. */
  readonly locked: (path: string) => string;
  /** Whether modes and owners say who may do what. */
  readonly modes: boolean;
  /** Whether our own folder is private. */
  readonly judgeFolder: (facts: StateFacts) => readonly Finding[];
  /** What is wrong with the rights of a program. */
  readonly judgeRights: (program: Program, facts: ProgramsFacts) => readonly Finding[];
  readonly mending: Mending;
  /** Who may enter or change a folder, where a list of rights says that. */
  readonly accessTo: (path: string, host: Host) => Promise<Access | undefined>;
}

/** What to do about programs. */
export interface Mending {
  /** Something that others could change. */
  readonly distrusted: (what: string) => string;
  /** A name that holds something else than what `first` is. */
  readonly stranger: (folder: string, first: string, name: string) => string;
  /** Names that should be links to what `first` is. */
  readonly copies: (folder: string, first: string, others: readonly string[]) => string;
}

/** This one. */
export const SYSTEM: System = ON_WINDOWS ? WINDOWS : BSD_LIKE ? BSD : UNIX;
