import { type Argument, type Command, Help, type Option } from 'commander';
import type { Response } from '../../lib/action.ts';
import type { Subcommand } from '../../lib/person.ts';
import { manualCommand } from '../manual.ts';
import type { Described } from '../subcommand.ts';

/** What can stand in a place of the command line. */
export type Value =
  | { readonly kind: 'choice'; readonly words: readonly string[] }
  | { readonly kind: 'folder' | 'file' | 'text' };

/** A word and what it means. */
export interface Word {
  readonly word: string;
  readonly help: string;
}

/** An option, under all of its names. */
export interface Flag {
  /** With their dashes. */
  readonly names: readonly string[];
  readonly help: string;
  /** What comes behind it, if anything does. */
  readonly value?: Value;
}

/** A point on the command line, between two words. */
export interface Node {
  /** In the words that lead to it: `riposte doctor`, `firewall-drop add`. */
  readonly id: string;
  /** Words that lead to another point. */
  readonly next: readonly (Word & { readonly id: string })[];
  readonly flags: readonly Flag[];
  /** What else can stand here. */
  readonly value?: Value;
}

/** Everything that can be said to the programs. */
export interface Grammar {
  /** Where each program begins: the name it is called by, and the point. */
  readonly programs: readonly { readonly names: readonly string[]; readonly id: string }[];
  readonly nodes: readonly Node[];
}

const WHOLE = 'riposte';

// The program reads these by itself, before any command is loaded.
const OWN: readonly Flag[] = [
  { names: ['-h', '--help'], help: 'what there is' },
  { names: ['-V', '--version'], help: 'the version' },
];

/** Reads it off the declarations of the commands and the actions. */
export function grammarOf(
  commands: readonly Subcommand[],
  actions: readonly Response[],
  version: string,
): Grammar {
  const called = actions.map((action) => ({ action, names: [action.name, ...action.aliases] }));
  const all = called.flatMap(({ names }) => names);
  const offered = commands.filter(({ hidden }) => !hidden);
  const toCommands = offered.map(({ name, summary }) => ({
    word: name,
    help: summary,
    id: `${WHOLE} ${name}`,
  }));
  const toActions = called.flatMap(({ action, names }) =>
    names.map((word) => ({ word, help: action.summary, id: action.name })),
  );
  return {
    programs: [
      { names: [WHOLE], id: WHOLE },
      ...called.map(({ action, names }) => ({ names, id: action.name })),
    ],
    nodes: [
      { id: WHOLE, next: [...toCommands, ...toActions], flags: OWN },
      ...offered
        .filter(isDescribed)
        .map((one) => nodeOf(one.describe(), `${WHOLE} ${one.name}`, all)),
      ...actions.flatMap((action) => nodesOf(action, version, all)),
    ],
  };
}

const isDescribed = (command: Subcommand): command is Described => 'describe' in command;

function nodesOf(action: Response, version: string, actions: readonly string[]): Node[] {
  const program = manualCommand({ ...action, program: action.name, version });
  const next = program.commands.map((command) => ({
    word: command.name(),
    help: command.description(),
    id: `${action.name} ${command.name()}`,
  }));
  return [
    { ...nodeOf(program, action.name, actions), next },
    ...program.commands.map((one) => nodeOf(one, `${action.name} ${one.name()}`, actions)),
  ];
}

function nodeOf(command: Command, id: string, actions: readonly string[]): Node {
  const [argument] = command.registeredArguments;
  return {
    id,
    next: [],
    flags: new Help().visibleOptions(command).map(flagOf),
    ...(argument && { value: standsFor(argument.name(), argument, actions) }),
  };
}

function flagOf(option: Option): Flag {
  const { short, long, description, required, optional, flags } = option;
  const placeholder = /[<[]([^>\].]+)/.exec(flags)?.[1] ?? '';
  return {
    names: [short, long].filter((name) => name !== undefined),
    help: description,
    ...((required || optional) && { value: standsFor(placeholder, option, []) }),
  };
}

/** What a placeholder stands for; `<action>` is any action's name. */
function standsFor(
  placeholder: string,
  { argChoices }: Pick<Option | Argument, 'argChoices'>,
  actions: readonly string[],
): Value {
  if (argChoices) return { kind: 'choice', words: argChoices };
  if (placeholder === 'action') return { kind: 'choice', words: actions };
  if (placeholder === 'directory') return { kind: 'folder' };
  return { kind: placeholder === 'path' || placeholder === 'file' ? 'file' : 'text' };
}
