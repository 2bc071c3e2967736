import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logTo, type Result } from '../../src/lib/log.ts';
import { OUTCOMES } from '../../src/lib/outcome.ts';
import { parseLegacy, parseRequest } from '../../src/lib/protocol.ts';
import { legacyWords, MESSAGES, message } from '../support/messages.ts';
import { type Decoded, decode } from '../support/ruleset/decoding.ts';
import { DECODER_FILES, RULES } from '../support/ruleset/files.ts';
import { described, type Rule, ruleFor } from '../support/ruleset/rules.ts';
import { STOCK } from '../support/ruleset/stock.ts';
import { sinkInto } from '../support/sink.ts';

/** Rules for what another part is about to say; the rest comes from the table of outcomes. */
const ALSO: Readonly<Record<string, number>> = { expired: 0, restored: 0, observed: 0 };
const EXITS = new Map<string, number>([
  ...Object.entries(ALSO),
  ...Object.entries(OUTCOMES).map(([name, { exit }]) => [name, exit] as const),
]);

/** What takes an outcome that no rule names. */
const UNKNOWN = 'riposte_unknown';

const NEWEST = '4.4 to 4.14';
const managers = Object.entries(STOCK);

const RESULT: Result = {
  outcome: 'applied',
  action: 'firewall-drop',
  holder: 'firewall-drop',
  verb: 'add',
  target: '203.0.113.7',
  backend: 'nft',
  until: '2026-11-21T10:10:00.000Z',
  alert: '1770113472.345678',
  rule: '5710',
  answer: 'continue',
  detail: '203.0.113.7 is blocked (nft)',
};

const CLOCK = {
  now: () => new Date(2026, 10, 21, 10, 0, 0),
  elapsed: () => 31.4,
  sleep: async () => {},
};

type Log = ReturnType<typeof logTo>;

/** The lines that a run writes, without their ends, as the agent sends them. */
async function lines(write: (log: Log) => Promise<void>, program = 'firewall-drop') {
  const written: string[] = [];
  await write(
    logTo(sinkInto(written), CLOCK, program, `/var/ossec/active-response/bin/${program}`),
  );
  return written.join('').replace(/\n$/, '');
}

const outcomeLine = (changes: Partial<Result>) =>
  lines((log) => log.outcome({ ...RESULT, ...changes }), changes.action);

/** The line of an outcome, which the table need not hold yet. */
const lineOf = async (outcome: string, changes: Partial<Result> = {}) =>
  (await outcomeLine(changes)).replace(
    '"outcome":"applied","exit":0',
    `"outcome":"${outcome}","exit":${EXITS.get(outcome)}`,
  );

const seen = (line: string, manager = NEWEST): Decoded | undefined =>
  decode([...(STOCK[manager] ?? []), ...DECODER_FILES], line);

/** Decoded by ours, which all that follows takes for granted. */
function ours(line: string, manager = NEWEST): Decoded {
  const decoded = seen(line, manager);
  if (decoded?.decoder !== 'riposte') throw new Error(`${decoded?.decoder} took ${line}`);
  return decoded;
}

function alertOn(line: string): Rule {
  const rule = ruleFor(RULES, ours(line));
  if (!rule) throw new Error(`no rule for ${line}`);
  return rule;
}

const flat = (result: object) =>
  Object.entries(result).map(([name, value]) => [`riposte.${name}`, String(value)] as const);

const PATH = '/srv/www/a "quoted" \\ path/ünïcödé 日本 🦊';
const TARGETS = [
  '203.0.113.7',
  '2001:db8::7',
  'o\'brien"@example',
  PATH,
  `/${'long/'.repeat(1500)}`,
];

describe.each(managers)('a manager of %s', (manager, stock) => {
  test.each([...EXITS.keys()])('decodes %s, every member of it', async (outcome) => {
    for (const target of TARGETS) {
      for (const verb of ['add', 'delete', undefined]) {
        const line = await lineOf(outcome, { target, verb });
        const { fields } = ours(line, manager);
        const { verb: _, ...rest } = RESULT;
        const exit = EXITS.get(outcome);
        const wanted = { ...rest, target, outcome, exit, ms: 31, ...(verb && { verb }) };
        expect(new Map(fields)).toEqual(new Map(flat(wanted)));
      }
    }
  });

  test('decodes a line of 8 KiB', async () => {
    const line = await outcomeLine({ detail: 'ü'.repeat(5000) });
    expect(Buffer.byteLength(line)).toBeGreaterThan(8192);
    expect(ours(line, manager).fields.get('riposte.detail')).toHaveLength(5000);
  });

  test('leaves every other line to the stock decoders', async () => {
    for (const line of await others()) {
      expect(seen(line, manager)).toEqual(decode(stock, line));
    }
  });

  test('takes a line of ours whatever an attacker wrote into it', async () => {
    await fc.assert(
      fc.asyncProperty(hostile(), hostile(), async (target, detail) => {
        const line = await outcomeLine({ outcome: 'tool-failed', target, detail });
        const { fields } = ours(line, manager);
        expect(fields.get('riposte.target')).toBe(target.toWellFormed());
        expect([...fields.keys()].filter((name) => !name.startsWith('riposte.'))).toEqual([]);
        expect(alertOn(line).groups).toContain('riposte_not_done');
      }),
    );
  });
});

/** Text that other decoders and rules look for, and any other. */
const hostile = () =>
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\ud800', '\udfff', '"', '\\', '\n', '\u0000', '{', '}') }),
    fc.constantFrom(
      ' 1:1:1 INFO: wazuh 192.0.2.1 "GET',
      '","data":{"srcip":"192.0.2.1"},"command":"add',
      '2026/11/21 10:00:00 active-response/bin/x: {"command":"add"}',
      '"}} {"status":"inactive"}',
    ),
  );

/** Every line that is no outcome: messages as received, refused and failed, what is said, old agents'. */
async function others(): Promise<string[]> {
  const json = MESSAGES.filter((name) => /^[45]x-(?:add|delete|enable|disable)-/.test(name));
  const legacy = MESSAGES.filter((name) => /^legacy-.*wazuh41/.test(name));
  const requests = [
    ...json.map((name) => parseRequest(message(name), new Set())),
    ...legacy.map((name) => parseLegacy(legacyWords(name))),
  ];
  expect(requests.length).toBeGreaterThan(15);
  const all = requests.flatMap((request) => [
    lines((log) => log.honoured(request)),
    lines((log) => log.declined('Refused', request)),
    lines((log) => log.declined('Failed', request)),
  ]);
  const said = ['Starting', 'Ended', 'add {"riposte":{"outcome":"applied"}} by hand'];
  return Promise.all([...all, ...said.map((text) => lines((log) => log.say(text)))]);
}

test('the messages as received are what the stock rules alert on', async () => {
  const request = parseRequest(message('4x-add-ssh-5710-firewall-drop'), new Set());
  const line = await lines((log) => log.honoured(request));
  for (const manager of ['4.2 and 4.3', NEWEST]) {
    const decoded = seen(line, manager);
    expect(decoded?.decoder).toBe('ar_log_json');
    expect(decoded?.fields.get('command')).toBe('add');
    expect(decoded?.fields.get('parameters.program')).toContain('firewall-drop');
  }
  const words = legacyWords('legacy-argv-wazuh41-user-add');
  const old = await lines((log) => log.honoured(parseLegacy(words)));
  expect(seen(old)?.decoder).toBe('ar_log');
});

describe('why the decoder is what it is', () => {
  const [file] = DECODER_FILES;
  const decoders = file?.decoders ?? [];

  test('by a later name a stock decoder takes our line, or one that an attacker chose', async () => {
    const renamed = [{ file: 'riposte_decoders.xml', decoders }];
    const stock = STOCK[NEWEST] ?? [];
    expect(decode([...stock, ...renamed], await outcomeLine({}))?.decoder).toBe('ar_log_json');
    const forged = await outcomeLine({ detail: 'a 1:1:1 INFO: wazuh 192.0.2.1 "GET' });
    expect(decode([...stock, ...renamed], forged)?.decoder).toBe('wazuh-api');
    expect(ours(forged).decoder).toBe('riposte');
  });

  test('a child of the stock decoder would take the raw lines away from the stock rules', async () => {
    const request = parseRequest(message('4x-add-ssh-5710-firewall-drop'), new Set());
    const line = await lines((log) => log.honoured(request));
    const child = { ...decoders[0], name: 'riposte', parent: 'ar_log_json', json: true };
    const stock = STOCK['4.2 and 4.3'] ?? [];
    const fields = decode([...stock, { file: 'riposte_decoders.xml', decoders: [child] }], line);
    expect(fields?.fields.size).toBe(0);
    expect(decoders.map(({ parent }) => parent)).not.toContain('ar_log_json');
  });
});

describe('alerts', () => {
  test.each([...EXITS])('%s has a rule of its own', async (outcome, exit) => {
    for (const verb of ['add', 'delete', undefined]) {
      const { groups, level } = alertOn(await lineOf(outcome, { verb }));
      expect(groups).not.toContain(UNKNOWN);
      expect(level).toBeGreaterThanOrEqual(exit === 0 ? 2 : 5);
      expect(level).toBeLessThanOrEqual(exit === 0 ? 5 : 10);
    }
  });

  test.each([
    ['applied', 'add', 3],
    ['removed', 'delete', 3],
    ['restored', undefined, 5],
    ['planned', 'add', 2],
    ['refused', 'add', 5],
    ['bad-field', 'add', 7],
    ['partial', 'add', 7],
    ['tool-failed', 'add', 9],
    ['tool-failed', 'delete', 8],
    ['timed-out', undefined, 8],
    ['bad-state', 'add', 10],
    ['internal', 'delete', 10],
  ] as const)('%s of %s has level %d', async (outcome, verb, level) => {
    expect(alertOn(await lineOf(outcome, { verb })).level).toBe(level);
  });

  test('an outcome of a newer agent is no silence', async () => {
    const line = await outcomeLine({});
    const alert = (exit: number) =>
      alertOn(line.replace('"applied","exit":0', `"new","exit":${exit}`));
    expect(alert(0)).toMatchObject({ level: 3, groups: expect.arrayContaining([UNKNOWN]) });
    for (const exit of [1, 9, 18, 70]) {
      expect(alert(exit)).toMatchObject({ level: 8, groups: expect.arrayContaining([UNKNOWN]) });
    }
  });

  test('nor is a line that was cut on its way', async () => {
    const rule = alertOn((await outcomeLine({})).slice(0, -20));
    expect(rule).toMatchObject({
      level: 7,
      description: expect.stringContaining('cannot be read'),
    });
  });

  test('say what, which way and whom', async () => {
    const line = await lineOf('tool-failed');
    expect(described(alertOn(line), ours(line))).toBe(
      'Riposte: NOT done, it failed (tool-failed): firewall-drop add 203.0.113.7',
    );
    const bare = (await outcomeLine({ action: 'restart-wazuh' })).replace(/"target":"[^"]*",/, '');
    expect(described(alertOn(bare), ours(bare))).toBe(
      'Riposte: done and seen to hold: restart-wazuh add ',
    );
  });

  test('name no outcome that there is not', () => {
    const named = RULES.flatMap(({ fields }) => fields)
      .filter(([name]) => name === 'riposte.outcome')
      .flatMap(([, expression]) => expression.split('|'));
    expect(named.map((each) => each.replace(/^\^(.*)\$$/, '$1')).toSorted()).toEqual(
      [...EXITS.keys()].toSorted(),
    );
  });
});

describe('no response answers a response', () => {
  test('no rule that alerts lets one', () => {
    const lax = RULES.filter(({ level, options }) => level > 0 && !options.includes('no_ar'));
    expect(lax).toEqual([]);
  });

  test('and no event has a field that a response would take for its target', async () => {
    for (const target of TARGETS) {
      const { fields } = ours(await lineOf('tool-failed', { target }));
      for (const name of fields.keys()) expect(name).toMatch(/^riposte\./);
    }
  });
});
