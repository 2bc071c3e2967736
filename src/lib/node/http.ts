import type { AgentOptions } from 'node:https';
import type { Http, Post, Reply } from '../http.ts';
import { type ActionError, Unfinished, Unreached } from '../outcome.ts';
import { authorities } from './authorities.ts';
import { codeOf } from './errors.ts';
import { type Proxies, proxies } from './proxies.ts';

// Bytes of an answer that are looked at.
const MAX_BODY = 16 << 10;

// Milliseconds for one of a host's addresses, where it has others; the runtime's 250 are too few for
// a satellite.
const PER_ADDRESS = 2_000;

/**
 * The network by the runtime's own client, which is loaded with the first request: no other action
 * pays for it. Not by `fetch`, whose proxy and whose authorities nobody but the runtime can set.
 */
export function httpClient(environment: NodeJS.ProcessEnv = process.env): Http {
  return {
    post: (post, timeout) => send(post, timeout, environment),
    hmacSha1: async (key, text) => {
      const { createHmac } = await import('node:crypto');
      return createHmac('sha1', key).update(text).digest('base64');
    },
    nonce: async () => (await import('node:crypto')).randomBytes(16).toString('hex'),
  };
}

async function send(
  { url, headers, body, route = {} }: Post,
  timeout: number,
  environment: NodeJS.ProcessEnv,
): Promise<Reply> {
  const { protocol, host, hostname } = new URL(url);
  const secure = protocol === 'https:';
  const { request, Agent } = secure ? await import('node:https') : await import('node:http');
  const options: AgentOptions & { readonly proxyEnv: Proxies } = {
    // The types do not know yet what the runtime has had since 22.21.
    proxyEnv: proxies(route.proxy, environment, hostname),
    // An agent ends a tunnel to a proxy only by a time of its own; ours comes first.
    timeout: timeout + 100,
    autoSelectFamilyAttemptTimeout: PER_ADDRESS,
    ...(secure && { ca: await authorities(route.ca, environment), rejectUnauthorized: true }),
  };
  const agent = new Agent(options);
  boundLookups(environment);
  return new Promise<Reply>((resolve, reject) => {
    const length = Buffer.byteLength(body);
    const outgoing = request(url, {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': length },
    });
    const end = () => {
      clearTimeout(timer);
      outgoing.destroy();
      agent.destroy();
    };
    const fail = (error: ActionError) => {
      end();
      reject(error);
    };
    const timer = setTimeout(() => {
      const seconds = (timeout / 1000).toFixed(1);
      fail(new Unfinished('timed-out', `${host} did not answer within ${seconds} s`));
    }, timeout);
    outgoing.on('error', (error) => fail(unreached(host, error)));
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let received = 0;
      const finish = () => {
        end();
        resolve({
          status: incoming.statusCode ?? 0,
          retryAfter: incoming.headers['retry-after'],
          location: incoming.headers.location,
          body: Buffer.concat(chunks).toString('utf8', 0, MAX_BODY),
        });
      };
      incoming.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        received += chunk.length;
        if (received >= MAX_BODY) finish();
      });
      incoming.on('end', finish);
      incoming.on('error', (error) => fail(unreached(host, error)));
    });
    outgoing.end(body);
  });
}

// What another attempt would meet again.
const LASTING = /^(?:ENOTFOUND|CERT_|ERR_(?!PROXY_TUNNEL)|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/;

/** The code tells enough; the runtime's words may quote a URL, or a proxy's password. */
function unreached(host: string, error: Error): Unreached {
  const code = codeOf(error) ?? error.name;
  return new Unreached(`${host} could not be reached (${code}${hint(code)})`, !LASTING.test(code));
}

function hint(code: string): string {
  if (code === 'ERR_PROXY_TUNNEL') return ': the proxy lets nobody through';
  return /CERT|SELF_SIGNED|UNABLE_TO_/.test(code) ? ': its certificate is not trusted' : '';
}

/**
 * A lookup of a name runs in a thread that the process waits for before it ends, deadline or not; where
 * no server answers that is up to a minute. The system's own resolver can be told to give up sooner.
 */
function boundLookups(environment: NodeJS.ProcessEnv): void {
  environment['RES_OPTIONS'] = 'timeout:1 attempts:2';
}
