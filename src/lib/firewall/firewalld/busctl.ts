import type { Ask, Question } from '../../asking.ts';
import { type Command, type Completed, run, says, unexpected } from '../../effect.ts';
import { ActionError } from '../../outcome.ts';
import { type Daemon, notRunning } from './daemon.ts';

const NAME = 'org.fedoraproject.FirewallD1';
const OBJECT = '/org/fedoraproject/FirewallD1';
const ZONE = `${NAME}.zone`;

// Nobody is to start a firewall that its administrator has stopped.
const call = (face: string, method: string, ...words: string[]): Command =>
  run('busctl', '--auto-start=no', 'call', NAME, OBJECT, face, method, ...words);

// How the D-Bus daemon, D-Bus broker and systemd say that nobody has the name.
const NOBODY = /does not exist|does not have an owner|not provided by any|is not activatable/;

function asked<Answer>(
  command: Command,
  known: (completed: Completed) => Answer | undefined,
): Question<Answer> {
  return {
    command,
    read: (completed) => {
      const answer = known(completed);
      if (answer !== undefined) return answer;
      if (says(completed, 'Failed to connect to bus')) throw notRunning('there is no D-Bus here');
      // Its own complaints begin with a code.
      const [, code, text = ''] = /^Call failed: ([A-Z_]+: )?(.*)/.exec(completed.stderr) ?? [];
      if (code === undefined && NOBODY.test(text)) throw notRunning('nobody answers on D-Bus');
      throw unexpected(command, completed);
    },
  };
}

/** A call that gives something back. */
const giving = <Answer>(command: Command, read: (words: Words) => Answer): Question<Answer> =>
  asked(command, ({ exitCode, stdout }) =>
    exitCode === 0 ? read(new Words(command, stdout)) : undefined,
  );

/** A call that changes something, or answers with a code that nothing had to be changed. */
const changing = <Done extends string, Idle extends string>(
  command: Command,
  done: Done,
  code: string,
  idle: Idle,
): Question<Done | Idle> =>
  asked<Done | Idle>(command, (completed) => {
    if (completed.exitCode === 0) return done;
    return says(completed, `Call failed: ${code}: `) ? idle : undefined;
  });

/** The words in which busctl prints an answer: its signature, then numbers and quoted strings. */
class Words {
  readonly #command: Command;
  readonly #words: string[];

  constructor(command: Command, stdout: string) {
    this.#command = command;
    this.#words = (stdout.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).slice(1);
  }

  text(): string {
    const word = this.#words.shift() ?? '';
    if (!word.startsWith('"')) this.#unknown(word);
    return word.slice(1, -1).replace(/\\(.)/g, '$1');
  }

  /** As many as the number says that comes first. */
  list<Item>(item: () => Item): Item[] {
    const word = this.#words.shift() ?? '';
    if (!/^\d+$/.test(word)) this.#unknown(word);
    return Array.from({ length: Number(word) }, item);
  }

  texts(): string[] {
    return this.list(() => this.text());
  }

  #unknown(word: string): never {
    const { tool, args } = this.#command;
    throw new ActionError(
      'tool-failed',
      `${tool} ${args.at(-1)}: cannot read ${word || 'nothing'}`,
    );
  }
}

const defaultZone = giving(call(NAME, 'getDefaultZone'), (words) => words.text());

const activeZones = giving(call(ZONE, 'getActiveZones'), (words) =>
  words.list(() => {
    const name = words.text();
    words.list(() => [words.text(), words.texts()]);
    return name;
  }),
);

const allZones = giving(call(ZONE, 'getZones'), (words) => words.texts());

const rulesOf = (zone: string) =>
  giving(call(ZONE, 'getRichRules', 's', zone), (words) => words.texts());

/** firewalld over D-Bus, some five milliseconds a question. */
export const busctl: Daemon = {
  tool: 'busctl',
  zonesInUse: async (ask) => [...new Set([await ask(defaultZone), ...(await ask(activeZones))])],
  rules: async (ask: Ask) => {
    const found = new Map<string, readonly string[]>();
    for (const zone of await ask(allZones)) found.set(zone, await ask(rulesOf(zone)));
    return found;
  },
  add: (zone, rule, seconds) =>
    changing(
      call(ZONE, 'addRichRule', 'ssi', zone, rule, String(seconds)),
      'made',
      'ALREADY_ENABLED',
      'present',
    ),
  remove: (zone, rule) =>
    changing(call(ZONE, 'removeRichRule', 'ss', zone, rule), 'undone', 'NOT_ENABLED', 'absent'),
};
