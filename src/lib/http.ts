/** One text to be sent to a web service. */
export interface Post {
  /** Absolute. What follows the host is a password: it is never shown, logged or quoted in an error. */
  readonly url: string;
  /** By name; the values may be secret too. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How the service is reached. */
  readonly route?: Route;
}

/** What an administrator says about the way to a service. */
export interface Route {
  /** File with further certificate authorities (PEM), beside those of the system and the runtime. */
  readonly ca?: string;
  /** URL of a proxy in place of the environment's, or `none`. */
  readonly proxy?: string;
}

/** What a service answered, whatever it was. */
export interface Reply {
  readonly status: number;
  /** The header `Retry-After`. */
  readonly retryAfter: string | undefined;
  /** Where the service wants to send us: seen, never followed. */
  readonly location: string | undefined;
  /** The beginning of the body, some kilobytes at most. */
  readonly body: string;
}

/** The only door to the network. */
export interface Http {
  /**
   * One attempt, no redirect followed. Resolves for every status. Rejects as `Unfinished` (`timed-out`)
   * once `timeout` milliseconds are over, whatever was going on, as `Unreached` where no answer came,
   * and with `bad-settings` where the route cannot be taken. Of the URL all name the host alone.
   */
  post(post: Post, timeout: number): Promise<Reply>;
  /** HMAC-SHA1 of a text, base64. */
  hmacSha1(key: string, text: string): Promise<string>;
  /** Sixteen random bytes as hex. */
  nonce(): Promise<string>;
}
