import { parseManual } from '../../src/cli/manual.ts';
import type { Response } from '../../src/lib/action.ts';
import { execute } from '../../src/lib/execute.ts';
import type { Subject } from '../../src/lib/fields.ts';
import type { Result } from '../../src/lib/log.ts';
import { wordsOf } from '../../src/lib/options.ts';
import type { Agent, Heard } from '../../src/lib/ports.ts';
import { parseLegacy, parseRequest } from '../../src/lib/protocol.ts';
import type { Request, Verb } from '../../src/lib/request.ts';
import { asTested } from './custom.ts';
import type { ModelHost } from './model-host.ts';

/** What a test asks for, whatever the protocol. */
export interface Ask {
  readonly program: string;
  readonly verb: Verb;
  /** Nothing for what asks a message for nothing. */
  readonly subject: Subject | undefined;
  readonly text: string;
  /** What the message holds besides. */
  readonly more?: Readonly<Partial<Record<Subject, string>>>;
  readonly backend?: string | undefined;
  /** Seconds, where the protocol can say so. */
  readonly seconds?: number;
}

/** One way to call a program. */
export interface Protocol {
  readonly name: 'wazuh4' | 'wazuh5' | 'legacy' | 'manual';
  /** Whether an add hands over keys and waits for an answer. */
  readonly answers: boolean;
  /** Whether the caller can say which backend to use. */
  readonly chooses: boolean;
  readonly request: (ask: Ask, action: Response) => Request;
  /** The agent's second line. */
  readonly reply: (ask: Ask, word: string) => string;
}

const given = ({ subject, text, more }: Ask): NonNullable<Ask['more']> => ({
  ...more,
  ...(subject && { [subject]: text }),
});

/** Those of a list that are there. */
const present = (members: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

function wazuh4(ask: Ask, command: string): string {
  const { program, backend } = ask;
  const { srcip, user, file, pid, start, executable } = given(ask);
  const process = present({ pid, start, executable });
  const data = { ...present({ srcip, dstuser: user }), process };
  return JSON.stringify({
    version: 1,
    origin: { name: 'node01', module: 'wazuh-execd' },
    command,
    parameters: {
      extra_args: backend === undefined ? [] : ['--backend', backend],
      alert: {
        rule: { level: 5, id: '5710' },
        id: '1770113472.345678',
        data,
        ...(file !== undefined && { syscheck: { path: file } }),
      },
      program: `active-response/bin/${program}`,
    },
  });
}

function wazuh5(ask: Ask, command: string): string {
  const { program, backend, seconds } = ask;
  const { srcip, user, file, pid, start, executable } = given(ask);
  return JSON.stringify({
    wazuh: {
      active_response: {
        name: program,
        executable: program,
        extra_arguments: backend === undefined ? null : `--backend ${backend}`,
        type: 'stateful',
        stateful_timeout: seconds ?? 60,
      },
    },
    event: { original: 'an event' },
    source: present({ ip: srcip }),
    user: present({ name: user }),
    file: present({ path: file }),
    process: present({ pid, start, executable }),
    command,
  });
}

/** All of them. */
export const PROTOCOLS: readonly Protocol[] = [
  {
    name: 'wazuh4',
    answers: true,
    chooses: true,
    request: (ask, action) => parseRequest(wazuh4(ask, ask.verb), wordsOf(action)),
    reply: wazuh4,
  },
  {
    name: 'wazuh5',
    answers: true,
    chooses: true,
    request: (ask, action) =>
      parseRequest(wazuh5(ask, ask.verb === 'add' ? 'enable' : 'disable'), wordsOf(action)),
    reply: wazuh5,
  },
  {
    name: 'legacy',
    answers: false,
    chooses: false,
    request: (ask) => {
      const { user = '-', srcip: ip = '-', file = '-' } = given(ask);
      const { verb } = ask;
      return parseLegacy([verb, user, ip, '1304756247.60385', '31151', '/var/log/auth.log', file]);
    },
    reply: () => '',
  },
  {
    name: 'manual',
    answers: false,
    chooses: true,
    request: (ask, action) => {
      const { program, verb, seconds } = ask;
      const manual = parseManual(
        [
          verb,
          ...Object.entries(given(ask)).map(([subject, text]) => `--${subject}=${text}`),
          ...(seconds === undefined || verb === 'delete' ? [] : ['--for', `${seconds}s`]),
        ],
        { ...action, program, version: '0.0.0' },
      );
      if (manual.kind === 'say') throw new Error(manual.text);
      return manual.request;
    },
    reply: () => '',
  },
];

/** How an agent behaves after it was handed the keys. */
export type Temper = 'continue' | 'abort' | 'garbage' | 'closed' | 'end' | 'silence' | 'flood';

/** An agent that writes down what it is told and answers in one way. */
export class ScriptedAgent implements Agent {
  readonly told: string[] = [];
  readonly #temper: Temper;
  readonly #line: (word: string) => string;
  readonly #onTell: () => void;

  constructor(temper: Temper, line: (word: string) => string, onTell: () => void = () => {}) {
    this.#temper = temper;
    this.#line = line;
    this.#onTell = onTell;
  }

  async hear(_timeout: number): Promise<Heard> {
    switch (this.#temper) {
      case 'continue':
      case 'abort':
        return { line: this.#line(this.#temper) };
      case 'garbage':
        return { line: 'no JSON' };
      case 'closed':
        return 'end';
      default:
        return this.#temper;
    }
  }

  async tell(line: string): Promise<boolean> {
    this.#onTell();
    if (this.#temper === 'closed') return false;
    this.told.push(line);
    return true;
  }
}

/** A run that ended, and the lines it printed for the agent. */
export interface Ran extends Result {
  readonly told: readonly string[];
}

/** How a test's call differs from the usual one. */
export interface Manner {
  readonly temper?: Temper;
  /** Whose block it is, where that is not the program or, by hand, `manual`. */
  readonly holder?: string;
  /** Called when the keys arrive, before anything is answered. */
  readonly onTell?: () => void;
}

/** Calls the action once, in a process of its own on the host, as the protocol's caller would. */
export async function call(
  action: Response,
  protocol: Protocol,
  ask: Ask,
  host: ModelHost,
  { temper = 'continue', holder, onTell }: Manner = {},
): Promise<Ran> {
  const request = protocol.request(ask, action);
  const agent = new ScriptedAgent(temper, (word) => protocol.reply(ask, word), onTell);
  const answers = protocol.answers && ask.verb === 'add';
  const manual = protocol.name === 'manual';
  const tested = await asTested(action, host, ({ subject, text }) =>
    protocol.request({ program: ask.program, verb: 'add', subject, text }, action),
  );
  const result = await host.run(ask.program, (ports) =>
    execute(
      tested,
      {
        request,
        program: ask.program,
        holder: holder ?? (manual ? 'manual' : ask.program),
        ...(answers && { agent }),
        ...(manual && ask.backend !== undefined && { options: { backend: ask.backend } }),
      },
      ports,
    ),
  );
  return { ...result, told: agent.told };
}
