import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import ms, { type StringValue } from 'ms';
import type { Option as ActionOption } from '../lib/action.ts';
import type { Subject } from '../lib/fields.ts';
import { isOpen } from '../lib/options.ts';
import type { Manual, Spec } from '../lib/person.ts';
import { candidates } from '../lib/protocol.ts';
import type { Verb } from '../lib/request.ts';

/** How a person names a target, and one to try things with. */
export const TARGET: Readonly<
  Record<Subject, { placeholder: string; help: string; example: string }>
> = {
  srcip: {
    placeholder: 'address',
    help: 'the IPv4 or IPv6 address',
    example: '203.0.113.7',
  },
  user: { placeholder: 'name', help: 'the account', example: 'mallory' },
  file: { placeholder: 'path', help: 'the file', example: '/tmp/dropper' },
  pid: { placeholder: 'number', help: 'the process', example: '4321' },
  start: { placeholder: 'time', help: 'when it started', example: '2026-02-03T10:11:12Z' },
  executable: { placeholder: 'path', help: 'what it runs', example: '/tmp/dropper' },
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
  const say = (text: string) => {
    said += text;
  };
  let run: Manual | undefined;
  const program = manualCommand(spec, say);
  for (const command of program.commands) {
    command.action((given: Given) => {
      run = asked(command.name() as Verb, given, spec);
    });
  }
  try {
    program.parse([...words], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    const exit = thrown.exitCode === 0 ? 0 : 2;
    return { kind: 'say', text: exit === 0 ? said.trimEnd() : sentence(said, spec.program), exit };
  }
  return run ?? { kind: 'say', text: sentence('', spec.program), exit: 2 };
}

/** What a person may say to an action, for help and for completion in shells; `say` hears the help. */
export function manualCommand(spec: Spec, say: (text: string) => void = () => {}): Command {
  const program = new Command(spec.program)
    .description(described(spec))
    .version(spec.version)
    .exitOverride()
    .configureOutput({ writeOut: say, writeErr: say })
    .helpCommand(false)
    .addHelpText('after', examples(spec));
  for (const verb of ['add', 'delete'] as const) describe(program.command(verb), verb, spec);
  return program;
}

const described = ({ summary, needs, proof }: Spec): string =>
  [
    summary,
    ...(needs === undefined ? [] : [`Needs: ${needs}.`]),
    ...(proof === undefined ? [] : [`See that it worked: ${proof}`]),
    '',
    'An agent calls it without arguments; these are for people.',
  ].join('\n');

function describe(command: Command, verb: Verb, { fields, options, states }: Spec): Command {
  const held = states ? `after this the target ${states.held}` : 'do it now';
  const undo = states ? 'undo what was done by hand' : 'nothing: it cannot be undone';
  command.description(verb === 'add' ? held : undo);
  for (const { subject, optional } of Object.values(fields)) {
    const { placeholder, help } = TARGET[subject];
    const flag = `--${subject} <${placeholder}>`;
    if (optional) command.option(flag, help);
    else command.requiredOption(flag, help);
  }
  if (verb === 'add') {
    const hint = 'end it after a time, like 90s, 15m, 1h or 2d';
    if (states) command.option('--for <time>', hint, seconds);
    for (const [name, option] of Object.entries(options).filter(([, one]) => isOpen(one))) {
      command.addOption(choice(name, option));
    }
  }
  if (verb === 'add') {
    command.option('--force', 'also what is protected, such as this host’s own gateway');
  }
  return command
    .option('--reason <text>', 'why, for the journal')
    .option('--alert <id>', 'the alert that it is for, for the log')
    .option('--home <directory>', 'where the agent lives')
    .option('--dry-run', 'print the commands and run none');
}

function choice(name: string, { help, values, parse }: ActionOption): Option {
  const option = new Option(`--${name} <${name}>`, help);
  if (values) return option.choices(values);
  return option.argParser((text) => {
    try {
      return parse?.(text) ?? text;
    } catch (thrown) {
      throw new InvalidArgumentError((thrown as Error).message);
    }
  });
}

function examples({ program, fields, states }: Spec): string {
  const targets = Object.values(fields)
    .filter(({ optional }) => !optional)
    .map(({ subject }) => `--${subject} ${TARGET[subject].example}`);
  const calls = [['add', '--dry-run'], ['add'], ...(states ? [['delete']] : [])];
  const lines = calls.map(
    ([verb, ...rest]) => `  ${[program, verb, ...targets, ...rest].join(' ')}`,
  );
  return ['', 'Examples:', ...lines].join('\n');
}

/** One sentence, whatever the parser printed: its first line, or what is missing if it had none. */
function sentence(said: string, program: string): string {
  const [first = ''] = said.trim().split('\n');
  const mistake = /^error: (.*?)\.?$/.exec(first)?.[1] ?? 'say add or delete';
  return `${program}: ${mistake}; see ${program} --help.`;
}

function asked(verb: Verb, given: Given, spec: Spec): Manual {
  const text = (name: string) => (typeof given[name] === 'string' ? given[name] : undefined);
  const named = (subject: Subject) => {
    const value = text(subject);
    return value === undefined ? [] : [{ path: `--${subject}`, text: value }];
  };
  const until = typeof given['for'] === 'number' ? given['for'] : undefined;
  const reason = text('reason');
  const targets = Object.values(spec.fields)
    .filter(({ subject }) => text(subject) !== undefined)
    .map(({ subject }) => `--${subject} ${text(subject)}`);
  const undo = `${spec.program} delete ${targets.join(' ')}`;
  return {
    kind: 'run',
    request: {
      dialect: 'manual',
      verb,
      raw: [verb, ...targets, 'by hand', ...(reason ? [`because ${reason}`] : [])].join(' '),
      candidates: candidates(named),
      complaint: () => 'Nothing was done',
      extra: [],
      schedule: until === undefined ? { kind: 'open' } : { kind: 'exact', seconds: until },
      alert: text('alert'),
      rule: undefined,
      ...(reason !== undefined && { reason }),
    },
    options: Object.fromEntries(
      Object.keys(spec.options).flatMap((name) => {
        const value = text(new Option(`--${name} <${name}>`).attributeName());
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    seconds: until,
    dryRun: given['dryRun'] === true,
    force: given['force'] === true,
    home: text('home'),
    epilogue: verb === 'delete' || !spec.states ? '.' : `, ${span(until)} ${undo}`,
  };
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** How long it will be, to the second. */
function span(until: number | undefined): string {
  if (until === undefined) return 'until you undo it with';
  let rest = until;
  const parts = UNITS.flatMap(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return `for ${parts.join(' ')}, or until`;
}
