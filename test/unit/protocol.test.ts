import { describe, expect, test } from 'vitest';
import { ActionError } from '../../src/lib/outcome.ts';
import * as protocol from '../../src/lib/protocol.ts';
import type { Request } from '../../src/lib/request.ts';
import { legacyWords, MESSAGES, message } from '../support/messages.ts';

const { checkKeys, parseLegacy } = protocol;

const KNOWN = new Set(['--backend', 'nft']);
const parseRequest = (line: string) => protocol.parseRequest(line, KNOWN);
const parseReply = (line: string) => protocol.parseReply(line, KNOWN);

/** What matters of a request, short enough for a table. */
const brief = ({ dialect, verb, candidates, schedule, alert, rule, extra }: Request) => ({
  dialect,
  verb,
  srcip: candidates.srcip.map(({ text }) => text),
  user: candidates.user.map(({ text }) => text),
  file: candidates.file.map(({ text }) => text),
  schedule: schedule.kind === 'stated' ? schedule.seconds : schedule.kind,
  alert,
  rule,
  extra,
});

type Brief = Partial<ReturnType<typeof brief>>;

const W4 = { dialect: 'wazuh4', schedule: 'configured', extra: [] } as const;
const W5 = { dialect: 'wazuh5', extra: [] } as const;

const REQUESTS: Readonly<Record<string, Brief>> = {
  '4x-add-ssh-5710-firewall-drop': {
    ...W4,
    verb: 'add',
    srcip: ['203.0.113.7'],
    user: [],
    rule: '5710',
  },
  '4x-delete-ssh-5710-firewall-drop': {
    ...W4,
    verb: 'delete',
    srcip: ['203.0.113.7'],
    rule: '5710',
  },
  '4x-add-ssh-5712-host-deny': { ...W4, verb: 'add', rule: '5712' },
  '4x-delete-ssh-5712-host-deny': { ...W4, verb: 'delete', rule: '5712' },
  '4x-add-ssh-5763-firewall-drop': { ...W4, verb: 'add', srcip: ['192.0.2.88'], rule: '5763' },
  '4x-add-integration-firewall-drop5': { verb: 'add', srcip: ['3.3.3.3'], dialect: 'wazuh4' },
  '4x-add-integration-missing-srcip': { verb: 'add', srcip: [], dialect: 'wazuh4' },
  '4x-add-pam-5503-disable-account': { ...W4, verb: 'add', user: ['alice'], rule: '5503' },
  '4x-delete-pam-5503-disable-account': { ...W4, verb: 'delete', user: ['alice'] },
  '4x-add-pam-5503-root-disable-account': { ...W4, verb: 'add', user: ['root'] },
  '4x-add-syscheck-554-firewall-drop-nodata': { verb: 'add', srcip: [], user: [], rule: '554' },
  '4x-add-syscheck-554-remove-threat': { verb: 'add', srcip: [], rule: '554' },
  '4x-add-web-31151-ipv6-firewalld-drop': { ...W4, verb: 'add', srcip: ['2001:db8:5:1::bad'] },
  '4x-add-win-60122-netsh': { ...W4, verb: 'add', rule: '60122', user: [] },
  '4x-delete-win-60122-netsh': { ...W4, verb: 'delete', rule: '60122' },
  '4x-add-win-60122-loopback-route-null': { ...W4, verb: 'add', srcip: ['127.0.0.1'] },
  '4x-add-api-wazuh-slack': { verb: 'add', dialect: 'wazuh4' },
  '4x-add-restart-wazuh-wcom': { verb: 'add', dialect: 'wazuh4', srcip: [], schedule: 'open' },
  '5x-enable-stateful-block-ip': { ...W5, verb: 'add', srcip: ['203.0.113.7'] },
  '5x-disable-stateful-block-ip': { ...W5, verb: 'delete', srcip: ['203.0.113.7'] },
  '5x-enable-stateful-disable-account': { ...W5, verb: 'add', user: ['deploy'] },
  '5x-disable-stateful-disable-account': { ...W5, verb: 'delete', user: ['deploy'] },
  '5x-enable-missing-source-ip': { ...W5, verb: 'add', srcip: [] },
  '5x-enable-stateless-block-ip-integration': {
    ...W5,
    verb: 'add',
    srcip: ['10.0.0.1'],
    schedule: 0,
  },
  '5x-enable-stateless-fim-custom': { dialect: 'wazuh5', verb: 'add', srcip: [], schedule: 0 },
};

const REPLIES: Readonly<Record<string, 'continue' | 'abort'>> = Object.fromEntries(
  MESSAGES.filter((name) => /^[45]x-(?:continue|abort)-/.test(name)).map((name) => [
    name,
    name.includes('-abort-') ? 'abort' : 'continue',
  ]),
);

/** Messages that are not for programs: what an agent receives, and what it is told. */
const OTHERS = MESSAGES.filter((name) => /-manager-to-execd-|-reply-/.test(name));

const refusal = (act: () => unknown) => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof ActionError) return `${thrown.kind}: ${thrown.message}`;
  }
  return 'accepted';
};

describe('sample messages', () => {
  test('each has its row in one of these tables', () => {
    const rows = [
      ...Object.keys(REQUESTS),
      ...Object.keys(REPLIES),
      ...OTHERS,
      ...Object.keys(WORDS),
    ];
    expect(rows.sort()).toEqual([...MESSAGES].sort());
  });

  test.each(Object.entries(REQUESTS))('%s', (name, expected) => {
    const request = parseRequest(message(name));
    expect(brief(request)).toMatchObject(expected);
    if (request.extra.length === 0) expect(request.raw).toBe(message(name));
    else expect(request.raw).not.toContain(request.extra.at(-1));
  });

  test.each(Object.entries(REPLIES))('%s', (name, expected) => {
    expect(parseReply(message(name))).toEqual({ verb: expected, raw: message(name) });
    expect(refusal(() => parseRequest(message(name)))).toContain("Invalid value of 'command'");
  });

  test.each(OTHERS)('%s is no request', (name) => {
    expect(refusal(() => parseRequest(message(name)))).toContain('bad-request: Invalid');
  });

  test('a stateful message states its seconds', () => {
    const document = JSON.parse(message('5x-enable-stateful-block-ip')) as {
      wazuh: { active_response: { stateful_timeout: number } };
    };
    const { stateful_timeout: seconds } = document.wazuh.active_response;
    const request = parseRequest(message('5x-enable-stateful-block-ip'));
    expect(request.schedule).toEqual({ kind: 'stated', seconds });
    expect(seconds).toBeGreaterThan(0);
  });
});

const WORDS: Readonly<Record<string, Brief>> = {
  'legacy-argv-agent_control-add': {
    verb: 'add',
    srcip: ['10.99.99.12'],
    user: [],
    alert: '(from_the_server)',
  },
  'legacy-argv-wazuh41-local-delete': {
    verb: 'delete',
    srcip: ['172.16.0.1'],
    alert: '1304756247.60385',
    rule: '31151',
  },
  'legacy-argv-wazuh41-user-add': { verb: 'add', srcip: [], user: ['alice'], rule: '5503' },
  'legacy-argv-windows-add': {
    verb: 'add',
    srcip: ['192.168.2.66'],
    alert: '1481129296.262924',
    rule: '100001',
  },
};

describe('words of old agents', () => {
  test.each(Object.entries(WORDS))('%s', (name, expected) => {
    const rest = { dialect: 'legacy', schedule: 'open', extra: [] } as const;
    expect(brief(parseLegacy(legacyWords(name)))).toMatchObject({ ...rest, ...expected });
  });

  test('words beyond the rule never count, and are not in the line that is logged', () => {
    const words = ['add', '-', '192.0.2.1', '1.2', '5710', '--backend', 'iptables', '--dry-run'];
    const request = parseLegacy(words);
    expect(request.extra).toEqual([]);
    expect(request.raw).toBe('add - 192.0.2.1 1.2 5710');
  });

  test('words that are missing are no target', () => {
    expect(brief(parseLegacy(['add', '-', '-']))).toMatchObject({ srcip: [], user: [] });
    expect(brief(parseLegacy(['delete']))).toMatchObject({ verb: 'delete', srcip: [], user: [] });
  });
});

test('the keys are byte for byte what upstream’s program prints', () => {
  expect(checkKeys('firewall-drop', ['203.0.113.7'])).toBe(
    message('4x-reply-check_keys-firewall-drop'),
  );
});

/** A message of Wazuh 4 with the given root members. */
const wazuh4 = (root: string) =>
  `{"version":1,"origin":{"name":"n","module":"wazuh-execd"},${root}}`;
const wazuh5 = (root: string) =>
  `{"wazuh":{"active_response":{"name":"b","type":"stateful","stateful_timeout":5}},${root}}`;
const DATA = '"parameters":{"alert":{"id":"1.2","data":{"srcip":"192.0.2.1"}}}';

describe('Wazuh 4', () => {
  test('of duplicate root names the first counts, in any case', () => {
    expect(parseRequest(wazuh4(`"command":"add","command":"delete",${DATA}`)).verb).toBe('add');
    expect(parseRequest(wazuh4(`"COMMAND":"delete","command":"add",${DATA}`)).verb).toBe('delete');
    const twice = `"command":"add",${DATA},"parameters":{"alert":{"data":{"srcip":"192.0.2.2"}}}`;
    expect(brief(parseRequest(wazuh4(twice))).srcip).toEqual(['192.0.2.1']);
  });

  test('names match in any case', () => {
    const text = '"Command":"add","PARAMETERS":{"Alert":{"DATA":{"SrcIP":"192.0.2.1"}}}';
    expect(brief(parseRequest(wazuh4(text))).srcip).toEqual(['192.0.2.1']);
  });

  test('candidates come in upstream’s order, strings only', () => {
    const data = (eventdata: string) =>
      `"command":"add","parameters":{"alert":{"data":{"srcip":"192.0.2.3","win":{"eventdata":${eventdata}}}}}`;
    const all = '{"destinationIp":"192.0.2.2","ipAddress":"192.0.2.1"}';
    expect(brief(parseRequest(wazuh4(data(all)))).srcip).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.3',
    ]);
    const odd = '{"destinationIp":["192.0.2.2"],"ipAddress":7}';
    expect(brief(parseRequest(wazuh4(data(odd)))).srcip).toEqual(['192.0.2.3']);
  });

  test('without an alert id nobody will end the block', () => {
    const text = '"command":"add","parameters":{"alert":{"data":{"srcip":"192.0.2.1"}}}';
    expect(parseRequest(wazuh4(text)).schedule).toEqual({ kind: 'open' });
  });

  test('extra arguments are its strings, one word each', () => {
    const text = `"command":"add","parameters":{"extra_args":["--backend","a b",5,null,["x"]],"alert":{}}`;
    expect(parseRequest(wazuh4(text)).extra).toEqual(['--backend', 'a b']);
  });

  test('text after the message is ignored', () => {
    expect(parseRequest(`${wazuh4(`"command":"add",${DATA}`)} {"x":1}`).verb).toBe('add');
  });

  test.each([
    ['no JSON', 'hello'],
    ['an array', '[]'],
    ['a string', '"add"'],
    ['an empty object', '{}'],
    ['cut short', wazuh4(`"command":"add",${DATA}`).slice(0, -3)],
    ['a version that is text', `{"version":"1","origin":{},"command":"add",${DATA}}`],
    ['no origin', `{"version":1,"command":"add",${DATA}}`],
    ['no parameters', wazuh4('"command":"add"')],
    ['no command', wazuh4(DATA)],
    ['a command that is no text', wazuh4(`"command":["add"],${DATA}`)],
    ['a verb in another case', wazuh4(`"command":"Add",${DATA}`)],
    ['a verb of Wazuh 5', wazuh4(`"command":"enable",${DATA}`)],
    ['a verb of the prototype', wazuh4(`"command":"constructor",${DATA}`)],
    ['an answer', wazuh4(`"command":"continue",${DATA}`)],
  ])('refuses %s', (_case, text) => {
    expect(refusal(() => parseRequest(text))).toMatch(/^bad-request: Invalid/);
  });
});

describe('Wazuh 5', () => {
  const SOURCE = '"source":{"ip":"192.0.2.1"}';

  test('an event may have a command of its own before the agent’s verb', () => {
    expect(parseRequest(wazuh5(`"command":"/bin/sh","command":"enable",${SOURCE}`)).verb).toBe(
      'add',
    );
    expect(parseRequest(wazuh5(`"command":{"line":"x"},"command":"disable"`)).verb).toBe('delete');
  });

  test('two different verbs are no verb', () => {
    const text = wazuh5(`"command":"disable","command":"enable",${SOURCE}`);
    expect(refusal(() => parseRequest(text))).toContain('bad-request');
    const reply = wazuh5('"command":"continue","command":"abort"');
    expect(refusal(() => parseReply(reply))).toContain('bad-request');
  });

  test('it is told from Wazuh 4 by its own member, whatever else the event has', () => {
    const text = `{"version":1,"origin":{},"parameters":{},"wazuh":{"active_response":{}},"command":"enable",${SOURCE}}`;
    expect(brief(parseRequest(text))).toMatchObject({ dialect: 'wazuh5', srcip: ['192.0.2.1'] });
    const without = `{"version":1,"origin":{},"wazuh":{"x":1},"command":"add",${DATA}}`;
    expect(parseRequest(without).dialect).toBe('wazuh4');
  });

  test.each([
    ['stateful', '60', 60],
    ['stateful', '60.9', 60],
    ['stateful', '"60"', 0],
    ['stateful', 'null', 0],
    ['stateless', '60', 0],
  ])('%s with %s lasts %i seconds', (type, timeout, seconds) => {
    const response = `{"active_response":{"type":"${type}","stateful_timeout":${timeout}}}`;
    const request = parseRequest(`{"wazuh":${response},"command":"enable",${SOURCE}}`);
    expect(request.schedule).toEqual({ kind: 'stated', seconds });
  });

  test('extra arguments are the words of one text', () => {
    const response = '{"active_response":{"extra_arguments":"  --backend  nft "}}';
    const request = parseRequest(`{"wazuh":${response},"command":"enable"}`);
    expect(request.extra).toEqual(['--backend', 'nft']);
  });

  test('an address that is a list is none', () => {
    const text = wazuh5('"source":{"ip":["192.0.2.1"]},"command":"enable"');
    expect(brief(parseRequest(text)).srcip).toEqual([]);
  });
});

describe('upstream’s own words for a target that is no good', () => {
  const rejected = { path: 'source.ip', text: 'x' };
  test.each([
    [
      '4x-add-integration-missing-srcip',
      'srcip',
      undefined,
      "Cannot read 'srcip' from data or invalid IP format",
    ],
    [
      '4x-add-ssh-5710-firewall-drop',
      'user',
      undefined,
      "Cannot read 'dstuser' from data or invalid username format",
    ],
    ['5x-enable-missing-source-ip', 'srcip', undefined, "Cannot read 'source.ip' from data"],
    ['5x-enable-stateful-block-ip', 'srcip', rejected, "Invalid IP address: 'x'"],
    ['5x-enable-stateful-block-ip', 'user', undefined, "Cannot read 'user.name' from data"],
  ] as const)('%s %s', (name, subject, candidate, words) => {
    expect(parseRequest(message(name)).complaint(subject, candidate)).toBe(words);
  });
});

describe('the line as it may be shown', () => {
  const SECRET = 'https://hooks.example/T000/B000';

  test('Wazuh 4: words that are not the action’s own are masked, and nothing else changes', () => {
    const head = `{"version":1,"origin":{},"command":"add","parameters":{"x":"${SECRET}","extra_args": `;
    const tail = ',"alert":{"id":"1.2"}}} trailing';
    const line = `${head}["--backend","nft", "${SECRET}","--token=a\\"b",7]${tail}`;
    const shown = `${head}["--backend","nft","https://hooks.example/***","***"]${tail}`;
    expect(parseRequest(line).raw).toBe(shown);
    expect(parseRequest(line).extra).toContain(SECRET);
  });

  test('Wazuh 5: so are the words of the text, in the answer too', () => {
    const line = (verb: string, words: string) =>
      `{"wazuh":{"active_response":{"extra_arguments":"${words}"}},"command":"${verb}"}`;
    const words = `--backend nft ${SECRET} s\\u0065cret`;
    const shown = '--backend nft https://hooks.example/*** ***';
    expect(parseRequest(line('enable', words)).raw).toBe(line('enable', shown));
    expect(parseReply(line('abort', words))).toEqual({ verb: 'abort', raw: line('abort', shown) });
  });

  test('also where they stand a second time, at any step of the way', () => {
    const line =
      '{"version":1,"origin":{},"command":"add","parameters":{"extra_args":["SECRET1"],"Extra_Args":["SECRET2"]},"parameters":{"extra_args":["SECRET3"]}}';
    const { raw } = protocol.parseRequest(line, new Set());
    expect(raw).not.toContain('SECRET');
    expect(raw.match(/\*\*\*/g)).toHaveLength(3);
  });

  test('names in another case are masked as well', () => {
    const line = wazuh4(`"command":"add","Parameters":{"EXTRA_ARGS":["${SECRET}"]}`);
    expect(parseRequest(line).raw).not.toContain('T000');
  });
});

test.each([
  ['local', ['/var/log/auth.log', '/tmp/x', '-'], ['/tmp/x']],
  ['of another agent', ['(web1)', '10.0.0.21->/var/log/auth.log', '/tmp/x', '-'], ['/tmp/x']],
  ['escaped for a shell', ['syscheck', 'C\\:\\\\Temp\\\\a\\(1\\).txt'], ['C:\\Temp\\a(1).txt']],
  ['none', ['/var/log/auth.log', '-', '-'], []],
  ['with a blank in it', ['/var/log/auth.log', '/tmp/a', 'b'], []],
  ['with a blank in it, of OSSEC', ['/var/log/auth.log', '/tmp/a\\', 'b'], []],
  ['after a location with a blank', ['/var/log/my', 'app.log', '/tmp/x'], []],
  ['after another agent’s with a blank', ['(a)', '10.0.0.21->/my', 'app.log', '/tmp/x'], []],
  ['none, of OSSEC', ['/var/log/auth.log', '(null)'], []],
  ['cut off', [], []],
])('A1: a legacy file name, wherever the words before it put it: %s', (_case, words, expected) => {
  const { candidates } = parseLegacy(['add', '-', '-', '1304756247.60385', '31151', ...words]);
  expect(candidates.file.map(({ text }) => text)).toEqual(expected);
  const whole = ['1304756247.60385', '31151', ...words].join(' ');
  const windows = parseLegacy(['add', '-', '192.0.2.1', whole]);
  expect(windows.candidates.file.map(({ text }) => text)).toEqual(expected);
  expect(windows).toMatchObject({ alert: '1304756247.60385', rule: '31151' });
});
