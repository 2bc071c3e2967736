import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Reply, Route } from '../../src/lib/http.ts';
import { httpClient } from '../../src/lib/node/http.ts';
import { ActionError, Unfinished, Unreached } from '../../src/lib/outcome.ts';
import { answers, closedPort, hangs, proxy, resets, SECRET, serve } from '../support/https.ts';

type Environment = Readonly<Record<string, string>>;

const post = (url: string, route: Route = {}, environment: Environment = {}, timeout = 5_000) =>
  httpClient({ ...environment }).post(
    { url, headers: { 'x-told': 'this' }, body: '{"a":"ä"}', route },
    timeout,
  );

/** What a request failed of; nothing secret is ever in it. */
async function failure(request: Promise<Reply>): Promise<ActionError> {
  const error = await request.then(
    ({ status }) => expect.fail(`it was answered ${status}`),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ActionError);
  expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain(SECRET);
  return error as ActionError;
}

test('a request arrives as it was told, and the answer is told as it came', async () => {
  await using server = await serve([answers(418, 'tea', { 'retry-after': '7' })]);
  expect(await post(server.url, { ca: server.ca })).toEqual({
    status: 418,
    retryAfter: '7',
    location: undefined,
    body: 'tea',
  });
  expect(server.received).toMatchObject([
    {
      method: 'POST',
      path: `/services/${SECRET}`,
      headers: { 'x-told': 'this', 'content-length': '10' },
      body: '{"a":"ä"}',
    },
  ]);
});

describe('an answer', () => {
  test('that sends elsewhere is not followed: the secret goes to nobody else', async () => {
    await using other = await serve([answers(200, 'ok')]);
    await using server = await serve([answers(307, '', { location: other.url })]);
    const reply = await post(server.url, { ca: server.ca });
    expect(reply).toMatchObject({ status: 307, location: other.url });
    expect(other.received).toEqual([]);
  });

  test('that never ends is read to its first kilobytes', async () => {
    await using server = await serve([
      (response) => {
        response.writeHead(200);
        const more = () => response.write('x'.repeat(1 << 20), more);
        more();
      },
    ]);
    const { status, body } = await post(server.url, { ca: server.ca });
    expect({ status, length: body.length }).toEqual({ status: 200, length: 16 << 10 });
  });

  test('that breaks off in its middle is none', async () => {
    await using server = await serve([
      (response, hangUp) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('o', hangUp);
      },
    ]);
    expect(await failure(post(server.url, { ca: server.ca }))).toMatchObject({ passing: true });
  });
});

describe('S1: a deadline ends', () => {
  test('a request that nobody answers', async () => {
    await using server = await serve([hangs]);
    const error = await failure(post(server.url, { ca: server.ca }, {}, 300));
    expect(error).toBeInstanceOf(Unfinished);
    expect(error).toMatchObject({ kind: 'timed-out' });
    expect(error.message).toBe(`127.0.0.1:${server.port} did not answer within 0.3 s`);
  });

  test('an answer that drips', async () => {
    let drip: NodeJS.Timeout | undefined;
    await using server = await serve([
      (response) => {
        response.writeHead(200);
        drip = setInterval(() => response.write('x'), 20);
      },
    ]);
    const error = await failure(post(server.url, { ca: server.ca }, {}, 300));
    clearInterval(drip);
    expect(error.kind).toBe('timed-out');
  });

  test('a proxy that does not answer', async () => {
    await using silent = await proxy('hangs');
    const request = post('https://hooks.example/x', {}, { HTTPS_PROXY: silent.url }, 300);
    expect((await failure(request)).kind).toBe('timed-out');
  });
});

describe('whom nobody reaches', () => {
  test('is named by the host alone', async () => {
    const port = await closedPort();
    const error = await failure(post(`https://127.0.0.1:${port}/${SECRET}?key=${SECRET}`));
    expect(error).toBeInstanceOf(Unreached);
    expect(error).toMatchObject({
      kind: 'tool-failed',
      passing: true,
      message: `127.0.0.1:${port} could not be reached (ECONNREFUSED)`,
    });
  });

  test('may be reached later, if it hung up', async () => {
    await using server = await serve([resets]);
    expect(await failure(post(server.url, { ca: server.ca }))).toMatchObject({ passing: true });
  });
});

describe('a certificate', () => {
  test.each([
    ['of an authority that nobody named', {}, false, /\(DEPTH_ZERO_SELF_SIGNED_CERT: its/],
    ['for another host', { name: 'other.example' }, true, /\(ERR_TLS_CERT_ALTNAME_INVALID: its/],
    ['that is over', { expired: true }, true, /\(CERT_HAS_EXPIRED: its/],
  ])('%s is refused, and not tried twice', async (_title, flaws, named, message) => {
    await using server = await serve([answers(200)], flaws);
    const error = await failure(post(server.url, named ? { ca: server.ca } : {}));
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ passing: false });
    expect(server.received).toEqual([]);
  });

  test('is not let pass by the environment', async () => {
    await using server = await serve([answers(200)]);
    const environment = {
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      NODE_EXTRA_CA_CERTS: server.ca,
      SSL_CERT_FILE: server.ca,
    };
    // The runtime reads its own environment, whatever it is handed.
    const before = { ...process.env };
    Object.assign(process.env, environment);
    try {
      const request = httpClient().post({ url: server.url, headers: {}, body: '' }, 5_000);
      expect((await failure(request)).message).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT/);
    } finally {
      for (const name of Object.keys(environment)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
  });

  test('file that is missing or holds none is named', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'riposte-ca-'));
    const empty = join(folder, 'empty.pem');
    writeFileSync(empty, 'none');
    const missing = await failure(post('https://127.0.0.1:1/', { ca: join(folder, 'no.pem') }));
    const none = await failure(post('https://127.0.0.1:1/', { ca: empty }));
    rmSync(folder, { recursive: true });
    expect(missing).toMatchObject({
      kind: 'bad-settings',
      message: expect.stringMatching(/ENOENT/),
    });
    expect(none).toMatchObject({ kind: 'bad-settings', message: expect.stringMatching(/no cert/) });
  });
});

describe('a proxy', () => {
  // No such name is looked up here: only the proxy could lead there.
  const URL = `https://localhost.example/${SECRET}`;

  test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'])(
    '%s is used',
    async (name) => {
      await using server = await serve([answers(200, 'ok')], { name: 'localhost.example' });
      await using way = await proxy(server.port);
      const reply = await post(URL, { ca: server.ca }, { [name]: way.url });
      expect(reply).toMatchObject({ status: 200, body: 'ok' });
      expect(way.asked).toEqual(['CONNECT localhost.example:443']);
      expect(server.received).toMatchObject([{ path: `/${SECRET}` }]);
    },
  );

  test('without a scheme is one too, and its password is passed on', async () => {
    await using server = await serve([answers(200)], { name: 'localhost.example' });
    await using way = await proxy(server.port);
    const named = way.url.replace('http://', 'user:word@');
    await post(URL, { ca: server.ca }, { https_proxy: named });
    expect(way.asked).toEqual([`CONNECT localhost.example:443 Basic ${btoa('user:word')}`]);
  });

  test('that root named goes before that of the environment', async () => {
    await using server = await serve([answers(200)], { name: 'localhost.example' });
    await using way = await proxy(server.port);
    await using other = await proxy('refuses');
    await post(URL, { ca: server.ca, proxy: way.url }, { HTTPS_PROXY: other.url });
    expect(other.asked).toEqual([]);
  });

  test.each([
    ['NO_PROXY names the host', { NO_PROXY: 'a.example, 0.0.0.0' }, {}],
    ['root wants none', {}, { proxy: 'none' }],
  ])('is passed by where %s', async (_title, environment, route) => {
    await using way = await proxy('refuses');
    // This host, by a name that is not known as such.
    const url = `https://0.0.0.0:${await closedPort()}/`;
    const error = await failure(post(url, route, { HTTPS_PROXY: way.url, ...environment }));
    expect(error.message).toMatch(/\(ECONNREFUSED\)/);
    expect(way.asked).toEqual([]);
  });

  test('is not asked for this host itself', async () => {
    await using server = await serve([answers(200)]);
    await using way = await proxy('refuses');
    const environment = { HTTPS_PROXY: way.url, HTTP_PROXY: way.url };
    expect((await post(server.url, { ca: server.ca }, environment)).status).toBe(200);
    expect(way.asked).toEqual([]);
  });

  test('that lets nobody through is named as the reason', async () => {
    await using way = await proxy('refuses');
    const error = await failure(
      post(URL, {}, { HTTPS_PROXY: way.url.replace('//', '//me:word@') }),
    );
    expect(error.message).toBe(
      'localhost.example could not be reached (ERR_PROXY_TUNNEL: the proxy lets nobody through)',
    );
  });

  test.each(['socks5://me:word@127.0.0.1:1080', 'http://', 'http://a b'])(
    '%s that is no HTTP proxy is refused, not passed by',
    async (named) => {
      const error = await failure(post(URL, {}, { ALL_PROXY: named }));
      expect(error.kind).toBe('bad-settings');
      expect(error.message).not.toContain('word');
    },
  );
});

test('a lookup of a name is told to give up, since the process waits for it', async () => {
  const environment: NodeJS.ProcessEnv = {};
  await httpClient(environment)
    .post({ url: 'http://127.0.0.1:1/', headers: {}, body: '' }, 1_000)
    .catch(() => undefined);
  expect(environment['RES_OPTIONS']).toBe('timeout:1 attempts:2');
});
