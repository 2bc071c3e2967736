import { describe, expect, test } from 'vitest';
import ossecTweeter from '../../scripts/linux/ossec-tweeter.ts';
import wazuhSlack from '../../scripts/linux/wazuh-slack.ts';
import webhook from '../../scripts/linux/webhook.ts';
import { parseManual } from '../../src/cli/manual.ts';
import { byHand } from '../../src/lib/by-hand.ts';
import { execute } from '../../src/lib/execute.ts';
import { parseLegacy, parseRequest } from '../../src/lib/protocol.ts';
import { message } from '../support/messages.ts';
import { ModelHost } from '../support/model-host.ts';

const SECRET = 'T0SECRET/B0SECRET';
const URL_SET = `https://hooks.slack.example/services/${SECRET}`;

type Deed = typeof webhook;

const ALERT = JSON.parse(message('4x-add-api-wazuh-slack'));

/** The sample message with these extra arguments. */
const told = (extra: readonly string[], command = 'add') =>
  parseRequest(
    JSON.stringify({ ...ALERT, command, parameters: { ...ALERT.parameters, extra_args: extra } }),
    new Set(),
  );

/** One run for an agent; nothing of it holds the secret. */
async function run(
  deed: Deed,
  request: ReturnType<typeof told>,
  set?: Readonly<Record<string, string>>,
) {
  const host = new ModelHost(set ? { settings: { actions: { [deed.name]: set } } } : {});
  const call = { request, program: deed.name, holder: deed.name };
  const result = await host.run(deed.name, (ports) => execute(deed, call, ports));
  const traces = JSON.stringify([host.log, host.journal(), result, host.commands]);
  for (const part of SECRET.split('/')) expect(traces).not.toContain(part);
  return { ...result, sent: host.commands, log: host.log };
}

describe('wazuh-slack', () => {
  test('S1: it posts on add, and not again on delete', async () => {
    expect(await run(wazuhSlack, told([URL_SET]))).toMatchObject({
      outcome: 'applied',
      detail: 'hooks.slack.example took the notification',
      sent: ['post hooks.slack.example'],
    });
    expect(await run(wazuhSlack, told([URL_SET], 'delete'))).toMatchObject({
      outcome: 'ignored',
      sent: [],
    });
  });

  test('the URL in the message is not called ignored', async () => {
    const { log } = await run(wazuhSlack, told([URL_SET]));
    expect(log.join('')).not.toContain('Ignored');
    const { log: webhookLog } = await run(webhook, told([URL_SET]), { url: URL_SET });
    expect(webhookLog.join('')).toContain('Ignored 1 extra argument');
  });

  test('S1: several extra arguments are not one URL with blanks in it', async () => {
    const words = ['--channel', URL_SET, 'https://other.example/x'];
    expect((await run(wazuhSlack, told(words))).sent).toEqual(['post hooks.slack.example']);
  });

  test('root’s own URL goes before that of the message', async () => {
    const set = { url: URL_SET };
    const { sent } = await run(wazuhSlack, told(['https://other.example/x']), set);
    expect(sent).toEqual(['post hooks.slack.example']);
  });

  test('an old agent, whose message has no URL, uses root’s', async () => {
    const words = ['add', '-', '192.0.2.88', '1304756247.60385', '31151', '/var/log/auth.log'];
    const { outcome } = await run(wazuhSlack, parseLegacy(words), { url: URL_SET });
    expect(outcome).toBe('applied');
  });

  test.each([
    ['none', [], 'bad-request', /^Cannot read 'extra_args' from data: /],
    ['none that is one', ['hooks.slack.example/x'], 'bad-request', /^Cannot read 'extra_args'/],
    ['one without encryption', [`http://hooks.slack.example/${SECRET}`], 'bad-request', /"plain"/],
    ['one of this host without it', [`http://127.0.0.1:9200/${SECRET}`], 'bad-request', /"plain"/],
    ['one with a name in it', ['https://me:T0SECRET@h.example/'], 'bad-request', /user name/],
    ['a name with a slash in it', [`https://me:${SECRET}@h.example/`], 'bad-request', /is none/],
    ['half of one', ['https://'], 'bad-request', /is none/],
  ])('of a message with %s nothing is sent', async (_title, words, outcome, detail) => {
    expect(await run(wazuhSlack, told(words))).toMatchObject({
      outcome,
      detail: expect.stringMatching(detail),
      sent: [],
    });
  });

  test('an alert that is no object is refused in upstream’s words', async () => {
    const parameters = { ...ALERT.parameters, alert: 'x' };
    const request = parseRequest(JSON.stringify({ ...ALERT, parameters }), new Set());
    expect(await run(wazuhSlack, request)).toMatchObject({
      outcome: 'bad-field',
      detail: "Cannot read 'alert' from data",
    });
  });
});

describe('webhook', () => {
  test('a message cannot say where to', async () => {
    const request = told(['--url', URL_SET, `--url=${URL_SET}`, URL_SET]);
    expect(await run(webhook, request)).toMatchObject({
      outcome: 'bad-settings',
      detail: 'riposte.json must set actions.webhook.url',
      sent: [],
    });
  });

  test.each(['json', 'slack'])('it may say in which shape: %s', async (shape) => {
    const { outcome } = await run(webhook, told(['--shape', shape]), { url: URL_SET });
    expect(outcome).toBe('applied');
  });

  test('Telegram wants a chat', async () => {
    const set = { url: `https://api.telegram.org/bot${SECRET}/sendMessage`, shape: 'telegram' };
    expect(await run(webhook, told([]), set)).toMatchObject({
      outcome: 'bad-settings',
      detail: 'riposte.json must set actions.webhook.chat',
    });
    expect(await run(webhook, told([]), { ...set, chat: '-100' })).toMatchObject({
      outcome: 'applied',
    });
  });

  test.each([
    ['http://127.0.0.1:8080/', undefined, 'applied'],
    ['http://[::1]/', undefined, 'applied'],
    ['http://siem.example/', undefined, 'bad-settings'],
    ['http://siem.example/', 'no', 'bad-settings'],
    ['http://siem.example/', 'yes', 'applied'],
    ['http://127.0.0.1.example/', undefined, 'bad-settings'],
    ['ftp://siem.example/', 'yes', 'bad-settings'],
  ])('%s, plain %s: %s', async (url, plain, outcome) => {
    const set = { url, ...(plain !== undefined && { plain }) };
    expect((await run(webhook, told([]), set)).outcome).toBe(outcome);
  });

  test('what else than the service’s word for success comes back is a failure', async () => {
    // The model of Discord answers as Discord does, and not as Slack.
    const set = { url: `https://discord.example/${SECRET}`, shape: 'slack' };
    expect(await run(webhook, told([]), set)).toMatchObject({
      outcome: 'tool-failed',
      detail: 'discord.example answered 204',
    });
  });

  test.each(['“Bearer”', 'a\nb', 'ключ', ''])('%j can be no header', async (authorization) => {
    expect(await run(webhook, told([]), { url: URL_SET, authorization })).toMatchObject({
      outcome: 'bad-settings',
    });
  });

  test('a dry run shows what is sent, and not to whom', async () => {
    const host = new ModelHost({ settings: { actions: { webhook: { url: URL_SET } } } });
    const manual = parseManual(['add', '--dry-run'], {
      ...webhook,
      program: 'webhook',
      version: '0.0.0',
    });
    const shown = await host.run('webhook', (ports) =>
      byHand(webhook, manual, 'webhook', () => ports),
    );
    expect(shown.stdout).toMatch(/^POST https:\/\/hooks\.slack\.example\/\*\*\* \{"version":1,/);
    expect(host.commands).toEqual([]);
  });
});

describe('ossec-tweeter', () => {
  const KEYS = {
    'consumer-key': `ck-${SECRET}`,
    'consumer-secret': `cs-${SECRET}`,
    'access-token': `at-${SECRET}`,
    'access-token-secret': `ats-${SECRET}`,
  };

  test('posts with all four keys', async () => {
    expect(await run(ossecTweeter, told([]), KEYS)).toMatchObject({
      outcome: 'applied',
      sent: ['post api.x.com'],
    });
  });

  test.each(Object.keys(KEYS))('names %s where it is missing', async (name) => {
    const set = Object.fromEntries(Object.entries(KEYS).filter(([key]) => key !== name));
    expect(await run(ossecTweeter, told([]), set)).toMatchObject({
      outcome: 'bad-settings',
      detail: `riposte.json must set actions.ossec-tweeter.${name}`,
      sent: [],
    });
  });
});
