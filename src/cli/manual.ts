import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import ms, { type StringValue } from 'ms';
import type { Action } from '../lib/action.ts';
import type { Subject } from '../lib/fields.ts';
import type { Request, Verb } from '../lib/request.ts';

/** What the command line needs to know of the program it speaks for. */
export interface Spec extends Pick<Action, 'summary' | 'fields' | 'options'> {
  /** The name it was called by. */
  readonly program: string;
  readonly version: string;
}

/** What a person asked for. */
export type Manual =
  | { readonly kind: 'say'; readonly text: string; readonly exit: 0 | 2 }
  | {
      readonly kind: 'run';
      readonly request: Request;
      readonly options: Readonly<Record<string, string>>;
      readonly seconds: number | undefined;
      readonly dryRun: boolean;
      readonly home: string | undefined;
      /** What follows the sentence about a success. */
      readonly epilogue: string;
    };

const PLACEHOLDER: Readonly<Record<Subject, [flag: string, help: string]>> = {
  srcip: ['--srcip <address>', 'the IPv4 or IPv6 address'],
  user: ['--user <name>', 'the account'],
  file: ['--file <path>', 'the file'],
};

type Given = Readonly<Record<string, string | number | boolean | undefined>>;

/** Seconds in a text like 90s, 15m, 1h or 2d. */
function seconds(text: string): number {
  const milliseconds = /^\d+(\.\d+)?\s*[a-z]+$/i.test(text) ? ms(text as StringValue) : undefined;
  if (milliseconds === undefined || milliseconds < 1000) {
    throw new InvalidArgumentError('Say a number and a unit, like 90s, 15m, 1h or 2d.');
  }
  return Math.ceil(milliseconds / 1000);
}

/** Reads a person's words; never touches the host. */
export function parseManual(words: readonly string[], spec: Spec): Manual {
  let said = '';
  let run: Manual | undefined;
  const program = new Command(spec.program)
    .description(`${spec.summary}\n\nAn agent calls it without arguments; these are for people.`)
    .version(spec.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        said += text;
      },
      writeErr: (text) => {
        said += text;
      },
    })
    .helpCommand(false);
  for (const verb of ['add', 'delete'] as const) {
    const command = program
      .command(verb)
      .description(verb === 'add' ? 'block it' : 'lift a block that was made by hand')
      .allowExcessArguments(false);
    for (const { subject } of Object.values(spec.fields)) {
      const [flag, help] = PLACEHOLDER[subject];
      command.requiredOption(flag, help);
    }
    if (verb === 'add') {
      command.option('--for <time>', 'end it after a time, like 90s, 15m, 1h or 2d', seconds);
      for (const [name, { help, values }] of Object.entries(spec.options)) {
        command.addOption(new Option(`--${name} <${name}>`, help).choices(values));
      }
    }
    command
      .option('--reason <text>', 'why, for the journal')
      .option('--home <directory>', 'where the agent lives')
      .option('--dry-run', 'print the commands and run none');
    command.action((given: Given) => {
      run = asked(verb, given, spec);
    });
  }
  try {
    program.parse([...words], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    const exit = thrown.exitCode === 0 ? 0 : 2;
    return { kind: 'say', text: exit === 0 ? said.trimEnd() : sentence(said, spec.program), exit };
  }
  return run ?? { kind: 'say', text: sentence('nothing to do', spec.program), exit: 2 };
}

/** One sentence, whatever the parser printed. */
function sentence(said: string, program: string): string {
  const first =
    said
      .trim()
      .split('\n')[0]
      ?.replace(/^error: /, '') ?? '';
  const usage = first === '' || first.startsWith('Usage:') ? 'say add or delete' : first;
  return `${program}: ${usage.replace(/\.$/, '')}; see ${program} --help.`;
}

function asked(verb: Verb, given: Given, spec: Spec): Manual {
  const text = (name: string) => (typeof given[name] === 'string' ? given[name] : undefined);
  const named = (subject: Subject) => {
    const value = text(subject);
    return value === undefined ? [] : [{ path: `--${subject}`, text: value }];
  };
  const until = typeof given['for'] === 'number' ? given['for'] : undefined;
  const reason = text('reason');
  const targets = Object.values(spec.fields).map(({ subject }) => `--${subject} ${text(subject)}`);
  const undo = `${spec.program} delete ${targets.join(' ')}`;
  return {
    kind: 'run',
    request: {
      dialect: 'manual',
      verb,
      raw: [verb, ...targets, 'by hand', ...(reason ? [`because ${reason}`] : [])].join(' '),
      candidates: { srcip: named('srcip'), user: named('user'), file: named('file') },
      complaint: (subject) => `--${subject} will not do`,
      extra: [],
      schedule: until === undefined ? { kind: 'open' } : { kind: 'exact', seconds: until },
      alert: undefined,
      rule: undefined,
      ...(reason !== undefined && { reason }),
    },
    options: Object.fromEntries(
      Object.keys(spec.options).flatMap((name) => {
        const value = text(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    seconds: until,
    dryRun: given['dryRun'] === true,
    home: text('home'),
    epilogue: verb === 'delete' ? '.' : `, ${span(until)} ${undo}`,
  };
}

const span = (until: number | undefined): string =>
  until === undefined
    ? 'until you undo it with'
    : `for ${ms(until * 1000, { long: true })}, or until`;
