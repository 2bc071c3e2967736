import { expect, test } from 'vitest';
import type { Post, Reply } from '../../src/lib/http.ts';
import { secretsOf } from '../../src/lib/notify/address.ts';
import { deliver } from '../../src/lib/notify/deliver.ts';
import { ActionError, type Failure, Unfinished, Unreached } from '../../src/lib/outcome.ts';
import type { Clock } from '../../src/lib/ports.ts';

const answer = (status: number, more: Partial<Reply> = {}): Reply => ({
  status,
  retryAfter: undefined,
  location: undefined,
  body: '',
  ...more,
});

/** What an attempt meets, and the milliseconds it takes. */
type Meets = readonly [what: Reply | Error, milliseconds?: number];

/** Delivers within ten seconds to a service that meets its attempts like that. */
async function run(...attempts: readonly Meets[]) {
  let now = 0;
  const sent: Post[] = [];
  const timeouts: number[] = [];
  const clock: Clock = {
    now: () => new Date(Date.UTC(2026, 1, 3, 10, 11, 12) + now),
    elapsed: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
  };
  const http = {
    post: async (post: Post, timeout: number) => {
      const [what, milliseconds = 10] = attempts[sent.length] ?? [new Error('a third attempt')];
      sent.push(post);
      timeouts.push(timeout);
      now += Math.min(milliseconds, timeout);
      if (milliseconds > timeout) throw new Unfinished('timed-out', 'h did not answer');
      if (what instanceof Error) throw what;
      return what;
    },
    hmacSha1: async () => '',
    nonce: async () => '',
  };
  let made = 0;
  const letter = {
    service: { accepted: ({ status }: Reply) => status === 200, reason: ({ body }: Reply) => body },
    host: 'h',
    post: async () => {
      made += 1;
      return { url: 'https://h/secret', headers: { made: String(made) }, body: '' };
    },
    secrets: ['/secret', 'secret'],
  };
  const ended = await deliver(letter, { http, clock }, 10_000).catch((thrown: unknown) => thrown);
  return { ended, sent, timeouts, now };
}

const lost = new Unreached('h could not be reached (ECONNRESET)', true);

test('one attempt is enough where the service takes it', async () => {
  const { ended, sent } = await run([answer(200)]);
  expect({ ended, attempts: sent.length }).toEqual({ ended: 'done', attempts: 1 });
});

test.each([
  ['500', answer(500)],
  ['503 without a time', answer(503)],
  ['429', answer(429)],
  ['429 with a time', answer(429, { retryAfter: '3' })],
  ['429 with a fraction', answer(429, { retryAfter: '0.65' })],
  ['429 with a date', answer(429, { retryAfter: 'Tue, 03 Feb 2026 10:11:15 GMT' })],
  ['a lost connection', lost],
])('one more is made after %s, with a signature of its own', async (_title, first) => {
  const { ended, sent } = await run([first], [answer(200)]);
  expect(ended).toBe('done');
  expect(sent.map(({ headers }) => headers['made'])).toEqual(['1', '2']);
});

test('one more is made after an attempt that hung, in what is left', async () => {
  const { ended, timeouts } = await run([answer(200), 60_000], [answer(200)]);
  expect(ended).toBe('done');
  expect(timeouts).toEqual([6_000, 3_500]);
});

test('the service says when', async () => {
  expect((await run([answer(429, { retryAfter: '3' })], [answer(200)])).now).toBe(3_020);
});

test.each<[string, Reply | Error, Failure]>([
  ['400', answer(400), 'tool-failed'],
  ['404', answer(404), 'tool-failed'],
  ['a redirect', answer(302), 'tool-failed'],
  ['200 that is none', answer(204), 'tool-failed'],
  ['429 with a time that is too long', answer(429, { retryAfter: '9' }), 'tool-failed'],
  [
    '429 with a date that is too far',
    answer(429, { retryAfter: 'Tue, 03 Feb 2026 11:00:00 GMT' }),
    'tool-failed',
  ],
  ['a certificate that is not trusted', new Unreached('h', false), 'tool-failed'],
  ['settings that are no good', new ActionError('bad-settings', 'no'), 'bad-settings'],
])('none is made after %s', async (_title, first, kind) => {
  const { ended, sent } = await run([first]);
  expect(ended).toMatchObject({ kind });
  expect(sent).toHaveLength(1);
});

test('there is no third', async () => {
  const { ended, sent } = await run([lost], [answer(500)]);
  expect(ended).toMatchObject({ kind: 'tool-failed', message: 'h answered 500' });
  expect(sent).toHaveLength(2);
});

test('S1: it ends in its time, whatever hangs', async () => {
  const { ended, now } = await run([answer(200), 60_000], [answer(200), 60_000]);
  expect(ended).toMatchObject({ kind: 'timed-out' });
  expect(now).toBeLessThanOrEqual(10_000);
});

test('the service’s words are told in one line, without the secret they repeat', async () => {
  const { ended } = await run([answer(400, { body: 'no /secret\nhere: secret' })]);
  expect(ended).toMatchObject({ message: 'h answered 400: no ***\\u000ahere: ***' });
});

test('a secret is masked before the words are cut, so that no part of it is left', async () => {
  const { ended } = await run([answer(400, { body: `${'x'.repeat(195)} /secret` })]);
  expect(ended).toMatchObject({ message: `h answered 400: ${'x'.repeat(195)} ***` });
});

test('a redirect is told by its host alone', async () => {
  const { ended } = await run([answer(307, { location: 'https://other.example/secret' })]);
  expect(ended).toMatchObject({
    message: 'h answered 307; it sends elsewhere (other.example), which is not followed',
  });
});

test('a secret is known whole and in parts, as it is written and as a service reads it', () => {
  const url = 'https://h/services/T000000/B000000?sig=AbC%2BdEf';
  const secrets = secretsOf({ url, host: 'h' }, ['Bearer tok3n-value', '100%-secret']);
  for (const said of ['T000000', 'AbC%2BdEf', 'AbC+dEf', 'Bearer tok3n-value', 'tok3n-value']) {
    expect(secrets).toContain(said);
  }
  const lengths = secrets.map(({ length }) => length);
  expect(lengths).toEqual(lengths.toSorted((one, other) => other - one));
});
