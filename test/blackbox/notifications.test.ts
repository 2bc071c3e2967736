import { createHmac } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { execd } from '../support/execd.ts';
import { type Home, makeHome } from '../support/home.ts';
import { answers, hangs, proxy, type Running, resets, SECRET, serve } from '../support/https.ts';
import { message } from '../support/messages.ts';
import { alerts } from './support/decoders.ts';

const PATH = '/usr/bin:/bin';
const sample = (name: string) => JSON.parse(message(name));

/** The sample message for wazuh-slack, with this URL in its extra arguments. */
function slackMessage(url: string) {
  const base = sample('4x-add-api-wazuh-slack');
  return { ...base, parameters: { ...base.parameters, extra_args: [url] } };
}

/** Writes root's own settings. */
function set(home: Home, actions: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const folder = join(home.path, 'active-response/riposte');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'riposte.json'), JSON.stringify({ actions }), { mode: 0o600 });
}

/** A home whose Slack trusts the server, and an agent in it. */
async function slackAt(server: Running, environment: Readonly<Record<string, string>> = {}) {
  const home = await makeHome();
  set(home, { 'wazuh-slack': { ca: server.ca } });
  const agent = execd({
    home: home.path,
    dialect: 'wazuh4',
    program: 'wazuh-slack',
    environment: { PATH, ...environment },
  });
  return { home, agent, [Symbol.asyncDispose]: home.remove };
}

/** Files of the home that the runs made or wrote. */
const files = (home: Home): readonly string[] =>
  readdirSync(home.path, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('active-response/bin') && statSync(join(home.path, name)).isFile(),
  );

/** Nothing that a run wrote has the URL's secret in it. */
function expectNoSecret(home: Home) {
  for (const name of files(home).filter((file) => !file.endsWith('riposte.json'))) {
    const text = readFileSync(join(home.path, name), 'utf8');
    for (const part of SECRET.split('/')) expect(text, name).not.toContain(part);
  }
}

describe('wazuh-slack under an agent', () => {
  test('S1: posts once on add, not on delete, and leaves no file in the home', async () => {
    await using server = await serve([answers(200, 'ok')]);
    await using slack = await slackAt(server);
    const before = files(slack.home);
    const run = await slack.agent.add(slackMessage(server.url));
    expect(run).toMatchObject({ keysLine: undefined, exitCode: 0 });
    expect((await slack.agent.delete(slackMessage(server.url))).exitCode).toBe(0);
    expect(server.received).toHaveLength(1);
    expect(server.received[0]).toMatchObject({
      method: 'POST',
      path: `/services/${SECRET}`,
      headers: { 'content-type': 'application/json' },
    });
    expect(JSON.parse(server.received[0]?.body ?? '').attachments[0]).toMatchObject({
      color: 'danger',
      pretext: 'WAZUH Alert',
      ts: '1770113545.360011',
    });
    const made = files(slack.home).filter((name) => !before.includes(name));
    expect(made.sort()).toEqual([
      'active-response/riposte/journal.jsonl',
      'logs/active-responses.log',
    ]);
    expect(slack.home.outcomes()).toMatchObject([
      { outcome: 'applied', detail: `127.0.0.1:${server.port} took the notification` },
      { outcome: 'ignored' },
    ]);
    expectNoSecret(slack.home);
    alerts(slack.home.log());
  });

  test.each([
    ['fails once', [answers(500), answers(200, 'ok')], 0, 'applied', 2],
    ['hangs up once', [resets, answers(200, 'ok')], 0, 'applied', 2],
    ['fails twice', [answers(503)], 7, 'tool-failed', 2],
    ['knows nobody', [answers(404, 'no_service')], 7, 'tool-failed', 1],
    ['has a page in its way', [answers(200, '<html>ok</html>')], 7, 'tool-failed', 1],
    ['repeats its path', [answers(400, `/services/${SECRET}`)], 7, 'tool-failed', 1],
  ])('a service that %s', async (_title, manners, exitCode, outcome, requests) => {
    await using server = await serve(manners);
    await using slack = await slackAt(server);
    expect(await slack.agent.add(slackMessage(server.url))).toMatchObject({ exitCode });
    expect(slack.home.outcomes()).toMatchObject([{ outcome }]);
    expect(server.received).toHaveLength(requests);
    expectNoSecret(slack.home);
  });

  test('S1: a service that never answers does not hold the agent', async () => {
    await using server = await serve([hangs]);
    await using slack = await slackAt(server);
    const run = await slack.agent.add(slackMessage(server.url));
    expect(run).toMatchObject({ exitCode: 8 });
    expect(slack.home.outcomes()).toMatchObject([
      { outcome: 'timed-out', detail: expect.stringContaining('did not answer within') },
    ]);
    expect(slack.home.outcomes()[0]?.ms).toBeLessThan(12_000);
    expectNoSecret(slack.home);
  });

  test('the secret is not carried to where a redirect points', async () => {
    await using other = await serve([answers(200, 'ok')]);
    await using server = await serve([answers(308, '', { location: other.url })]);
    await using slack = await slackAt(server);
    expect((await slack.agent.add(slackMessage(server.url))).exitCode).toBe(7);
    expect(other.received).toEqual([]);
    expectNoSecret(slack.home);
  });

  test('the proxy of the service’s environment is used', async () => {
    await using server = await serve([answers(200, 'ok')], { name: 'hooks.slack.example' });
    await using way = await proxy(server.port);
    await using slack = await slackAt(server, { HTTPS_PROXY: way.url });
    const url = `https://hooks.slack.example/services/${SECRET}`;
    expect((await slack.agent.add(slackMessage(url))).exitCode).toBe(0);
    expect(way.asked).toEqual(['CONNECT hooks.slack.example:443']);
    expectNoSecret(slack.home);
  });

  test('the environment cannot make a certificate trusted', async () => {
    await using server = await serve([answers(200, 'ok')]);
    await using slack = await slackAt(server, {
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      NODE_EXTRA_CA_CERTS: server.ca,
      SSL_CERT_FILE: server.ca,
    });
    set(slack.home, {});
    expect((await slack.agent.add(slackMessage(server.url))).exitCode).toBe(7);
    expect(slack.home.outcomes()).toMatchObject([
      { detail: expect.stringContaining('its certificate is not trusted') },
    ]);
    expect(server.received).toEqual([]);
  });
});

test.each([
  ['ossec-slack.sh', 'wazuh-slack', answers(200, 'ok'), {}],
  ['webhook', 'webhook', answers(204), {}],
  ['webhook', 'webhook', answers(202), { shape: 'teams' }],
  ['webhook', 'webhook', answers(204), { shape: 'discord' }],
  ['webhook', 'webhook', answers(200, '{"ok":true}'), { shape: 'telegram', chat: '-100' }],
])(
  '%s tells whom root has set, for an old agent too: %j',
  async (program, action, manner, more) => {
    await using server = await serve([manner]);
    await using home = await makeHome();
    set(home, { [action]: { url: server.url, ca: server.ca, ...more } });
    const agent = execd({ home: home.path, dialect: 'legacy', program, environment: { PATH } });
    const words = ['-', '192.0.2.88', '1304756247.60385', '31151', '/var/log/auth.log', '-'];
    expect(await agent.add(words)).toMatchObject({ ran: true, exitCode: 0 });
    expect(server.received).toHaveLength(1);
    expect(server.received[0]?.body).toContain('31151');
    expectNoSecret(home);
  },
);

test('a header that root has set goes along, and nowhere else', async () => {
  await using server = await serve([answers(200)]);
  await using home = await makeHome();
  const authorization = `Bearer ${SECRET}`;
  set(home, { webhook: { url: server.url, ca: server.ca, authorization } });
  const agent = execd({ home: home.path, dialect: 'wazuh5', program: 'webhook' });
  const run = await agent.add(sample('5x-enable-stateful-block-ip'), { timeout: 600 });
  expect(run).toMatchObject({ keysLine: undefined, exitCode: 0 });
  expect(server.received[0]?.headers.authorization).toBe(authorization);
  expectNoSecret(home);
});

test('ossec-tweeter signs what it posts, each attempt anew', async () => {
  await using server = await serve([answers(503), answers(201, '{"data":{"id":"1","text":"x"}}')]);
  await using home = await makeHome();
  set(home, {
    'ossec-tweeter': {
      url: server.url,
      ca: server.ca,
      'consumer-key': 'ck',
      'consumer-secret': `cs/${SECRET}`,
      'access-token': 'at',
      'access-token-secret': `ats/${SECRET}`,
    },
  });
  const agent = execd({ home: home.path, dialect: 'wazuh4', program: 'ossec-tweeter' });
  expect((await agent.add(sample('4x-add-api-wazuh-slack'))).exitCode).toBe(0);
  const nonces = server.received.map(({ headers, path, body }) => {
    const stated = Object.fromEntries(
      [...(headers.authorization ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [
        name,
        decodeURIComponent(value ?? ''),
      ]),
    );
    const { oauth_signature: signature, ...rest } = stated;
    const pairs = Object.keys(rest)
      .sort()
      .map((name) => `${name}=${encodeURIComponent(rest[name])}`);
    const url = `https://127.0.0.1:${server.port}${path}`;
    const base = ['POST', url, pairs.join('&')].map(encodeURIComponent).join('&');
    const key = [`cs/${SECRET}`, `ats/${SECRET}`].map(encodeURIComponent).join('&');
    expect(signature).toBe(createHmac('sha1', key).update(base).digest('base64'));
    expect(JSON.parse(body).text).toContain('rule 5763');
    return rest['oauth_nonce'];
  });
  expect(new Set(nonces).size).toBe(2);
  expectNoSecret(home);
});

test('by hand it shows what it would send, and sends a trial', async () => {
  await using server = await serve([answers(200)]);
  await using home = await makeHome();
  set(home, { webhook: { url: server.url, ca: server.ca } });
  const hand = (...words: string[]) =>
    execa(join(home.path, 'active-response/bin/webhook'), words, {
      reject: false,
      stdin: 'ignore',
    });
  const dry = await hand('add', '--dry-run');
  expect(dry).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^POST .*\/\*\*\* \{/) });
  expect(server.received).toEqual([]);
  const trial = await hand('add');
  expect(trial).toMatchObject({ exitCode: 0, stderr: '' });
  expect(server.received).toHaveLength(1);
  expect(`${dry.stdout}${trial.stdout}`).not.toContain(SECRET.slice(0, 8));
  expectNoSecret(home);
});
