import type { Host } from './host.ts';
import { ActionError, type Failure } from './outcome.ts';

/** A process to run: a tool's bare name and its words. No shell, no path, nothing joined. */
export interface Command {
  readonly tool: string;
  readonly args: readonly string[];
  /** Text for its standard input; without it the input is empty. */
  readonly stdin?: string;
  /** How one would type it, where that is not at a POSIX shell. */
  readonly spelled?: string;
}

/** What a process left behind, whatever its exit code. */
export interface Completed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command and how to read its answer. `read` throws for every answer it does not understand. */
export interface Asked<Answer> {
  readonly command: Command;
  readonly read: (completed: Completed) => Answer;
}

/** What is done without a tool, through a port of the host. */
export interface Deed<Answer> {
  /** For people and dry runs: what it does, as one line. */
  readonly spelled: string;
  /** Throws for everything but the answers; ends within `timeout` milliseconds. */
  readonly act: (host: Host, timeout: number) => Promise<Answer>;
}

/** One thing that is done, and what it answered. */
export type Step<Answer> = Asked<Answer> | Deed<Answer>;

/**
 * What an effect stands on (a table, a set, a rule that looks into it): shared by all targets, made
 * when it is found missing, never undone with one target.
 */
export interface Ground {
  readonly what: string;
  /** Asked first, where `make` of the effect cannot tell by itself. */
  readonly see?: Step<'present' | 'absent'>;
  /** Ways to lay it, best first: the next one is tried where an older tool refuses the one before. */
  readonly ways: readonly (readonly Step<'laid'>[])[];
}

/** One change to the host, said once: how to see it, make it, renew it, undo it. */
export interface Effect {
  /** For people: what holds where. */
  readonly what: string;
  readonly ground?: Ground;
  /** Asked before `make`, where `make` cannot tell new from old. */
  readonly see?: Step<'present' | 'absent'>;
  /** `unseen`: it was made, but what it stands on is missing; `groundless`: it could not even be made. */
  readonly make: Step<'made' | 'present' | 'unseen' | 'groundless'>;
  /** Moves the expiry of what was there before; absent where there is no expiry to move. */
  readonly renew?: Step<'present' | 'groundless'>;
  readonly undo: Step<'undone' | 'absent'>;
}

/**
 * A change to something that has no room for a mark: whose it is, and what it was before, is on
 * record alone. All holders share one state, and the last one to go restores it.
 */
export interface Memory {
  /** For people: what holds where. */
  readonly what: string;
  /** The state now, as the record keeps it. */
  readonly look: Step<string>;
  /** Why what is in this state must never be changed; asked on adds, since an undo must always work. */
  readonly refuses?: (state: string) => string | undefined;
  /** Looked at then, where it does not hold yet; throws `refused` where others depend on the target. */
  readonly spare?: Step<'good'>;
  /** Whether a state is the wanted one. */
  readonly holds: (state: string) => boolean;
  /** From a state to the wanted one. */
  readonly make: (state: string) => readonly Step<'made'>[];
  /**
   * What undo has to restore, given the state now and what is on record: who changed something in
   * the meantime has the last word.
   */
  readonly former: (now: string, recorded: string | undefined) => string;
  /** From the state now back to the former, as far as it is still as we made it. */
  readonly restore: (former: string, now: string) => readonly Step<'undone'>[];
  /** A usual state before and the one that is made of it, for dry runs. */
  readonly usual: { readonly former: string; readonly made: string };
  /** For people: how to lift what somebody else made. */
  readonly lift: Command;
}

/** One block as its mark in the system shows it. */
export interface Sighting {
  readonly backend: string;
  readonly holder: string;
  /** The canonical text, as records have it. */
  readonly target: string;
  /** Seconds until the system itself ends it; nothing where it never does. */
  readonly left?: number;
  /** Packets dropped so far, where the system counts them. */
  readonly packets?: number;
  /** Whether it keeps nobody out, since a part of it is gone, or whatever looked into it. */
  readonly idle?: true;
  /** Where it is, of several places that it could be in. */
  readonly where?: readonly string[];
  /** Other backends that leave the same mark: the record tells which one it was. */
  readonly alike?: readonly string[];
}

/** Everything of ours at once that backends of a kind have made, whoever holds it. */
export interface Survey {
  /** Surveys of one name see the same. */
  readonly name: string;
  /** The backends whose marks it sees: where it sees none of a target, there is none. */
  readonly backends: readonly string[];
  /**
   * Sees all marks. `holders` are all there can be, for marks that hold only a number of theirs.
   * Throws `missing-tool` where the tool is not there, and so nothing that it made.
   */
  readonly look: (holders: readonly string[]) => Step<readonly Sighting[]>;
  /** Whether what is idle for most is all that was asked for with these options. */
  readonly suffices?: (seen: Sighting, options: Readonly<Record<string, string>>) => boolean;
  /** Takes away all marks, in use or not, and what they stood on, for good. */
  readonly raze: (holders: readonly string[]) => Step<'razed'>;
}

/** One way to reach an action's goal, complete in itself. */
export interface Backend {
  readonly name: string;
  /** Why it can never do anything on this system, whatever is installed: it only says so. */
  readonly unable?: string;
  readonly effects: readonly Effect[];
  /** Tried only where every way before it failed in this way; absent for whatever lets another try. */
  readonly onlyAfter?: Failure;
  /** In the place of effects, where nothing can be marked. Such a backend has a lock and a record. */
  readonly memory?: Memory;
  /** What people should know of a block that was made this way, as half a sentence; asked at the end. */
  readonly caveat?: string | (() => string | undefined);
  /**
   * What is done besides, once the block holds and the agent knows of it: half a sentence about what
   * came of it. It is never undone, and the block stays where it fails.
   */
  readonly afterwards?: Step<string>;
  /** The longest expiry in seconds that it enforces by itself; 0 if it has none. */
  readonly longest: number;
  /**
   * What two runs must not change at once, where its steps are not one transaction: a name for it.
   * Runs that lock other names do not wait for each other.
   */
  readonly lock?: string;
  /** Tools that it needs and that no command of its steps names: steps that ask several questions. */
  readonly tools?: readonly string[];
  /** How to see all that it has made; absent where nothing is marked. */
  readonly survey?: Survey;
  /**
   * True where undo would not look first, so that a record must say, before anything is done, that
   * there is something. All others are put on record once they hold.
   */
  readonly record: boolean;
  /** Takes away what the programs that Riposte replaces have left for the target; asked by every undo. */
  readonly leftovers?: Step<'undone' | 'absent'>;
  /** Whether what it makes is still there after a reboot. */
  readonly persistent?: true;
  /** How to find what somebody else made for the same target, and the command that would lift it. */
  readonly foreign?: readonly {
    readonly see: Step<'present' | 'absent'>;
    readonly lift: Command;
  }[];
}

/** A command from words. */
export const run = (tool: string, ...args: string[]): Command => ({ tool, args });

/** Whether a tool's complaint has these words. Tools are run in the C locale: they are stable. */
export const says = ({ stderr }: Completed, words: string): boolean => stderr.includes(words);

/** The error for an answer that a step does not understand. */
export function unexpected(
  { stdin: _, ...words }: Command,
  { exitCode, stderr, stdout }: Completed,
): ActionError {
  const said = (stderr.trim() || stdout.trim()).split('\n', 3).join(' / ').slice(0, 300);
  // What was sent to its input can be long, and the tool quotes the part that it did not like.
  const line = spell(words);
  return new ActionError('tool-failed', `${line} answered ${exitCode}: ${said || 'no text'}`);
}

/** The common reading: exit code 0 is `yes`, 1 is `no`, anything else could not tell. */
export function yesNo(command: Command): Asked<'present' | 'absent'> {
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return 'present';
      if (completed.exitCode === 1) return 'absent';
      throw unexpected(command, completed);
    },
  };
}

/** A command that must succeed, answering `answer`. */
export function must<Answer extends string>(command: Command, answer: Answer): Asked<Answer> {
  return {
    command,
    read: (completed) => {
      if (completed.exitCode === 0) return answer;
      throw unexpected(command, completed);
    },
  };
}

/** The common reading of an undo: 0 is `undone`, 1 is `absent`, anything else could not tell. */
export function undoes(command: Command): Asked<'undone' | 'absent'> {
  const { read } = yesNo(command);
  return { command, read: (completed) => (read(completed) === 'present' ? 'undone' : 'absent') };
}

/** Whether the system itself ends what the backend makes, after so many seconds. */
export const enforces = ({ longest }: Backend, expiry: number | undefined): boolean =>
  expiry !== undefined && expiry <= longest;

const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** The command as one would type it at its system's shell; for people and dry runs, never executed. */
export function spell({ tool, args, stdin, spelled }: Command): string {
  if (spelled !== undefined) return spelled;
  const quote = (word: string) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  const line = [tool, ...args].map(quote).join(' ');
  return stdin === undefined ? line : `${line} <<'END'\n${stdin.trimEnd()}\nEND`;
}

/** The step as one would type or say it. */
export const spelling = (step: Step<unknown>): string =>
  'command' in step ? spell(step.command) : step.spelled;

/** Every step that a backend may take, in the order of an add and an undo. */
export function stepsOf({ effects, memory, afterwards }: Backend): readonly Step<string>[] {
  const usual = memory && [
    memory.look,
    ...memory.make(memory.usual.former),
    ...memory.restore(memory.usual.former, memory.usual.made),
  ];
  const all = effects.flatMap(({ ground, see, make, renew, undo }) => [
    ground?.see,
    ...(ground?.ways.flat() ?? []),
    see,
    make,
    renew,
    undo,
  ]);
  return [...(usual ?? []), ...all, afterwards].filter((step) => step !== undefined);
}
