import { isLoopback } from '../notify/address.ts';
import { ActionError } from '../outcome.ts';

/** The variables that the runtime's client understands. */
export interface Proxies {
  readonly http_proxy?: string;
  readonly https_proxy?: string;
  readonly no_proxy?: string;
}

/**
 * The proxy for a host: the one that root named, or that of the environment's usual variables, in
 * either case of letters, or none. This host itself is never asked for through a proxy.
 */
export function proxies(
  named: string | undefined,
  environment: NodeJS.ProcessEnv,
  hostname: string,
): Proxies {
  const variable = (name: string) =>
    environment[name.toLowerCase()] || environment[name.toUpperCase()] || undefined;
  if (named === 'none' || isLoopback(hostname)) return {};
  if (named !== undefined) return { http_proxy: proxy(named), https_proxy: proxy(named) };
  const all = variable('all_proxy');
  const http = variable('http_proxy') ?? all;
  const https = variable('https_proxy') ?? all;
  const no = variable('no_proxy');
  return {
    ...(http !== undefined && { http_proxy: proxy(http) }),
    ...(https !== undefined && { https_proxy: proxy(https) }),
    ...(no !== undefined && { no_proxy: no }),
  };
}

/** In full, since the runtime passes over what it cannot use, and would go past the proxy. */
function proxy(text: string): string {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.parse(whole);
  if (url && /^https?:$/.test(url.protocol) && url.hostname !== '') return whole;
  const kind = url ? ` (${url.protocol}//)` : '';
  const what = `the proxy is no HTTP proxy${kind}`;
  throw new ActionError('bad-settings', `${what}; name another in riposte.json, or "none"`);
}
