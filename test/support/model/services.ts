import { run } from '../../../src/lib/effect.ts';
import type { Http, Post, Reply } from '../../../src/lib/http.ts';
import { ActionError } from '../../../src/lib/outcome.ts';
import type { Door } from '../model-host.ts';

/** What each service says when it took a notification. */
const WELCOME: readonly (readonly [host: RegExp, status: number, body: string])[] = [
  [/slack/, 200, 'ok'],
  [/telegram/, 200, '{"ok":true}'],
  [/discord/, 204, ''],
  [/\bx\.com$/, 201, '{"data":{"id":"1"}}'],
  [/./, 200, ''],
];

const broken = (): never => {
  throw new ActionError('tool-failed', 'the service cannot be reached');
};

/** Web services in memory: each takes what it is sent. */
export class Services {
  readonly #taken: string[] = [];

  /** The way to them for one run. */
  through(door: Door): Http {
    return {
      post: (post, timeout) =>
        door(run('post', new URL(post.url).host), timeout, () => this.#take(post), broken),
      hmacSha1: async (key, text) => btoa(`${key.length} ${text.length}`),
      nonce: async () => '00112233445566778899aabbccddeeff',
    };
  }

  /** What was sent where. */
  listing(): string {
    return this.#taken.map((line) => `${line}\n`).join('');
  }

  #take({ url, body }: Post): Reply {
    const { host } = new URL(url);
    const [, status = 200, text = ''] = WELCOME.find(([one]) => one.test(host)) ?? [];
    this.#taken.push(`${host} ${body}`);
    return { status, retryAfter: undefined, location: undefined, body: text };
  }
}
