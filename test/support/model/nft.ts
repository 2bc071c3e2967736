import { isIPv4, isIPv6 } from 'node:net';
import type { Completed } from '../../../src/lib/effect.ts';
import { no, ok } from './answer.ts';
import { jsonOf } from './nft-json.ts';

interface Element {
  /** In milliseconds of the host's clock; nothing for never. */
  readonly ends: number | undefined;
  /** Its own limit, where the set has one. */
  readonly limit: string | undefined;
}

export interface ElementSet {
  readonly type: string;
  readonly size: number;
  readonly flags: string | undefined;
  /** What it keeps with each element, as it is listed. */
  readonly kept: string | undefined;
  readonly elements: Map<string, Element>;
}

interface Chain {
  readonly hook: string | undefined;
  readonly rules: string[];
}

export interface Table {
  dormant: boolean;
  readonly sets: Map<string, ElementSet>;
  readonly chains: Map<string, Chain>;
}

type Tables = Map<string, Table>;

/** What nft 1.0.6 says, at the place in the line that it underlines. */
class Refusal extends Error {
  readonly from: number;
  readonly to: number;

  constructor(message: string, from: number, to: number) {
    super(message);
    this.from = from;
    this.to = to;
  }
}

const MISSING = 'No such file or directory';
const KERNEL = 'Could not process rule';

/** nft takes up to eight digits in a row in a time. */
const MAX_DIGITS = 8;

/** One element of a list, and where it stands in the line. */
interface Word {
  readonly text: string;
  readonly seconds: string | undefined;
  readonly limit: string | undefined;
  readonly at: number;
}

/** A command of a script: its named parts and where they stand. */
interface Parsed {
  readonly form: Form;
  readonly part: Readonly<Record<string, string>>;
  readonly place: Readonly<Record<string, [number, number]>>;
}

interface Form {
  readonly shape: RegExp;
  /** What nft itself checks against the names it knows, before the kernel hears of anything. */
  readonly names?: (tables: Tables, parsed: Parsed) => void;
  readonly commit: (nft: Nft, tables: Tables, parsed: Parsed) => void;
}

const at = (parsed: Parsed, part: string, message: string): never => {
  const [from, to] = parsed.place[part] ?? [0, 1];
  throw new Refusal(message, from, to);
};

const tableOf = (tables: Tables, parsed: Parsed, message: string): Table =>
  tables.get(parsed.part['table'] ?? '') ?? at(parsed, 'name', message);

const setOf = (tables: Tables, parsed: Parsed): ElementSet =>
  tableOf(tables, parsed, MISSING).sets.get(parsed.part['set'] ?? '') ?? at(parsed, 'set', MISSING);

/** What becomes of a packet that a rule matches. */
const VERDICT = '(?:drop|accept|counter drop)';

/** A limit in words, with the number of packets that may come at once. */
const LIMIT = String.raw`limit rate over \d+\/\w+ burst \d+ packets`;

const TABLE = String.raw`(?<table>\w+ (?<name>[\w-]+))`;

const FORMS: readonly Form[] = [
  {
    shape: /^flush ruleset$/,
    commit: (_nft, tables) => tables.clear(),
  },
  {
    shape: new RegExp(`^(?<verb>add|create) table ${TABLE}(?<dormant> \\{ flags dormant; \\})?$`),
    names: (tables, { part: { table = '' } }) => {
      if (!tables.has(table)) tables.set(table, newTable(false));
    },
    commit: (_nft, tables, parsed) => {
      const { verb, table = '', dormant } = parsed.part;
      const old = tables.get(table);
      if (old && verb === 'create') at(parsed, 'name', `${KERNEL}: File exists`);
      // Saying it again without the flag wakes the table.
      if (old) old.dormant = dormant !== undefined;
      else tables.set(table, newTable(dormant !== undefined));
    },
  },
  {
    shape: new RegExp(`^delete table ${TABLE}$`),
    commit: (_nft, tables, parsed) => {
      tableOf(tables, parsed, `${KERNEL}: ${MISSING}`);
      tables.delete(parsed.part['table'] ?? '');
    },
  },
  {
    shape: new RegExp(
      `^add chain ${TABLE} (?<chain>[\\w.-]+)(?: \\{ (?<hook>type filter hook \\w+ priority [\\w-]+; policy accept;) \\})?$`,
    ),
    commit: (_nft, tables, parsed) => {
      const { chain = '', hook } = parsed.part;
      const { chains } = tableOf(tables, parsed, `${KERNEL}: ${MISSING}`);
      const old = chains.get(chain);
      const wanted = hook
        ?.replace('priority -300;', 'priority raw;')
        .replace('priority 0;', 'priority filter;');
      if (old && wanted && old.hook !== wanted)
        at(parsed, 'line', `${KERNEL}: Operation not supported`);
      if (!old) chains.set(chain, { hook: wanted, rules: [] });
    },
  },
  {
    shape: new RegExp(`^(?<verb>flush|delete) chain ${TABLE} (?<chain>[\\w.-]+)$`),
    commit: (_nft, tables, parsed) => {
      const { chain = '', verb } = parsed.part;
      const { chains } = tableOf(tables, parsed, `${KERNEL}: ${MISSING}`);
      const old = chains.get(chain) ?? at(parsed, 'chain', `${KERNEL}: ${MISSING}`);
      if (verb === 'delete') chains.delete(chain);
      else old.rules.length = 0;
    },
  },
  {
    shape: new RegExp(
      `^add set ${TABLE} (?<set>[\\w.-]+) \\{ type (?<type>\\w+);(?: size (?<size>\\d+);)?(?: flags (?<flags>\\w+);)?(?: (?<kept>counter|${LIMIT});)? \\}$`,
    ),
    names: (tables, parsed) => {
      // nft remembers it for the lines that follow.
      tables
        .get(parsed.part['table'] ?? '')
        ?.sets.set(parsed.part['set'] ?? '', newSet(parsed.part));
    },
    commit: (_nft, tables, parsed) => {
      const { set = '', type } = parsed.part;
      const { sets } = tableOf(tables, parsed, `${KERNEL}: ${MISSING}`);
      const old = sets.get(set);
      if (old && old.type !== type) at(parsed, 'set', `${KERNEL}: File exists`);
      if (!old) sets.set(set, newSet(parsed.part));
    },
  },
  {
    shape: new RegExp(
      `^add rule ${TABLE} (?<chain>[\\w.-]+) (?<rule>ip6? saddr @(?<set>[\\w.-]+) ${VERDICT})$`,
    ),
    names: setOf,
    commit: (_nft, tables, parsed) => {
      const { chain = '', rule = '' } = parsed.part;
      const { chains } = tableOf(tables, parsed, `${KERNEL}: ${MISSING}`);
      const old = chains.get(chain) ?? at(parsed, 'chain', `${KERNEL}: ${MISSING}`);
      old.rules.push(rule);
    },
  },
  {
    shape: new RegExp(
      `^(?<verb>add|create|delete) element ${TABLE} (?<set>[\\w.-]+) \\{ (?<elements>[^{}]+) \\}$`,
    ),
    names: (tables, parsed) => {
      const { type, kept } = setOf(tables, parsed);
      for (const { text, seconds, limit, at: from } of elementsOf(parsed)) {
        const fits = type === 'ipv4_addr' ? isIPv4(text) : isIPv6(text);
        if (!fits) {
          const why = 'Could not resolve hostname: Address family for hostname not supported';
          throw new Refusal(why, from, from + text.length);
        }
        if (limit && !kept?.startsWith('limit')) {
          const why = kept
            ? `statement mismatch, element expects limit, but set has type ${kept}`
            : 'missing statement in set declaration';
          const start = from + text.length + 1;
          throw new Refusal(why, start, start + limit.length);
        }
        if (seconds && seconds.length > MAX_DIGITS) {
          const start = from + `${text}${limit ? ` ${limit}` : ''} timeout `.length;
          throw new Refusal('value too large', start, start + seconds.length + 1);
        }
      }
    },
    commit: (nft, tables, parsed) => {
      const { elements, size, kept } = setOf(tables, parsed);
      for (const { text, seconds, limit, at: from } of elementsOf(parsed)) {
        const refuse = (why: string): never => {
          throw new Refusal(`${KERNEL}: ${why}`, from, from + text.length);
        };
        const there = elements.get(text);
        const ends = seconds === undefined ? undefined : nft.now() + Number(seconds) * 1000;
        if (parsed.part['verb'] === 'delete') {
          if (!elements.delete(text)) refuse(MISSING);
        } else if (there) {
          if (parsed.part['verb'] === 'create') refuse('File exists');
          // Its limit stays as it was.
          if (nft.renews) elements.set(text, { ...there, ends });
        } else {
          if (elements.size >= size) refuse('Too many open files in system');
          const own = limit ?? (kept?.startsWith('limit') ? kept : undefined);
          elements.set(text, { ends, limit: own });
        }
      }
    },
  },
];

const LIST = /^list ruleset(?: (?<family>\w+))?$/;
const AS_JSON = /^-j list table (?<table>\w+ [\w-]+)$/;

/** A rule as it is listed; what no packet met yet, its counter says so. */
const figured = (rule: string) => rule.replace('counter', 'counter packets 0 bytes 0');

const newTable = (dormant: boolean): Table => ({
  dormant,
  sets: new Map(),
  chains: new Map(),
});

const newSet = (part: Parsed['part']): ElementSet => ({
  type: part['type'] ?? '',
  size: Number(part['size'] ?? 65_536),
  flags: part['flags'],
  kept: part['kept'],
  elements: new Map(),
});

function elementsOf({ part, place }: Parsed): Word[] {
  const [start = 0] = place['elements'] ?? [];
  const words = new RegExp(`([0-9A-Fa-f:.]+)(?: (${LIMIT}))?(?: timeout (\\d+)s)?(?:, |$)`, 'g');
  return [...(part['elements'] ?? '').matchAll(words)].map(
    ({ 1: text = '', 2: limit, 3: seconds, index }) => ({
      text,
      seconds,
      limit,
      at: start + index,
    }),
  );
}

function parse(line: string): Parsed | undefined {
  for (const form of FORMS) {
    const found = new RegExp(form.shape, 'd').exec(line);
    if (found?.indices) {
      const part = { ...found.groups } as Record<string, string>;
      // The kernel's word on a whole line underlines its end too.
      const place = { line: [0, line.length + 1], ...found.indices.groups } as Parsed['place'];
      return { form, part, place };
    }
  }
  return undefined;
}

const copyOf = (tables: Tables): Tables =>
  new Map(
    [...tables].map(([name, { dormant, sets, chains }]) => [
      name,
      {
        dormant,
        sets: new Map([...sets].map(([n, s]) => [n, { ...s, elements: new Map(s.elements) }])),
        chains: new Map([...chains].map(([n, c]) => [n, { ...c, rules: [...c.rules] }])),
      },
    ]),
  );

/** The nf_tables of one host, behind nft 1.0.6's command line and words. */
export class Nft {
  readonly now: () => number;
  /** Whether the kernel moves the expiry of an element that is added again (6.12 and later). */
  readonly renews: boolean;
  #tables: Tables = new Map();

  constructor(now: () => number, renews: boolean) {
    this.now = now;
    this.renews = renews;
  }

  run(args: readonly string[], stdin: string | undefined): Completed {
    const words = [...args];
    const terse = words[0] === '-t';
    if (terse) words.shift();
    const piped = words.join(' ') === '-f -';
    const lines = piped ? (stdin ?? '').split('\n').slice(0, -1) : [words.join(' ')];
    this.#purge();
    const asked = AS_JSON.exec(words.join(' '))?.groups?.['table'];
    if (asked !== undefined) return this.#json(asked);
    return this.#transact(lines, terse, piped ? '/dev/stdin' : '');
  }

  #json(name: string): Completed {
    const table = this.#tables.get(name);
    if (table) return ok(`${JSON.stringify(jsonOf(name, table, this.now()))}\n`);
    const line = `list table ${name}`;
    const marks = `${' '.repeat(line.length - name.length + 5)}${'^'.repeat(name.length - 5)}`;
    return no(1, `Error: ${MISSING}\n${line}\n${marks}`, '');
  }

  #purge(): void {
    for (const { sets } of this.#tables.values()) {
      for (const { elements } of sets.values()) {
        for (const [text, { ends }] of elements) {
          if (ends !== undefined && ends <= this.now()) elements.delete(text);
        }
      }
    }
  }

  /** All lines or none; a listing shows what was there before. */
  #transact(lines: readonly string[], terse: boolean, source: string): Completed {
    const known = copyOf(this.#tables);
    const next = copyOf(this.#tables);
    let stdout = '';
    const refused = (number: number, line: string, refusal: Refusal) => {
      const { from, to, message } = refusal;
      const where = source && `${source}:${number + 1}:${from + 1}-${to}: `;
      return no(
        1,
        `${where}Error: ${message}\n${line}\n${' '.repeat(from)}${'^'.repeat(to - from)}`,
        stdout,
      );
    };
    const parsed = lines.map(parse);
    for (const [number, line] of lines.entries()) {
      const command = parsed[number];
      const list = LIST.exec(line);
      if (!command && !list) {
        return refused(number, line, new Refusal('syntax error', line.length, line.length + 1));
      }
      try {
        command?.form.names?.(known, command);
      } catch (thrown) {
        if (thrown instanceof Refusal) return refused(number, line, thrown);
        throw thrown;
      }
    }
    for (const line of lines) {
      const list = LIST.exec(line);
      if (list) stdout += this.listing(terse, list.groups?.['family']);
    }
    for (const [number, line] of lines.entries()) {
      const command = parsed[number];
      try {
        command?.form.commit(this, next, command);
      } catch (thrown) {
        if (thrown instanceof Refusal) return refused(number, line, thrown);
        throw thrown;
      }
    }
    this.#tables = next;
    return ok(stdout);
  }

  /** The ruleset as nft prints it; terse without elements. */
  listing(terse: boolean, family?: string): string {
    this.#purge();
    return [...this.#tables]
      .filter(([name]) => family === undefined || name.startsWith(`${family} `))
      .map(([name, { dormant, sets, chains }]) => {
        const blocks = [
          ...[...sets].map(([set, value]) => `\tset ${set} {\n${this.#inside(value, terse)}\t}\n`),
          ...[...chains].map(
            ([chain, { hook, rules }]) =>
              `\tchain ${chain} {\n${[...(hook ? [hook] : []), ...rules.map(figured)].map((line) => `\t\t${line}\n`).join('')}\t}\n`,
          ),
        ];
        return `table ${name} {\n${[...(dormant ? ['\tflags dormant\n'] : []), ...blocks].join('\n')}}\n`;
      })
      .join('');
  }

  #inside({ type, size, flags, kept, elements }: ElementSet, terse: boolean): string {
    const list = [...elements]
      .map(([text, { ends, limit }]) =>
        [
          text,
          ...(limit === undefined ? [] : [limit]),
          ...(ends === undefined ? [] : [`ends ${ends}`]),
        ].join(' '),
      )
      .sort();
    return [
      `type ${type}`,
      ...(size === 65_536 ? [] : [`size ${size}`]),
      ...(flags ? [`flags ${flags}`] : []),
      // Five packets at once go without saying.
      ...(kept ? [kept.replace(' burst 5 packets', '')] : []),
      ...(terse || list.length === 0 ? [] : [`elements = { ${list.join(', ')} }`]),
    ]
      .map((line) => `\t\t${line}\n`)
      .join('');
  }

  /** What becomes of packets from the address in prerouting: nothing, or all or some are dropped. */
  drops(address: string): 'all' | 'some' | undefined {
    this.#purge();
    const found = [...this.#tables.values()]
      .filter(({ dormant }) => !dormant)
      .flatMap(({ sets, chains }) =>
        [...chains.values()]
          .filter(({ hook }) => hook?.includes('hook prerouting'))
          .flatMap(({ rules }) => rules)
          .map((rule) => /^ip6? saddr @(\S+) (?:counter )?drop$/.exec(rule)?.[1] ?? '')
          .map((set) => sets.get(set)?.elements.get(address)),
      )
      .filter((element) => element !== undefined);
    if (found.length === 0) return undefined;
    return found.every(({ limit }) => limit !== undefined) ? 'some' : 'all';
  }
}
