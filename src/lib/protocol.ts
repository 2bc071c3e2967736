import { SUBJECTS, type Subject } from './fields.ts';
import { type Json, JsonObject, parseJson } from './json.ts';
import { ActionError } from './outcome.ts';
import type { Candidate, Request, Schedule, Verb } from './request.ts';
import { mask } from './text.ts';

/** One JSON form of the agent's messages, as a row. */
interface Dialect {
  readonly name: 'wazuh4' | 'wazuh5';
  readonly recognises: (root: JsonObject) => boolean;
  readonly verbs: Readonly<Record<string, Verb>>;
  readonly command: (root: JsonObject, allowed: readonly string[]) => string | undefined;
  readonly paths: Readonly<Record<Subject, readonly string[]>>;
  readonly complaint: Request['complaint'];
  /** Where the extra arguments stand. */
  readonly extra: string;
  readonly schedule: (root: JsonObject) => Schedule;
  readonly alert: string;
  readonly rule: string;
}

const DATA = 'parameters.alert.data';

const COMPLAINTS: Readonly<Record<Subject, string>> = {
  srcip: "Cannot read 'srcip' from data or invalid IP format",
  user: "Cannot read 'dstuser' from data or invalid username format",
  file: "Cannot read 'syscheck.path' from alert",
  pid: "Cannot read 'process.pid' from data",
  start: "Cannot read 'process.start' from data",
  executable: "Cannot read 'process.executable' from data",
};

const WAZUH4: Dialect = {
  name: 'wazuh4',
  recognises: (root) =>
    typeof root.at('version') === 'number' &&
    !!root.object('origin') &&
    !!root.object('parameters'),
  verbs: { add: 'add', delete: 'delete' },
  command: (root) => root.text('command'),
  paths: {
    srcip: [
      `${DATA}.win.eventdata.ipAddress`,
      `${DATA}.win.eventdata.destinationIp`,
      `${DATA}.srcip`,
    ],
    user: [`${DATA}.dstuser`],
    file: ['parameters.alert.syscheck.path', `${DATA}.virustotal.source.file`],
    pid: [`${DATA}.process.pid`],
    start: [`${DATA}.process.start`],
    executable: [`${DATA}.process.executable`],
  },
  complaint: (subject) => COMPLAINTS[subject],
  extra: 'parameters.extra_args',
  // Without an alert id the call came from a person through the manager, who sets no timeout.
  schedule: (root) => (alertId(root, WAZUH4) ? { kind: 'configured' } : { kind: 'open' }),
  alert: 'parameters.alert.id',
  rule: 'parameters.alert.rule.id',
};

const WAZUH5: Dialect = {
  name: 'wazuh5',
  recognises: (root) => !!root.object('wazuh.active_response'),
  verbs: { enable: 'add', disable: 'delete' },
  // execd appends its verb to a document that may hold a `command` of the event's own, so the first
  // need not be execd's. Two different verbs of ours cannot be told apart and are no verb at all.
  command: (root, allowed) => {
    const given = root.all('command').map(({ value }) => value);
    const verbs = new Set(
      [given[0], given.at(-1)].filter((verb) => allowed.includes(String(verb))),
    );
    return verbs.size === 1 ? String([...verbs][0]) : undefined;
  },
  paths: {
    srcip: ['source.ip'],
    user: ['user.name'],
    file: ['file.path'],
    pid: ['process.pid'],
    start: ['process.start'],
    executable: ['process.executable'],
  },
  complaint: (subject, rejected) =>
    subject === 'srcip' && rejected
      ? `Invalid IP address: '${rejected.text.slice(0, 80)}'`
      : `Cannot read '${WAZUH5.paths[subject][0]}' from data`,
  extra: 'wazuh.active_response.extra_arguments',
  schedule: (root) => {
    const stated = root.at('wazuh.active_response.stateful_timeout');
    const stateful = root.text('wazuh.active_response.type') === 'stateful';
    return {
      kind: 'stated',
      seconds: stateful && typeof stated === 'number' ? Math.trunc(stated) : 0,
    };
  },
  alert: 'wazuh.event.id',
  rule: 'wazuh.rule.id',
};

// A Wazuh 4 root never has a `wazuh` key; a Wazuh 5 document may hold anything else.
const DIALECTS = [WAZUH5, WAZUH4] as const;

const short = (value: Json | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 64) : undefined;

const alertId = (root: JsonObject, dialect: Dialect) => short(root.at(dialect.alert));

function open(line: string): { root: JsonObject; dialect: Dialect } {
  let root: Json;
  try {
    root = parseJson(line);
  } catch (cause) {
    throw new ActionError('bad-request', `Invalid input format: ${(cause as Error).message}`, {
      cause,
    });
  }
  const dialect = root instanceof JsonObject && DIALECTS.find((row) => row.recognises(root));
  if (!dialect) {
    throw new ActionError('bad-request', 'Invalid input format: not a message of Wazuh 4 or 5');
  }
  return { root: root as JsonObject, dialect };
}

/** Words of the extra arguments: a list of them in Wazuh 4, one text in Wazuh 5. */
function extraWords(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return value.split(/\s+/).filter((word) => word !== '');
  if (!Array.isArray(value)) return [];
  return value.filter((word: Json) => typeof word === 'string');
}

/** The line with its extra arguments masked: they hold what only the program should know. */
function masked(line: string, root: JsonObject, path: string, known: ReadonlySet<string>): string {
  // Also where they stand a second time, though only the first counts. Last first: places move.
  return root.every(path).reduceRight((text, { value, start, end }) => {
    if (value === null) return text;
    const words = extraWords(value).map((word) => mask(word, known));
    const shown = JSON.stringify(typeof value === 'string' ? words.join(' ') : words);
    return `${text.slice(0, start)}${shown}${text.slice(end)}`;
  }, line);
}

const NUMBERS: readonly Subject[] = ['pid', 'start'];

/** The candidates for every subject. */
export const candidates = (
  found: (subject: Subject) => readonly Candidate[],
): Request['candidates'] =>
  Object.fromEntries(SUBJECTS.map((subject) => [subject, found(subject)])) as Record<
    Subject,
    readonly Candidate[]
  >;

/**
 * Reads the first line of an agent's JSON dialogue. Of its extra arguments only the words of `known`
 * are ever shown.
 */
export function parseRequest(line: string, known: ReadonlySet<string>): Request {
  const { root, dialect } = open(line);
  const allowed = Object.keys(dialect.verbs);
  const verb = new Map(Object.entries(dialect.verbs)).get(dialect.command(root, allowed) ?? '');
  if (!verb) {
    const wanted = allowed.join(' or ');
    throw new ActionError('bad-request', `Invalid value of 'command': it must be ${wanted}`);
  }
  const found = (subject: Subject): Candidate[] =>
    dialect.paths[subject].flatMap((path) => {
      const value = root.at(path);
      // A process is a number; everything else that is none of ours to guess is a text.
      const text = NUMBERS.includes(subject) && typeof value === 'number' ? `${value}` : value;
      return typeof text === 'string' ? [{ path, text }] : [];
    });
  return {
    dialect: dialect.name,
    verb,
    raw: masked(line, root, dialect.extra, known),
    document: root,
    candidates: candidates(found),
    complaint: dialect.complaint,
    extra: extraWords(root.at(dialect.extra)),
    schedule: dialect.schedule(root),
    alert: alertId(root, dialect),
    rule: short(root.at(dialect.rule)),
  };
}

/** The agent's answer to the keys, and its line as it may be shown. */
export interface Reply {
  readonly verb: 'continue' | 'abort';
  readonly raw: string;
}

/** Reads the agent's answer; it repeats the message, so it is masked in the same way. */
export function parseReply(line: string, known: ReadonlySet<string>): Reply {
  const { root, dialect } = open(line);
  const verb = dialect.command(root, ['continue', 'abort']);
  if (verb === 'continue' || verb === 'abort') {
    return { verb, raw: masked(line, root, dialect.extra, known) };
  }
  throw new ActionError('bad-request', "Invalid value of 'command': it must be continue or abort");
}

/** Reads an old agent's words: verb, user, address, alert id, rule id, then text of any shape. */
export function parseLegacy(words: readonly string[]): Request {
  const [verb, user, ip, third = '', ...more] = words;
  // The Windows agent hands everything after the address over as one word.
  const [alert, rule, ...rest] = [...third.split(' '), ...more];
  const given = (path: string, text: string | undefined): Candidate[] =>
    text === undefined || text === '-' || text === '' ? [] : [{ path, text }];
  return {
    dialect: 'legacy',
    verb: verb === 'delete' ? 'delete' : 'add',
    raw: words.slice(0, 5).join(' '),
    words,
    candidates: candidates((subject) => {
      if (subject === 'srcip') return given('the third argument', ip);
      if (subject === 'user') return given('the second argument', user);
      return subject === 'file' ? given('the file name', legacyFile(rest)) : [];
    }),
    complaint: WAZUH4.complaint,
    extra: [],
    // An old agent renews a block without running the program again, so no expiry would be safe.
    schedule: { kind: 'open' },
    alert: alert?.slice(0, 64) || undefined,
    rule: rule?.slice(0, 64),
  };
}

/**
 * The file name behind a legacy location, which is one word, or two if another agent sent it: `(web1)
 * 10.0.0.21->/var/log/auth.log`. The manager puts a backslash before what a shell would read.
 */
function legacyFile([first = '', second = '', ...rest]: readonly string[]): string | undefined {
  const [file, ...more] = first.startsWith('(') && second.includes('->') ? rest : [second, ...rest];
  // A blank in it, or before it, splits it: no word of it alone is the name of what is meant.
  if (more.some((word) => word !== '-')) return undefined;
  return file === '(null)' ? undefined : file?.replace(/\\(.)/g, '$1');
}

/** The line that tells the agent what to dedupe by; the same bytes as upstream's, without line end. */
export const checkKeys = (program: string, keys: readonly string[]): string =>
  JSON.stringify({
    version: 1,
    origin: { name: program, module: 'active-response' },
    command: 'check_keys',
    parameters: { keys },
  });
