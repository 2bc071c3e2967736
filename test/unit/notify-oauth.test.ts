import { expect, test } from 'vitest';
import { httpClient } from '../../src/lib/node/http.ts';
import { authorization, baseString } from '../../src/lib/notify/oauth.ts';

const http = httpClient({});

/** The example in the platform's own guide, which signs a form. */
const FORM = [
  ['include_entities', 'true'],
  ['status', 'Hello Ladies + Gentlemen, a signed OAuth request!'],
] as const;
const CREDENTIALS = {
  consumerKey: 'xvz1evFS4wEEPTGEFPHBog',
  consumerSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
  token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
  tokenSecret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
};
const MOMENT = { nonce: 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg', seconds: 1318622958 };

test.each([
  ['https://api.x.com/1.1/statuses/update.json', 'Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D'],
  ['https://api.twitter.com/1.1/statuses/update.json', 'hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D'],
  ['https://api.twitter.com/1/statuses/update.json', 'tnnArxj06cWHq44gCs1OSKk%2FjLY%3D'],
])('the published signature for %s', async (url, signature) => {
  const header = await authorization(
    { method: 'POST', url, form: FORM },
    CREDENTIALS,
    MOMENT,
    http,
  );
  expect(header).toBe(
    'OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", ' +
      'oauth_nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", ' +
      `oauth_signature="${signature}", oauth_signature_method="HMAC-SHA1", ` +
      'oauth_timestamp="1318622958", ' +
      'oauth_token="370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", oauth_version="1.0"',
  );
});

test('the example of RFC 5849, section 1.2', async () => {
  const text = baseString(
    'GET',
    'http://photos.example.net/photos?file=vacation.jpg&size=original',
    [
      ['oauth_consumer_key', 'dpf43f3p2l4k3l03'],
      ['oauth_token', 'nnch734d00sl2jdk'],
      ['oauth_signature_method', 'HMAC-SHA1'],
      ['oauth_timestamp', '137131202'],
      ['oauth_nonce', 'chapoH'],
    ],
  );
  expect(await http.hmacSha1('kd94hf93k423kf44&pfkkdhi9sl3r4s00', text)).toBe(
    'MdpQcU8iPSUjWoN/UDMsK2sui9I=',
  );
});

test('the text of RFC 5849, section 3.4.1.1: names that repeat, and are empty', () => {
  const text = baseString('POST', 'http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b', [
    ['oauth_consumer_key', '9djdj82h48djs9d2'],
    ['oauth_token', 'kkk9d7dh3k39sjv7'],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_timestamp', '137131201'],
    ['oauth_nonce', '7d8f3e4a'],
    ['c2', ''],
    ['a3', '2 q'],
  ]);
  expect(text).toBe(
    'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D' +
      '%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a' +
      '%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201' +
      '%26oauth_token%3Dkkk9d7dh3k39sjv7',
  );
});

test('a nonce is not used twice', async () => {
  const [one, other] = [await http.nonce(), await http.nonce()];
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(one).not.toBe(other);
});
