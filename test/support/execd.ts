import { converse, type Door, type Manner, tell } from './execd/conversation.ts';
import { dedupeKey, keysIn, type Message, retell, VOCABULARIES } from './execd/message.ts';
import { type Entry, Pending } from './execd/pending.ts';
import { type Ended, type Start, start } from './execd/program.ts';

export type { Entry } from './execd/pending.ts';
export type { Ended } from './execd/program.ts';

/** The agent that a driver stands for. */
export interface Options {
  readonly home: string;
  /** The program to run unless a call names another; a name in `active-response/bin`. */
  readonly program?: string;
  /** A command that enters a namespace, like `['nsenter', '--net=/run/netns/x']`. */
  readonly enter?: readonly string[];
  /** The environment of the agent's service; by default the shortest usual one. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Milliseconds after which a program that hangs is killed and the call fails; execd has none. */
  readonly deadline?: number;
  /** Keep reading standard output after the answer, to see what a program says too much. */
  readonly listen?: boolean;
  /** How programs are started and spoken with, where that is not this machine's way. */
  readonly door?: Door;
}

/** What one call may set. */
export interface CallOptions {
  /** Seconds until the undo; 0 for a response that is never undone, nor deduped. */
  readonly timeout?: number;
  readonly program?: string;
}

/** One run of a program that was asked to act. */
export interface AddRun extends Ended {
  /** What the program printed, without the line end; nothing if it ended without a line. */
  readonly keysLine: string | undefined;
  readonly reply: 'continue' | 'abort' | undefined;
  /** The key the response is known by from now on. */
  readonly key: string | undefined;
  /** What came after the line before the agent closed its end. */
  readonly stdoutAfter: string;
}

/** A run that undoes, and what it was for. */
export interface DeleteRun extends Ended {
  readonly entry: Entry;
}

interface Driver {
  /** Responses that are to be undone. */
  readonly pending: readonly Entry[];
  /** Waits for the undo that comes next by itself: some second after a timeout is over. */
  nextDelete(): Promise<DeleteRun>;
  /** Stops the agent, which undoes everything at once, one after the other. */
  stop(): Promise<readonly DeleteRun[]>;
}

/** An agent that speaks JSON: one program at a time, from its start to its end. */
export interface JsonAgent extends Driver {
  /** Runs the program on a message of any verb; the agent puts its own verb and program in. */
  add(message: Message, options?: CallOptions): Promise<AddRun>;
  /** Runs the undo of a message right away, whether or not it is on the list. */
  delete(message: Message, options?: CallOptions): Promise<Ended>;
}

/** What a legacy agent did: nothing at all where the address is on its list. */
export type LegacyRun = (Ended & { readonly ran: true }) | { readonly ran: false };

/** An agent that speaks by arguments: it waits for no program, so several may run at once. */
export interface LegacyAgent extends Driver {
  /** Runs the program on the words after `add`: user, address, alert id, rule id, more. */
  add(words: readonly string[], options?: CallOptions): Promise<LegacyRun>;
  delete(words: readonly string[], options?: CallOptions): Promise<Ended>;
}

/** A Wazuh agent's execd: generations 4.2 to 4.14, or 5. */
export function execd(options: Options & { readonly dialect: 'wazuh4' | 'wazuh5' }): JsonAgent;
/** The execd of OSSEC, and of Wazuh up to 4.1. */
export function execd(options: Options & { readonly dialect: 'legacy' }): LegacyAgent;
export function execd(
  options: Options & { readonly dialect: 'wazuh4' | 'wazuh5' | 'legacy' },
): JsonAgent | LegacyAgent {
  const { dialect } = options;
  return dialect === 'legacy' ? legacyAgent(options) : jsonAgent(options, dialect);
}

const DEADLINE = 40_000;
const BIN = 'active-response/bin';
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

const seconds = () => Math.floor(Date.now() / 1000);
const manner = ({ deadline = DEADLINE, listen = false }: Options): Manner => ({ deadline, listen });

function jsonAgent(options: Options, dialect: 'wazuh4' | 'wazuh5'): JsonAgent {
  const vocabulary = VOCABULARIES[dialect];
  const list = new Pending();
  const serially = queue();
  const known = ({ program = options.program ?? 'firewall-drop' }: CallOptions) => program;
  const call = (program: string): Start => ({
    path: `${BIN}/${program}`,
    args: [],
    cwd: options.home,
    enter: options.enter ?? [],
    environment: options.environment ?? ENVIRONMENT,
  });
  const door = options.door ?? { converse, tell };
  const undo = (program: string, text: string) => door.tell(call(program), text, manner(options));

  const add = async (given: Message, set: CallOptions): Promise<AddRun> => {
    const program = known(set);
    const message = addressed(given, program, dialect);
    const since = seconds();
    const timeout = set.timeout ?? vocabulary.timeout(message);
    let key: string | undefined;
    let reply: AddRun['reply'];
    const answer = (line: string): string => {
      key = dedupeKey(program, keysIn(line));
      const text = retell(message, vocabulary.delete);
      const fresh = timeout <= 0 || list.note({ key, program, undo: text, since, timeout });
      reply = fresh ? 'continue' : 'abort';
      return retell(message, reply);
    };
    const what = call(program);
    const text = retell(message, vocabulary.add);
    const { line, ...heard } = await door.converse(what, text, answer, manner(options));
    return { ...heard, keysLine: line, reply, key };
  };

  return {
    add: (message, set = {}) => serially(() => add(message, set)),
    delete: (message, set = {}) =>
      serially(() => {
        const program = known(set);
        const text = retell(addressed(message, program, dialect), vocabulary.delete);
        return undo(program, text);
      }),
    get pending() {
      return list.all;
    },
    ...undoing(list, (entry) => serially(() => undo(entry.program, String(entry.undo)))),
  };
}

/** The message with the program in it, where the agent of that generation writes it. */
function addressed(message: Message, program: string, dialect: 'wazuh4' | 'wazuh5'): Message {
  const { parameters } = message;
  if (dialect === 'wazuh5' || typeof parameters !== 'object') return message;
  return { ...message, parameters: { ...parameters, program: `${BIN}/${program}` } };
}

function legacyAgent(options: Options): LegacyAgent {
  const list = new Pending();
  const path = ({ program = options.program ?? 'firewall-drop.sh' }: CallOptions) =>
    `${options.home}/${BIN}/${program}`;
  const run = (file: string, verb: 'add' | 'delete', words: readonly string[]): Promise<Ended> => {
    const what: Start = {
      path: file,
      args: [verb, ...words].slice(0, 29),
      cwd: '/',
      enter: options.enter ?? [],
      environment: options.environment ?? ENVIRONMENT,
    };
    return start(what, ['ignore', 'ignore', 'ignore'], manner(options).deadline).ended;
  };

  return {
    async add(words, set = {}) {
      const file = path(set);
      const timeout = set.timeout ?? 0;
      const entry = { key: `${file} ${words[1]}`, program: file, undo: words, timeout };
      // The time of an address that is on the list begins anew, and no program runs.
      if (list.has(entry.key) && !list.note({ ...entry, since: seconds() })) return { ran: false };
      if (timeout > 0) list.note({ ...entry, since: seconds() });
      return { ran: true, ...(await run(file, 'add', words)) };
    },
    delete: (words, set = {}) => run(path(set), 'delete', words),
    get pending() {
      return list.all;
    },
    ...undoing(list, ({ program, undo }) => run(program, 'delete', [...undo])),
  };
}

function undoing(list: Pending, undo: (entry: Entry) => Promise<Ended>): Omit<Driver, 'pending'> {
  const waiting: ((run: Promise<DeleteRun>) => void)[] = [];
  const lift = async (entry: Entry): Promise<DeleteRun> => ({ ...(await undo(entry)), entry });
  const poll = async () => {
    for (const entry of list.take(seconds())) {
      const run = lift(entry);
      waiting.shift()?.(run);
      await run.catch(() => {});
    }
  };
  const timer = setInterval(() => void poll(), 1_000);
  timer.unref();
  return {
    nextDelete: () => new Promise((resolve) => waiting.push(resolve)),
    async stop() {
      clearInterval(timer);
      const runs: DeleteRun[] = [];
      for (const entry of list.take()) runs.push(await lift(entry));
      return runs;
    },
  };
}

/** One after the other, whatever becomes of the one before. */
function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}
