import { describe, expect, test } from 'vitest';
import { logTo, type Result } from '../../src/lib/log.ts';
import { OUTCOMES, type Outcome } from '../../src/lib/outcome.ts';
import { parseLegacy, parseRequest } from '../../src/lib/protocol.ts';
import { legacyWords, message } from '../support/messages.ts';
import { sinkInto } from '../support/sink.ts';

/** The stock decoders' conditions, as JavaScript writes them. */
const DECODER = {
  json: /^\d\d\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d active-response\/bin\/\S+: /,
  shell:
    /^\w\w\w \w+\s+\d+ \d\d:\d\d:\d\d [()*+,\-.:;<=>?[\]!"'#$%&|{}]*\w+ \d+ \/\S+\/active-response\/bin\//,
  ossec:
    /^[A-Za-z0-9@_-]{3} [A-Za-z0-9@_-]+?[ ]+?\d+? \d{2}:\d{2}:\d{2} [A-Za-z0-9@_-]+? \d+? \/\S+\/active-response/,
};

const FIELDS = /^(\S+) (\S+) \S+ (\S+) (.+) /;

function written() {
  const lines: string[] = [];
  const clock = {
    now: () => new Date(2026, 1, 3, 10, 11, 12),
    elapsed: () => 12.6,
    sleep: async () => {},
  };
  const sink = sinkInto(lines);
  const log = logTo(sink, clock, 'firewall-drop', '/var/ossec/active-response/bin/firewall-drop');
  return { lines, log };
}

/** What the JSON decoder is given of a line: the object that starts right after the prefix. */
function decoded(line: string): Record<string, unknown> | undefined {
  const rest = line.replace(DECODER.json, '');
  return rest !== line && rest.startsWith('{')
    ? (JSON.parse(rest) as Record<string, unknown>)
    : undefined;
}

const result = (outcome: Outcome): Result => ({
  outcome,
  action: 'firewall-drop',
  holder: 'firewall-drop',
  verb: 'add',
  target: '203.0.113.7',
  alert: '1770113472.345678',
  rule: '5710',
  answer: 'continue',
  detail: 'a "detail"\nof two lines',
});

describe.each(['4x-add-ssh-5710-firewall-drop', '4x-delete-ssh-5710-firewall-drop'] as const)(
  '%s',
  (name) => {
    const request = parseRequest(message(name), new Set());

    test('once honoured it is what the stock rules alert on, unchanged', async () => {
      const { lines, log } = written();
      await log.honoured(request);
      expect(lines).toEqual([
        `2026/02/03 10:11:12 active-response/bin/firewall-drop: ${message(name)}\n`,
      ]);
      expect(decoded(lines[0] ?? '')).toMatchObject({
        command: request.verb,
        parameters: { program: expect.stringContaining('firewall-drop') as string },
      });
    });

    test.each(['Refused', 'Failed'] as const)(
      '%s, no decoder takes it for a deed',
      async (word) => {
        const { lines, log } = written();
        await log.declined(word, request);
        expect(lines[0]).toMatch(DECODER.json);
        expect(lines[0]).toContain(`: ${word}: {`);
        expect(decoded(lines[0] ?? '')).toBeUndefined();
      },
    );
  },
);

test('A5: an old agent’s call is a line as its scripts wrote it, with the date that decoders read', async () => {
  const { lines, log } = written();
  await log.honoured(parseLegacy(legacyWords('legacy-argv-wazuh41-local-delete')));
  const [line = ''] = lines;
  expect(line).toMatch(DECODER.shell);
  expect(line).toMatch(DECODER.ossec);
  const [, script, type, srcip, id] = FIELDS.exec(line.replace(DECODER.shell, '')) ?? [];
  expect([script, type, srcip, id]).toEqual([
    'firewall-drop',
    'delete',
    '172.16.0.1',
    '1304756247.60385',
  ]);
});

test('an old agent’s call that failed is no such line', async () => {
  const { lines, log } = written();
  await log.declined('Failed', parseLegacy(legacyWords('legacy-argv-wazuh41-local-delete')));
  expect(lines[0]).not.toMatch(DECODER.shell);
  expect(lines[0]).toMatch(DECODER.json);
});

describe('the outcome line', () => {
  test.each(Object.keys(OUTCOMES) as Outcome[])(
    '%s raises no alert by mistake',
    async (outcome) => {
      const { lines, log } = written();
      await log.outcome(result(outcome));
      const object = decoded(lines[0] ?? '');
      expect(Object.keys(object ?? {})).toEqual(['riposte']);
      expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
      expect(object?.['riposte']).toMatchObject({
        outcome,
        exit: OUTCOMES[outcome].exit,
        detail: result(outcome).detail,
        ms: 13,
      });
    },
  );

  test('the children of the JSON decoder find no address and no user in it', async () => {
    const { lines, log } = written();
    await log.outcome(result('applied'));
    for (const pattern of [/"data":\{/, /"eventdata":\{/, /"srcip"/, /"dstuser"/, /"status":/]) {
      expect(lines[0]).not.toMatch(pattern);
    }
  });
});

test('what an attacker wrote stays on its line', async () => {
  const { lines, log } = written();
  await log.say('user \n2026/02/03 10:11:12 active-response/bin/x: {"command":"add"}');
  expect(lines).toHaveLength(1);
  expect(lines[0]?.split('\n')).toHaveLength(2);
});
