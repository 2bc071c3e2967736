import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/lib/notify/alert.ts';
import { discord } from '../../src/lib/notify/discord.ts';
import { generic } from '../../src/lib/notify/generic.ts';
import type { Service } from '../../src/lib/notify/service.ts';
import { slack } from '../../src/lib/notify/slack.ts';
import { teams } from '../../src/lib/notify/teams.ts';
import { telegram } from '../../src/lib/notify/telegram.ts';
import { weight, x } from '../../src/lib/notify/x.ts';

/** Every text in a value, names of members aside. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** Pieces an attacker would put together. */
const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '<!channel>',
    '@everyone',
    '@here',
    '@admin',
    '＠admin',
    '#tag',
    '$CASH',
    '```',
    '\\',
    '||',
    '[a](https://evil.example)',
    'https://evil.example/x',
    'evil.example',
    '<at>all</at>',
    '😀',
    '\u202e',
    '\u0000',
    '\u001b[2J',
    '\n',
    '{{DATE(2017)}}',
    '&',
    '𝔘',
    '\u0301',
    'x'.repeat(9_000),
  ),
);
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('').toWellFormed());
const maybe = fc.option(text, { nil: undefined });
const alert: fc.Arbitrary<Alert> = fc.record({
  id: maybe,
  time: maybe,
  title: maybe,
  severity: fc.constantFrom('good', 'warning', 'danger'),
  rule: fc.option(fc.record({ id: maybe, level: maybe }), { nil: undefined }),
  agent: fc.option(fc.record({ id: maybe, name: maybe }), { nil: undefined }),
  agentless: maybe,
  location: maybe,
  log: maybe,
  srcip: maybe,
  user: maybe,
});

const LONGEST: Alert = {
  ...Object.fromEntries(
    ['id', 'time', 'title', 'agentless', 'location', 'log', 'srcip', 'user'].map((name) => [
      name,
      '[😀\u0001'.repeat(30_000),
    ]),
  ),
  severity: 'danger',
  rule: { id: 'x'.repeat(9_999), level: 'x'.repeat(9_999) },
  agent: { id: 'x'.repeat(9_999), name: 'x'.repeat(9_999) },
} as Alert;

/** A service, and whatever its documentation limits. */
interface Limited {
  readonly service: Service;
  readonly limits: (body: string) => void;
}

const LIMITED: readonly Limited[] = [
  {
    service: slack,
    limits: (body) => {
      expect(texts(JSON.parse(body)).join('').length).toBeLessThanOrEqual(40_000);
    },
  },
  {
    service: teams,
    limits: (body) => {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(28 << 10);
    },
  },
  {
    service: discord,
    limits: (body) => {
      const { content, embeds } = JSON.parse(body);
      const [{ title, description, fields }] = embeds;
      expect(content.length).toBeLessThanOrEqual(2_000);
      expect(title.length).toBeLessThanOrEqual(256);
      expect(description.length).toBeLessThanOrEqual(4_096);
      expect(fields.length).toBeLessThanOrEqual(25);
      for (const { name, value } of fields) {
        expect(name.length).toBeLessThanOrEqual(256);
        expect(value.trim()).not.toBe('');
        expect(value.length).toBeLessThanOrEqual(1_024);
      }
      expect(texts([title, description, fields]).join('').length).toBeLessThanOrEqual(6_000);
    },
  },
  {
    service: telegram,
    limits: (body) => {
      expect(JSON.parse(body).text.length).toBeGreaterThan(0);
      expect(JSON.parse(body).text.length).toBeLessThanOrEqual(4_096);
    },
  },
  {
    service: x,
    limits: (body) => {
      expect(weight(JSON.parse(body).text)).toBeLessThanOrEqual(280);
    },
  },
  {
    service: generic,
    limits: (body) => {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(512 << 10);
    },
  },
];

describe.each(LIMITED.map((row) => [row.service.name, row] as const))('%s', (_name, row) => {
  test('keeps its limits, whatever the alert says', () => {
    row.limits(row.service.body(LONGEST, { chat: '1' }));
    fc.assert(
      fc.property(alert, (one) => row.limits(row.service.body(one, { chat: '1' }))),
      { numRuns: 200 },
    );
  });

  test('never cuts a character in two', () => {
    fc.assert(
      fc.property(alert, (one) => {
        const found = texts(JSON.parse(row.service.body(one, { chat: '1' })));
        for (const part of found) expect(part.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('nothing an alert says speaks to anybody', () => {
  test('on Discord: every mention and all markup is taken for text', () => {
    fc.assert(
      fc.property(alert, (one) => {
        const { allowed_mentions, embeds } = JSON.parse(discord.body(one, {}));
        expect(allowed_mentions).toEqual({ parse: [] });
        const { title, description, fields } = embeds[0];
        for (const part of [
          title,
          description,
          ...fields.map(({ value }: { value: string }) => value),
        ]) {
          expect(part.replace(/\\[^\n]/gu, '')).not.toMatch(/[`*_~|<>[\]()@]/);
        }
      }),
    );
  });

  test('on Teams: foreign text stands in text runs alone, which know no markup', () => {
    fc.assert(
      fc.property(alert, (one) => {
        const { content } = JSON.parse(teams.body(one, {})).attachments[0];
        for (const { type, inlines } of content.body) {
          expect(type).toBe('RichTextBlock');
          for (const run of inlines) expect(run.type).toBe('TextRun');
        }
        expect(content.msteams).toBeUndefined();
      }),
    );
  });

  test('on Telegram: no parse mode, no preview, no mention', () => {
    fc.assert(
      fc.property(alert, (one) => {
        const body = JSON.parse(telegram.body(one, { chat: '-100' }));
        expect(Object.keys(body).sort()).toEqual(['chat_id', 'link_preview_options', 'text']);
        expect(body).toMatchObject({
          chat_id: '-100',
          link_preview_options: { is_disabled: true },
        });
        expect(body.text).not.toMatch(/@\w/);
      }),
    );
  });

  test('on X: no mention, no tag, no link', () => {
    fc.assert(
      fc.property(alert, (one) => {
        const { text: told } = JSON.parse(x.body(one, {}));
        expect(told).not.toMatch(/[@＠#＃$][\p{L}\p{N}_]|[.。．｡]\p{L}/u);
        expect(told).not.toMatch(/\n/);
      }),
    );
  });

  test('nor turns the direction of writing, nor rings a terminal', () => {
    fc.assert(
      fc.property(alert, fc.constantFrom(teams, discord, telegram, x), (one, service) => {
        const found = texts(JSON.parse(service.body(one, { chat: '1' }))).join('');
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
        expect(found).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000\u0007\u001b]/);
      }),
    );
  });
});

test('what X publishes has neither log nor address nor account in it', () => {
  const told = x.body(
    {
      ...LONGEST,
      title: 'Brute force',
      id: '1770113545.360011',
      rule: { id: '5763', level: '10' },
      agent: { id: '001', name: 'web01' },
      log: 'secret log',
      srcip: '192.0.2.88',
      user: 'deploy',
      location: '/var/log/auth.log',
    },
    {},
  );
  expect(JSON.parse(told)).toEqual({
    text: 'WAZUH Alert: Brute force (rule 5763, level 10, agent web01, alert 1770113545.360011)',
  });
});

test.each([
  ['deploy from 192.0.2.88 failed', '*** from *** failed'],
  ['deployment of 192.0.2.88', 'deployment of ***'],
  ['deploy, 198.51.100.9.', '***, ***.'],
  ['version 1.2.3.4.5', 'version 1.2.3.4.5'],
])('nor does its title: %s', (title, shown) => {
  const told = JSON.parse(
    x.body({ ...LONGEST, title, srcip: '192.0.2.88', user: 'deploy', id: '1' }, {}),
  ).text;
  expect(told).toContain(`WAZUH Alert: ${shown} (rule `);
});

test.each([
  ['abc', 3],
  ['ä', 1],
  ['…', 2],
  ['日本', 4],
  ['😀', 2],
  ['‘’', 2],
])('X weighs %s as %s', (word, expected) => {
  expect(weight(word)).toBe(expected);
});

describe('success is the service’s own word', () => {
  const reply = (status: number, body = '') => ({
    status,
    body,
    retryAfter: undefined,
    location: undefined,
  });
  test.each([
    [teams, 202, '', true],
    [teams, 200, '1', false],
    [teams, 400, '', false],
    [discord, 204, '', true],
    [discord, 200, '{}', true],
    [discord, 401, '', false],
    [telegram, 200, '{"ok":true,"result":{}}', true],
    [telegram, 200, '{"ok":false}', false],
    [telegram, 200, '<html>', false],
    [x, 201, '{"data":{"id":"1","text":"t"}}', true],
    [x, 201, '{"errors":[]}', false],
    [x, 200, '{"data":{"id":"1"}}', false],
    [generic, 204, '', true],
    [generic, 302, '', false],
  ])('$name %s %s: %s', (service, status, body, accepted) => {
    expect(service.accepted(reply(status, body))).toBe(accepted);
  });

  test.each([
    [
      telegram,
      '{"ok":false,"description":"Bad Request: chat not found"}',
      'Bad Request: chat not found',
    ],
    [discord, '{"message":"Unknown Webhook","code":10015}', 'Unknown Webhook'],
    [x, '{"title":"Forbidden","detail":"duplicate content"}', 'duplicate content'],
    [teams, '{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"Off"}}', 'Off'],
    [generic, '<html>/services/T0/B0 was not found</html>', undefined],
    [generic, '[1]', undefined],
  ])('and so is the reason: $name %s', (service, body, expected) => {
    expect(service.reason(reply(400, body))).toBe(expected);
  });
});
